"""Officers keep notes on the record of a holder."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "holder_note",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column(
            "holder_id",
            ROW_ID,
            sa.ForeignKey("holder.id", name="fk_holder_note_holder_id_holder"),
            nullable=False,
        ),
        sa.Column(
            "department_id",
            ROW_ID,
            sa.ForeignKey("department.id", name="fk_holder_note_department_id_department"),
            nullable=True,
        ),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.String(64), nullable=False),
        sa.Column("written_by_name", sa.String(64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_holder_note_department_id", "holder_note", ["department_id"])
    op.create_index("ix_holder_note_holder_id_written_at", "holder_note", ["holder_id", "written_at"])
