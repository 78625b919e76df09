"""Colleagues prove their own WeChat and phone, and try a wording out on themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_reach",
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=True),
        sa.Column("follower_since", MOMENT, nullable=True),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_since", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_reach_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["follower.id"], name=op.f("fk_staff_reach_follower_id_follower")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_reach")),
        sa.UniqueConstraint("follower_id", name=op.f("uq_staff_reach_follower_id")),
    )
    op.create_table(
        "own_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=True),
        sa.Column("template_id", sa.String(length=128), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("code_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_own_message_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_message")),
    )
    op.create_index(op.f("ix_own_message_staff_id"), "own_message", ["staff_id"])
    waiting = sa.text("taken_at IS NULL")
    op.create_index(
        "ix_own_message_waiting", "own_message", ["id"], sqlite_where=waiting, postgresql_where=waiting
    )
    with op.batch_alter_table("bind_pass") as table:
        table.add_column(sa.Column("staff_id", sa.BigInteger(), nullable=True))
        table.create_foreign_key(op.f("fk_bind_pass_staff_id_staff"), "staff", ["staff_id"], ["id"])
        table.create_index(op.f("ix_bind_pass_staff_id"), ["staff_id"])


def downgrade() -> None:
    with op.batch_alter_table("bind_pass") as table:
        table.drop_index(op.f("ix_bind_pass_staff_id"))
        table.drop_constraint(op.f("fk_bind_pass_staff_id_staff"), type_="foreignkey")
        table.drop_column("staff_id")
    op.drop_table("own_message")
    op.drop_table("staff_reach")
