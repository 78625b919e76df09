"""Letters in batches, with official numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVING = sa.text("voided_at IS NULL")
UNISSUED = sa.text("issued_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "letter_batch",
        sa.Column("id", BIG, nullable=False),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_by_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_by_name", sa.String(length=64), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_letter_batch_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_batch")),
    )
    op.create_index(op.f("ix_letter_batch_department_id"), "letter_batch", ["department_id"])
    op.create_index(
        "ix_letter_batch_unissued",
        "letter_batch",
        ["department_id"],
        sqlite_where=UNISSUED,
        postgresql_where=UNISSUED,
    )
    op.create_table(
        "letter_paper",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch_id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("content_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(number IS NULL) = (content_cipher IS NULL)", name=op.f("ck_letter_paper_numbered_is_frozen")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["letter_batch.id"], name=op.f("fk_letter_paper_batch_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_letter_paper_delivery_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_letter_paper_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_paper")),
        sa.UniqueConstraint(
            "department_id", "year", "number", name=op.f("uq_letter_paper_department_id_year_number")
        ),
    )
    op.create_index(op.f("ix_letter_paper_batch_id"), "letter_paper", ["batch_id"])
    op.create_index(op.f("ix_letter_paper_delivery_id"), "letter_paper", ["delivery_id"])
    op.create_index(
        "uq_letter_paper_living",
        "letter_paper",
        ["delivery_id"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    op.create_table(
        "letter_series",
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_letter_series_department_id")
        ),
        sa.PrimaryKeyConstraint("department_id", "year", name=op.f("pk_letter_series")),
    )
