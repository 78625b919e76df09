"""Imports of one license typed in at a desk are marked; those made before are known by their name."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NAMED = "登记一本-________.xlsx"  # with the day, as the desk names them


def upgrade() -> None:
    with op.batch_alter_table("ledger_import") as table:
        table.add_column(sa.Column("is_typed", sa.Boolean(), server_default=sa.false(), nullable=False))
    made = sa.table("ledger_import", sa.column("file_name", sa.String), sa.column("is_typed", sa.Boolean))
    op.execute(made.update().where(made.c.file_name.like(NAMED)).values(is_typed=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("ledger_import") as table:
        table.drop_column("is_typed")
