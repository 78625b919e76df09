"""Passes that bind once: QR codes on paper, paper codes, invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WANTS_QR = sa.text("qr_next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "bind_pass",
        sa.Column("id", BIG, nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_by", BIG, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("scene_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("qr_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("qr_next_at", MOMENT, nullable=True),
        sa.Column("qr_tries", sa.Integer(), nullable=False),
        sa.Column("qr_fault", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_bind_pass_delivery_id")),
        sa.ForeignKeyConstraint(["used_by"], ["follower.id"], name=op.f("fk_bind_pass_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bind_pass")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_bind_pass_secret_hash")),
    )
    op.create_index(op.f("ix_bind_pass_delivery_id"), "bind_pass", ["delivery_id"])
    op.create_index(op.f("ix_bind_pass_used_by"), "bind_pass", ["used_by"])
    op.create_index(
        "ix_bind_pass_wants_qr",
        "bind_pass",
        ["qr_next_at"],
        sqlite_where=WANTS_QR,
        postgresql_where=WANTS_QR,
    )
    op.create_table(
        "bind_pass_license",
        sa.Column("pass_id", BIG, nullable=False),
        sa.Column("license_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["bind_pass.id"], name=op.f("fk_bind_pass_license_pass_id")),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_bind_pass_license_license_id")),
        sa.PrimaryKeyConstraint("pass_id", "license_id", name=op.f("pk_bind_pass_license")),
    )
    op.create_index(op.f("ix_bind_pass_license_license_id"), "bind_pass_license", ["license_id"])
    op.create_table(
        "held_pass",
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("pass_id", BIG, nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_held_pass_follower_id")),
        sa.ForeignKeyConstraint(["pass_id"], ["bind_pass.id"], name=op.f("fk_held_pass_pass_id")),
        sa.PrimaryKeyConstraint("follower_id", name=op.f("pk_held_pass")),
    )
    op.create_index(op.f("ix_held_pass_pass_id"), "held_pass", ["pass_id"])
