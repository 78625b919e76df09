"""The index of waiting messages in the whole order in which they are taken."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WAITING = sa.text("state IN ('ready', 'unknown')")


def upgrade() -> None:
    op.drop_index(op.f("ix_delivery_due"), table_name="delivery")
    op.create_index(
        op.f("ix_delivery_due"),
        "delivery",
        ["channel", "state", "next_at", "id"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
