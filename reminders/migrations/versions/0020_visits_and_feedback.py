"""Visits to counters, and what holders think of the service."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BOOKED = sa.text("state = 'booked'")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "counter_hour",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_counter_hour_seats_are_a_number")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_counter_hour_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_hour")),
        sa.UniqueConstraint("department_id", "starts", name=op.f("uq_counter_hour_department_id_starts")),
    )
    op.create_table(
        "closed_day",
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_closed_day_department_id")
        ),
        sa.PrimaryKeyConstraint("department_id", "on", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("counter_hour_id", BIG_ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("license_id", BIG_ID, nullable=False),
        sa.Column("follower_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["counter_hour_id"], ["counter_hour.id"], name=op.f("fk_appointment_counter_hour_id")
        ),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_appointment_license_id")),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_appointment_follower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    for name, columns in (
        ("uq_appointment_seat", ["counter_hour_id", "on", "seat"]),
        ("uq_appointment_open", ["follower_id", "license_id"]),
    ):
        op.create_index(
            name, "appointment", columns, unique=True, sqlite_where=BOOKED, postgresql_where=BOOKED
        )
    op.create_index("ix_appointment_day", "appointment", ["on", "counter_hour_id"])
    op.create_index(op.f("ix_appointment_license_id"), "appointment", ["license_id"])
    op.create_index(op.f("ix_appointment_follower_id"), "appointment", ["follower_id"])
    op.create_index(op.f("ix_appointment_counter_hour_id"), "appointment", ["counter_hour_id"])
    op.create_table(
        "feedback",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("follower_id", BIG_ID, nullable=False),
        sa.Column("license_id", BIG_ID, nullable=True),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("level", sa.String(32), nullable=True),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("reply_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_feedback_follower_id")),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_feedback_license_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_follower_id"), "feedback", ["follower_id"])
    op.create_index(op.f("ix_feedback_license_id"), "feedback", ["license_id"])
    op.create_index("ix_feedback_open", "feedback", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    for name in ("feedback", "appointment", "closed_day", "counter_hour"):
        op.drop_table(name)
