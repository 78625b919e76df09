"""Imports: the file and its mended cells beside a preview, what columns mean to a department, and undoing."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("ledger_import") as table:
        table.add_column(sa.Column("edits_cipher", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("layout", sa.Text(), server_default="{}", nullable=False))
        table.add_column(sa.Column("undone_at", MOMENT, nullable=True))
    op.create_table(
        "column_title",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("title_key", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_column_title_department_id_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_title")),
    )
    op.create_index(
        op.f("ix_column_title_department_id_title_key"), "column_title", ["department_id", "title_key"]
    )
    op.create_table(
        "license_before",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("license_id", sa.BigInteger(), nullable=False),
        sa.Column("catalogue_entry_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("license_no", sa.String(length=64), nullable=True),
        sa.Column("number_key", sa.String(length=64), nullable=True),
        sa.Column("identity_key", sa.String(length=300), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expiry", sa.String(length=32), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("companion_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("number_tail", sa.String(length=4), nullable=True),
        sa.Column("prior_import_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["ledger_import.id"], name=op.f("fk_license_before_import_id_ledger_import")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_license_before_license_id_license")
        ),
        sa.PrimaryKeyConstraint("import_id", "license_id", name=op.f("pk_license_before")),
    )
    op.create_index(op.f("ix_license_before_license_id"), "license_before", ["license_id"])
    op.create_table(
        "holder_before",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["ledger_import.id"], name=op.f("fk_holder_before_import_id_ledger_import")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_holder_before_holder_id_holder")),
        sa.PrimaryKeyConstraint("import_id", "holder_id", name=op.f("pk_holder_before")),
    )
    op.create_index(op.f("ix_holder_before_holder_id"), "holder_before", ["holder_id"])


def downgrade() -> None:
    op.drop_table("holder_before")
    op.drop_table("license_before")
    op.drop_table("column_title")
    with op.batch_alter_table("ledger_import") as table:
        table.drop_column("undone_at")
        table.drop_column("layout")
        table.drop_column("edits_cipher")
