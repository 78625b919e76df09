"""Answers of holders, their consent, and what they prefer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("follower") as batch:
        batch.add_column(sa.Column("consent_ended_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("wechat_off_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("language", sa.String(32), nullable=False, server_default="zh"))
        batch.add_column(sa.Column("puzzled_at", MOMENT, nullable=True))
    with op.batch_alter_table("follower") as batch:
        batch.alter_column("language", server_default=None)
    op.create_table(
        "consent",
        sa.Column("id", BIG, nullable=False),
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name="fk_consent_follower_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_follower_id", "consent", ["follower_id"])
    _create_answer()


def _create_answer() -> None:
    op.create_table(
        "answer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("license_id", BIG, nullable=False),
        sa.Column("date_kind", sa.String(32), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("binding_id", BIG, nullable=False),
        sa.Column("contact_id", BIG, nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("note_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("rests", sa.Boolean(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("blocks_contact", sa.Boolean(), nullable=False),
        sa.Column("look_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("close_note_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name="fk_answer_license_id"),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name="fk_answer_follower_id"),
        sa.ForeignKeyConstraint(["binding_id"], ["binding.id"], name="fk_answer_binding_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_answer_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
    )
    for column in ("license_id", "follower_id", "binding_id", "contact_id"):
        op.create_index(f"ix_answer_{column}", "answer", [column])
    partial = (
        ("ix_answer_resting", ["license_id"], "rests"),
        ("ix_answer_until", ["until_on"], "rests"),
        ("ix_answer_blocking", ["contact_id"], "blocks_contact"),
        (
            "ix_answer_to_do",
            ["look_on", "id"],
            "closed_at IS NULL AND ended_at IS NULL AND look_on IS NOT NULL",
        ),
    )
    for name, columns, where in partial:
        op.create_index(name, "answer", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("answer")
    op.drop_table("consent")
    with op.batch_alter_table("follower") as batch:
        for column in ("puzzled_at", "language", "wechat_off_at", "consent_ended_at"):
            batch.drop_column(column)
