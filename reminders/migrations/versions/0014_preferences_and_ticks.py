"""How a holder reads pages, when they want no messages, and which documents they have ready."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WORDS = {"font": "normal", "colours": "auto", "quiet_until": "opening"}


def upgrade() -> None:
    with op.batch_alter_table("follower") as batch:
        batch.add_column(sa.Column("is_care", sa.Boolean(), nullable=False, server_default=sa.false()))
        for name, word in WORDS.items():
            batch.add_column(sa.Column(name, sa.String(32), nullable=False, server_default=word))
    with op.batch_alter_table("follower") as batch:
        for name in ("is_care", *WORDS):
            batch.alter_column(name, server_default=None)
    op.create_table(
        "material_tick",
        sa.Column("follower_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("license_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("item_hash", sa.String(64), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_material_tick_follower_id")),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_material_tick_license_id")),
        sa.PrimaryKeyConstraint(
            "follower_id", "license_id", "expires_on", "item_hash", name=op.f("pk_material_tick")
        ),
    )
    op.create_index(op.f("ix_material_tick_license_id"), "material_tick", ["license_id"])


def downgrade() -> None:
    op.drop_table("material_tick")
    with op.batch_alter_table("follower") as batch:
        for name in ("is_care", *WORDS):
            batch.drop_column(name)
