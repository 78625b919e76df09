"""Messages that put right what a batch told wrongly."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_CORRECTION = sa.text("purpose = 'correction'")


def upgrade() -> None:
    _create_correction()
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.add_column(sa.Column("correction_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_delivery_correction_id"), "correction", ["correction_id"], ["id"]
        )
    _index("uq_delivery_correction", ["channel", "recipient_hash", "correction_id"], unique=True)
    _index(op.f("ix_delivery_correction_id_state"), ["correction_id", "state"])
    _index("ix_delivery_correction_due", ["channel", "state", "next_at", "id"])
    op.create_table(
        "correction_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("correction_id", sa.BigInteger(), nullable=False),
        sa.Column("told_delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("reminder_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("tried", sa.String(length=128), nullable=False),
        sa.Column("dropped_reason", sa.String(length=64), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_correction_item_{column}"))
            for column, table in (
                ("correction_id", "correction"),
                ("told_delivery_id", "delivery"),
                ("reminder_id", "reminder"),
                ("delivery_id", "delivery"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_item")),
        sa.UniqueConstraint(
            "told_delivery_id", "reminder_id", name=op.f("uq_correction_item_told_delivery_id_reminder_id")
        ),
    )
    for column in ("correction_id", "reminder_id", "delivery_id"):
        op.create_index(op.f(f"ix_correction_item_{column}"), "correction_item", [column])


def _create_correction() -> None:
    owners = {
        "run_id": "planner_run",
        "import_id": "ledger_import",
        "catalogue_entry_id": "catalogue_entry",
        "department_id": "department",
    }
    op.create_table(
        "correction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        *(sa.Column(column, sa.BigInteger(), nullable=True) for column in owners),
        sa.Column("sentence", sa.String(length=64), nullable=False),
        sa.Column("stops_waiting", sa.Boolean(), nullable=False),
        *(sa.Column(count, sa.Integer(), nullable=False) for count in ("people", "messages", "stopped")),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_correction_{column}"))
            for column, table in owners.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    for column in owners:
        op.create_index(op.f(f"ix_correction_{column}"), "correction", [column])


def _index(name: str, columns: list[str], *, unique: bool = False) -> None:
    op.create_index(
        name, "delivery", columns, unique=unique, sqlite_where=IS_CORRECTION, postgresql_where=IS_CORRECTION
    )
