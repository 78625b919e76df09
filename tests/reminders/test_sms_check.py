"""Before anything is sent, each row that no SMS can reach is named with its reason."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from reminders import sms_check, sms_refusals
from reminders.db import Database
from reminders.db import vault_of as vault
from reminders.rules.lifecycle import Channel, RefusedHow, Role, SmsFault
from reminders.rules.permissions import operator
from reminders.sms_check import SmsFaultLine
from tests import builders
from tests.builders import NOW

ROOT = operator("root")


def row(session: Session, phone: str | None, *, method: Channel = Channel.SMS, name: str = "") -> int:
    department = builders.department(session, method=method)
    entry = builders.entry(session, department_id=department.id, license_name=name)
    holder = builders.holder(session)
    contact = builders.contact(session, holder_id=holder.id, phone=phone) if phone else None
    made = builders.license(
        session,
        entry_id=entry.id,
        expires_on=date(2027, 3, 1),
        holder_id=holder.id,
        contact_id=contact.id if contact else None,
    )
    return made.id


def faults(session: Session) -> dict[int, SmsFaultLine]:
    return {line.license_id: line for line in sms_check.faults(session, actor=ROOT).lines}


def test_rows_are_named_with_their_reason(database: Database) -> None:
    with database.begin() as session:
        wanted = {
            row(session, None): SmsFault.NO_PHONE,
            row(session, "06315000001"): SmsFault.NOT_MOBILE,
            row(session, "13800000009"): SmsFault.REFUSED,
            row(session, "13800000008", name="示例" * 20): SmsFault.NAME_TOO_LONG,
        }
        sms_refusals.refuse(session, vault(session).blind("13800000009"), RefusedHow.REPLY, now=NOW)
        row(session, "13800000001")
        row(session, None, method=Channel.PHONE)
        assert {key: line.fault for key, line in faults(session).items()} == wanted


def test_phone_is_masked(database: Database) -> None:
    with database.begin() as session:
        made = row(session, "06315000001")
        assert "5000001" not in faults(session)[made].phone


def test_department_sees_its_own_rows_only(database: Database) -> None:
    with database.begin() as session:
        row(session, None)
        other = builders.department(session)
        officer = builders.actor(builders.staff(session, role=Role.OFFICER, department_id=other.id))
        assert sms_check.faults(session, actor=officer).lines == ()


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_together_hold_every_row_once(sqlite_database: Database, limit: int) -> None:
    with sqlite_database.begin() as session:
        wanted = [row(session, None) for _ in range(5)]
        found: list[int] = []
        after: int | None = 0
        while after is not None:
            page = sms_check.faults(session, actor=ROOT, after=after, limit=limit)
            found += [line.license_id for line in page.lines]
            after = page.after
        assert found == wanted
