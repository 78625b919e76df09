"""Renewal decisions for regulators, and how far the e-license library was read."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
UNSHARED = sa.text("state IN ('ready', 'sending', 'failed')")


def upgrade() -> None:
    op.create_table(
        "regulator",
        sa.Column("catalogue_entry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["catalogue_entry_id"], ["catalogue_entry.id"], name=op.f("fk_regulator_catalogue_entry_id")
        ),
        sa.PrimaryKeyConstraint("catalogue_entry_id", name=op.f("pk_regulator")),
    )
    op.create_table(
        "decision_share",
        sa.Column("id", BIG, nullable=False),
        sa.Column("license_id", BIG, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("last_error", sa.String(length=100), nullable=False),
        sa.Column("receipt_no", sa.String(length=64), nullable=False),
        sa.Column("receipted_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_decision_share_license_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_share")),
        sa.UniqueConstraint("license_id", "expires_on", name=op.f("uq_decision_share_license_id_expires_on")),
    )
    op.create_index(
        "ix_decision_share_unshared",
        "decision_share",
        ["next_at", "id"],
        sqlite_where=UNSHARED,
        postgresql_where=UNSHARED,
    )
    op.create_table(
        "library_sync",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cursor", sa.String(length=200), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=100), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_sync")),
    )


def downgrade() -> None:
    op.drop_table("library_sync")
    op.drop_table("decision_share")
    op.drop_table("regulator")
