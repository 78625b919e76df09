"""Rows of the ledger are found by pinyin initials and by the last four signs of phone and license number.

The keys themselves are made by `reminders migrate`, which has the key of the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEYS = (("holder", "initials", 200), ("contact", "tail_hash", 64), ("license", "number_tail", 4))


def upgrade() -> None:
    for table, column, length in KEYS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.String(length), nullable=True))
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_license_expires_on_id", "license", ["expires_on", "id"])
