"""What kind of installation the database belongs to; one that holds people already is a real one."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HOLDS_PEOPLE = (
    "SELECT EXISTS (SELECT 1 FROM staff) OR EXISTS (SELECT 1 FROM license) OR EXISTS (SELECT 1 FROM follower)"
)


def upgrade() -> None:
    made = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_practice", sa.Boolean(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    connection = op.get_bind()
    if connection.execute(sa.text(HOLDS_PEOPLE)).scalar():
        row = {"id": 1, "is_practice": False, "marked_at": datetime.now(UTC)}
        connection.execute(made.insert(), [row])
