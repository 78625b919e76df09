"""Applications that are under way, and whether a license kind can be applied for online."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("catalogue_entry") as batch:
        batch.add_column(sa.Column("is_online", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("online_url", sa.String(200), server_default="", nullable=False))
    op.create_table(
        "application",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("license_id", BIG_ID, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("told_by", sa.String(64), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_application_license_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("license_id", "expires_on", name=op.f("uq_application_license_id_expires_on")),
    )
