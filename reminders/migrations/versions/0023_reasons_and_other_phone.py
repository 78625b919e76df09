"""Reasons under the level of a feedback, and another phone left with a request for help."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feedback") as batch:
        batch.add_column(sa.Column("reasons", sa.String(length=100), server_default="", nullable=False))
    with op.batch_alter_table("answer") as batch:
        batch.add_column(sa.Column("phone_cipher", sa.LargeBinary(), nullable=True))
