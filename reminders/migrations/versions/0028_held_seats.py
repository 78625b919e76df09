"""A seat is kept free for a few minutes while somebody confirms their visit."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HELD = sa.text("state = 'held'")
TAKES_A_SEAT = sa.text("state IN ('held', 'booked')")


def upgrade() -> None:
    with op.batch_alter_table("appointment") as batch:
        batch.add_column(sa.Column("held_until", MOMENT, nullable=True))
    op.drop_index("uq_appointment_seat", "appointment")
    for name, columns, which in (
        ("uq_appointment_seat", ["counter_hour_id", "on", "seat"], TAKES_A_SEAT),
        ("uq_appointment_held", ["follower_id"], HELD),
    ):
        op.create_index(name, "appointment", columns, unique=True, sqlite_where=which, postgresql_where=which)
