"""Alarms, and planning runs that wait for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index("uq_alarm_open", "alarm", ["kind"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    with op.batch_alter_table("planner_run") as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(length=32), server_default="done", nullable=False))
        batch_op.add_column(sa.Column("decided_by", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("planner_run") as batch_op:
        batch_op.drop_column("decided_by")
        batch_op.drop_column("state")
    op.drop_table("alarm")
