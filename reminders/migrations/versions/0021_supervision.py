"""Samples of the ledger, findings, and orders to put things right."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
UNCLOSED = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "supervision_sample",
        sa.Column("id", BIG, nullable=False),
        sa.Column("department_id", BIG, nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_by_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_supervision_sample_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_sample")),
    )
    op.create_index(op.f("ix_supervision_sample_department_id"), "supervision_sample", ["department_id"])
    op.create_table(
        "supervision_sample_row",
        sa.Column("sample_id", BIG, nullable=False),
        sa.Column("license_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_by_name", sa.String(length=64), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["supervision_sample.id"], name=op.f("fk_supervision_sample_row_sample_id")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_supervision_sample_row_license_id")
        ),
        sa.PrimaryKeyConstraint("sample_id", "license_id", name=op.f("pk_supervision_sample_row")),
    )
    op.create_index(op.f("ix_supervision_sample_row_license_id"), "supervision_sample_row", ["license_id"])
    op.create_table(
        "rectification_order",
        sa.Column("id", BIG, nullable=False),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("sample_id", BIG, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column("issued_by_name", sa.String(length=64), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_by_name", sa.String(length=64), nullable=False),
        sa.Column("replied_at", MOMENT, nullable=True),
        sa.Column("closed_by_name", sa.String(length=64), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "closed_at IS NULL OR replied_at IS NOT NULL",
            name=op.f("ck_rectification_order_closed_after_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_rectification_order_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["supervision_sample.id"], name=op.f("fk_rectification_order_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_order")),
    )
    op.create_index(op.f("ix_rectification_order_department_id"), "rectification_order", ["department_id"])
    op.create_index(op.f("ix_rectification_order_sample_id"), "rectification_order", ["sample_id"])
    op.create_index(
        "ix_rectification_order_open",
        "rectification_order",
        ["deadline_on"],
        sqlite_where=UNCLOSED,
        postgresql_where=UNCLOSED,
    )
