"""Bindings that somebody ended by themselves may be had back for a week."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

RETURNABLE = sa.text("return_proof IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("binding") as table:
        table.add_column(sa.Column("return_proof", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_binding_returnable",
        "binding",
        ["follower_id"],
        sqlite_where=RETURNABLE,
        postgresql_where=RETURNABLE,
    )
