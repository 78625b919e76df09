"""Messages that tell of somebody newly bound, or of a visit; and when somebody last wrote to us."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TIDINGS = sa.text("purpose IN ('news', 'visit')")


def upgrade() -> None:
    with op.batch_alter_table("follower") as batch:
        batch.add_column(sa.Column("wrote_at", MOMENT, nullable=True))
    for name, columns, is_unique in (
        ("uq_delivery_tidings", ["channel", "recipient_hash", "purpose", "for_day"], True),
        ("ix_delivery_tidings_due", ["channel", "state", "next_at", "id"], False),
    ):
        op.create_index(
            name, "delivery", columns, unique=is_unique, sqlite_where=TIDINGS, postgresql_where=TIDINGS
        )
