"""Indexes by which the audit is read, and how far its chain was followed."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_index(op.f("ix_audit_entry_at"), "audit_entry")
    op.drop_index(op.f("ix_audit_entry_action"), "audit_entry")
    for columns in (["at"], ["action", "at"], ["actor", "at"], ["actor", "action", "at"]):
        op.create_index(op.f(f"ix_audit_entry_{'_'.join(columns)}_id"), "audit_entry", [*columns, "id"])
    op.create_table(
        "audit_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("reached_id", sa.BigInteger(), nullable=False),
        sa.Column("reached_digest", sa.String(length=64), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("whole_at", MOMENT, nullable=True),
        sa.Column("broken_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )


def downgrade() -> None:
    op.drop_table("audit_check")
    for columns in (["actor", "action", "at"], ["actor", "at"], ["action", "at"], ["at"]):
        op.drop_index(op.f(f"ix_audit_entry_{'_'.join(columns)}_id"), "audit_entry")
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"])
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
