"""Versions of catalogue entries, entries that rest, and what the console changed."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
COMING = sa.text("state = 'coming'")


def upgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as batch:
        batch.add_column(sa.Column("paused_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("rest_reason", sa.String(length=200), server_default="", nullable=False))
        batch.add_column(sa.Column("edited_at", MOMENT, nullable=True))
    with op.batch_alter_table("department") as batch:
        batch.add_column(sa.Column("edited_at", MOMENT, nullable=True))
    op.create_table(
        "catalogue_version",
        sa.Column("id", BIG, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_by_name", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("in_force_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["catalogue_entry.id"], name=op.f("fk_catalogue_version_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_version")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_catalogue_version_entry_id_number")),
    )
    op.create_index(
        "uq_catalogue_version_coming",
        "catalogue_version",
        ["entry_id", "effective_on"],
        unique=True,
        sqlite_where=COMING,
        postgresql_where=COMING,
    )
    op.create_index(
        "ix_catalogue_version_due",
        "catalogue_version",
        ["effective_on", "id"],
        sqlite_where=COMING,
        postgresql_where=COMING,
    )


def downgrade() -> None:
    op.drop_table("catalogue_version")
    with op.batch_alter_table("department") as batch:
        batch.drop_column("edited_at")
    with op.batch_alter_table("catalogue_entry") as batch:
        batch.drop_column("edited_at")
        batch.drop_column("rest_reason")
        batch.drop_column("paused_at")
