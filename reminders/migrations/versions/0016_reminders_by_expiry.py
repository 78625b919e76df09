"""Reminders by their day of expiry, so that figures of a year do not read those of all years."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME = "ix_reminder_expires_on_license_id"


def upgrade() -> None:
    op.create_index(op.f(NAME), "reminder", ["expires_on", "license_id"])


def downgrade() -> None:
    op.drop_index(op.f(NAME), "reminder")
