"""Three kinds of administrators that exclude each other, kept apart by the person behind an account."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAMED = sa.text("person_no <> ''")


def upgrade() -> None:
    with op.batch_alter_table("staff") as batch_op:
        batch_op.add_column(sa.Column("person_no", sa.String(length=32), server_default="", nullable=False))
    op.execute("UPDATE staff SET role = 'system_admin', person_no = 'account-' || id WHERE role = 'admin'")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_staff_admin_is_a_known_person"),
            "role NOT IN ('system_admin', 'security_admin', 'audit_admin') OR person_no <> ''",
        )
    op.create_index(
        "uq_staff_person_no", "staff", ["person_no"], unique=True, sqlite_where=NAMED, postgresql_where=NAMED
    )


def downgrade() -> None:
    op.drop_index("uq_staff_person_no", "staff")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_constraint(op.f("ck_staff_admin_is_a_known_person"), type_="check")
    op.execute(
        "UPDATE staff SET role = 'admin' WHERE role IN ('system_admin', 'security_admin', 'audit_admin')"
    )
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_column("person_no")
