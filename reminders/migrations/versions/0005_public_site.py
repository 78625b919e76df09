"""Public site: what readers report, and the orders in which notices are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")
LISTS = ("catalogue_entry_id", "department_id")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in LISTS:
        op.create_index(
            op.f(f"ix_notice_state_{column}_published_at_id"),
            "notice",
            ["state", column, "published_at", "id"],
        )
    op.create_table(
        "page_report",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("notice_id", BIG_ID, nullable=True),
        sa.Column("catalogue_entry_id", sa.Integer(), nullable=True),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_page_report_notice_id")),
        sa.ForeignKeyConstraint(
            ["catalogue_entry_id"], ["catalogue_entry.id"], name=op.f("fk_page_report_catalogue_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_report")),
    )
    op.create_index(op.f("ix_page_report_notice_id"), "page_report", ["notice_id"])
    op.create_index(op.f("ix_page_report_catalogue_entry_id"), "page_report", ["catalogue_entry_id"])
    op.create_index("ix_page_report_open", "page_report", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("page_report")
    for column in LISTS:
        op.drop_index(op.f(f"ix_notice_state_{column}_published_at_id"), "notice")
