"""What holders chose for one license: by which ways, and how often, it is reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "license_choice",
        sa.Column("license_id", BIG_ID, nullable=False),
        sa.Column("no_sms", sa.Boolean(), nullable=False),
        sa.Column("no_calls", sa.Boolean(), nullable=False),
        sa.Column("fewer", sa.Boolean(), nullable=False),
        sa.Column("follower_id", BIG_ID, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_license_choice_license_id")),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_license_choice_follower_id")),
        sa.PrimaryKeyConstraint("license_id", name=op.f("pk_license_choice")),
    )
    op.create_index(op.f("ix_license_choice_follower_id"), "license_choice", ["follower_id"])
    with op.batch_alter_table("binding") as batch:
        batch.add_column(sa.Column("wechat_off_at", MOMENT, nullable=True))
