"""Invitations by people who are bound, and appeals of those whom no code reaches."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
IS_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("bind_pass") as batch:
        batch.add_column(sa.Column("inviter_id", BIG, nullable=True))
        batch.add_column(sa.Column("hands_over", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.create_foreign_key("fk_bind_pass_inviter_id", "follower", ["inviter_id"], ["id"])
        batch.create_index("ix_bind_pass_inviter_id", ["inviter_id"])
    with op.batch_alter_table("follower") as batch:
        batch.add_column(sa.Column("news_seen_at", MOMENT, nullable=True))
    op.create_table(
        "appeal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("license_id", BIG, nullable=True),
        sa.Column("typed_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("closing", sa.String(length=32), nullable=True),
        sa.Column("close_note_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_appeal_follower_id")),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_appeal_license_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal_follower_id"), "appeal", ["follower_id"])
    op.create_index(op.f("ix_appeal_license_id"), "appeal", ["license_id"])
    op.create_index(
        "ix_appeal_open", "appeal", ["promised_on", "id"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
    )
