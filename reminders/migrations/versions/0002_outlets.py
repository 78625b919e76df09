"""Outlets: attachments, scheduled notices, what a publication remembers between calls, and its proof."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SCHEDULED, SENDING = sa.text("state = 'scheduled'"), sa.text("state = 'sending'")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("publish_at", moment, nullable=True))
        batch.add_column(sa.Column("targets", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("replaces_id", BIG_ID, nullable=True))
        batch.create_foreign_key(op.f("fk_notice_replaces_id"), "notice", ["replaces_id"], ["id"])
        batch.create_index(op.f("ix_notice_replaces_id"), ["replaces_id"])
        batch.create_index(
            "ix_notice_scheduled", ["publish_at"], sqlite_where=SCHEDULED, postgresql_where=SCHEDULED
        )
    with op.batch_alter_table("publication") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("waits", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("steps", sa.Text(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("job_ref", sa.String(64), nullable=True))
        batch.add_column(sa.Column("proved_at", moment, nullable=True))
        batch.add_column(sa.Column("proof", sa.String(300), nullable=False, server_default=""))
        batch.create_index(op.f("ix_publication_job_ref"), ["job_ref"])
    op.execute("UPDATE publication SET state = 'ready', lease_until = NULL WHERE state = 'sending'")
    with op.batch_alter_table("publication") as batch:
        batch.create_index(
            "uq_publication_one_sending",
            ["outlet"],
            unique=True,
            sqlite_where=SENDING,
            postgresql_where=SENDING,
        )
    op.create_table(
        "notice_attachment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("notice_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_attachment_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_attachment")),
        sa.UniqueConstraint("notice_id", "name", name=op.f("uq_notice_attachment_notice_id_name")),
    )
    op.create_table(
        "outlet_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("job_ref", sa.String(64), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet_event")),
        sa.UniqueConstraint("digest", name=op.f("uq_outlet_event_digest")),
    )
    with op.batch_alter_table("outlet_event") as batch:
        batch.create_index(op.f("ix_outlet_event_job_ref"), ["job_ref"])


def downgrade() -> None:
    op.drop_table("outlet_event")
    op.drop_table("notice_attachment")
    with op.batch_alter_table("publication") as batch:
        batch.drop_index("uq_publication_one_sending")
        batch.drop_index(op.f("ix_publication_job_ref"))
        for column in ("proof", "proved_at", "job_ref", "steps", "waits", "version"):
            batch.drop_column(column)
    with op.batch_alter_table("notice") as batch:
        batch.drop_index("ix_notice_scheduled")
        batch.drop_index(op.f("ix_notice_replaces_id"))
        batch.drop_constraint(op.f("fk_notice_replaces_id"), type_="foreignkey")
        for column in ("replaces_id", "targets", "publish_at"):
            batch.drop_column(column)
