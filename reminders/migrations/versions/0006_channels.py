"""Channels beside the template message: SMS, subscription notice, business system, letter."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD = "follower_id IS NOT NULL OR contact_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "road",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_road")),
    )
    op.create_table(
        "sms_refusal",
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_hash", name=op.f("pk_sms_refusal")),
    )
    op.create_table(
        "subscription_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["follower.id"], name=op.f("fk_subscription_grant_follower_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_grant")),
        sa.UniqueConstraint(
            "follower_id", "template_id", name=op.f("uq_subscription_grant_follower_id_template_id")
        ),
    )
    with op.batch_alter_table("contact") as batch_op:
        batch_op.add_column(sa.Column("is_mobile", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("wrong_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.add_column(sa.Column("holder_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_delivery_holder_id"), "holder", ["holder_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_delivery_holder_id"), ["holder_id"], unique=False)
        batch_op.drop_constraint(op.f("ck_delivery_recipient"), type_="check")
        batch_op.create_check_constraint(op.f("ck_delivery_recipient"), f"{OLD} OR holder_id IS NOT NULL")
