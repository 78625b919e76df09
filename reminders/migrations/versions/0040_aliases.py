"""Other names of a license kind, by which sheets and people call it."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as table:
        table.add_column(sa.Column("aliases", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as table:
        table.drop_column("aliases")
