"""The ticket by which the platform knows our pages."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_ticket",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("ticket_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_page_ticket")),
    )


def downgrade() -> None:
    op.drop_table("page_ticket")
