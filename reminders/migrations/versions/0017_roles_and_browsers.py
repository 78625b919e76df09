"""Roles of bound people, and people known by their phone only."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("follower") as batch:
        batch.add_column(sa.Column("by_phone", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("binding") as batch:
        batch.add_column(sa.Column("role", sa.String(length=32), nullable=True))
    with op.batch_alter_table("bind_request") as batch:
        batch.add_column(sa.Column("phone_hash", sa.String(length=64), nullable=True))
