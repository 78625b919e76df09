"""The ledger leaves in the Annex 2 form and comes back unchanged."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import ledger, ledger_export, spreadsheet
from reminders.db import Database
from reminders.errors import Forbidden, NotFound
from reminders.ledger_filters import Filters
from reminders.rules.lifecycle import (
    Channel,
    DateKind,
    DeliveryState,
    LicenseState,
    Purpose,
    ReminderState,
    Role,
    RowAction,
    Stage,
)
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Staff
from tests import builders
from tests.builders_ledger import CLINIC, EXTRA, HEADER, MARKET, PEOPLE, TITLE, annex1, annex2, row, xlsx

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
CLERK = Actor(ref="command:test", name="测试")
ROWS = [
    row(1, expires="2026-12-20", issued="2021-12-21"),
    row(2, expires="2027-01-15", license_no="", holder="=示例二号药房有限公司"),
    row(3, expires="2029-01-01", credit="", phone="0631-5190000"),
    row(4, expires="长期"),
    row(5, expires="2026-12-31", license_name=CLINIC),
    row(6, expires="2026-10-01"),
]


@pytest.fixture
def books(database: Database) -> Database:
    with database.begin() as session:
        annex1(session)
        bring_in(session, xlsx(annex2(ROWS)))
    return database


def bring_in(session: Session, data: bytes) -> ledger.ImportView:
    import_id = ledger.preview(
        session, "台账.xlsx", data, spreadsheet.read(data, "台账.xlsx"), actor=CLERK, now=NOW
    )
    view = ledger.show(session, import_id, actor=CLERK)
    if view.counts[RowAction.NEW]:
        ledger.accept(session, import_id, actor=CLERK, now=NOW)
    return view


def export(
    books: Database, *, department: str = "", within_months: int | None = 3, actor: Actor = CLERK
) -> bytes:
    target = io.BytesIO()
    with books.begin() as session:
        ledger_export.export(
            session,
            target,
            department=department,
            filters=Filters(within_months=within_months),
            actor=actor,
            now=NOW,
        )
    return target.getvalue()


def table(data: bytes) -> list[list[str]]:
    return spreadsheet.read(data, "out.xlsx").sheets[0].rows


def say(
    session: Session,
    number: str,
    at: datetime,
    *,
    channel: Channel = Channel.WECHAT,
    state: DeliveryState = DeliveryState.ACCEPTED,
    closed_by: str = "",
) -> None:
    stored = session.execute(select(License).where(License.license_no == number)).scalar_one()
    assert stored.expires_on is not None
    reminder = Reminder(
        license_id=stored.id,
        date_kind=DateKind.MAIN,
        expires_on=stored.expires_on,
        stage=Stage.FIRST if channel is Channel.WECHAT else Stage.HUMAN,
        due_on=date(2026, 9, 20),
        state=ReminderState.OPEN,
        created_at=NOW,
    )
    is_machine = channel is Channel.WECHAT
    delivery = Delivery(
        purpose=Purpose.REMINDER,
        channel=channel,
        contact_id=stored.contact_id,
        recipient_hash=f"{stored.id:064d}",
        for_day=at.date(),
        state=state,
        next_at=at,
        accepted_at=at if is_machine and state is DeliveryState.ACCEPTED else None,
        final_at=None if is_machine else at,
        closed_by=closed_by,
        created_at=at,
    )
    session.add_all([reminder, delivery])
    session.flush()
    session.add(
        DeliveryItem(
            delivery_id=delivery.id,
            reminder_id=reminder.id,
            channel=channel,
            recipient_ref=f"c{stored.contact_id}",
        )
    )
    session.flush()


def test_form_is_that_of_annex_2_with_the_number_behind(books: Database) -> None:
    rows = table(export(books, department=MARKET))
    assert rows[0][0] == TITLE and rows[1][0] == f"科室：{MARKET}"
    assert rows[2] == [*HEADER, *EXTRA]
    assert rows[3][:6] == [
        "1",
        "示例1号药房有限公司",
        "药品经营许可证",
        "2026-12-20",
        "张示例",
        "13800000001",
    ]
    assert rows[3][8] == "鲁示例000001" and rows[3][10] == "2021-12-21"


def test_window_leaves_out_what_expires_later_or_has_expired(books: Database) -> None:
    assert [found[3] for found in table(export(books))[3:]] == ["2026-12-20", "2026-12-31", "2027-01-15"]


def test_whole_stock_has_everything_but_cancelled(books: Database) -> None:
    assert len(table(export(books, within_months=None))[3:]) == len(ROWS)
    with books.begin() as session:
        session.execute(
            update(License).where(License.license_no == "鲁示例000001").values(state=LicenseState.CANCELLED)
        )
    assert len(table(export(books, within_months=None))[3:]) == len(ROWS) - 1


def test_export_comes_back_unchanged(books: Database) -> None:
    data = export(books, within_months=None)
    with books.begin() as session:
        view = bring_in(session, data)
    assert [found.action for found in view.rows] == [RowAction.UNCHANGED] * len(ROWS)
    assert view.faults == ()


def test_no_cell_can_start_a_formula(books: Database) -> None:
    assert table(export(books))[5][1] == "'=示例二号药房有限公司"


def test_reminded_on_and_by_say_what_was_really_done_last(books: Database) -> None:
    with books.begin() as session:
        session.add(
            Staff(
                login="a",
                name="王示例",
                role=Role.OFFICER,
                department_id=None,
                password_hash="x",
                created_at=NOW,
            )
        )
        session.flush()
        say(session, "鲁示例000001", datetime(2026, 10, 1, 17, 0, tzinfo=UTC))
        say(session, "鲁示例000005", datetime(2026, 9, 1, 1, 0, tzinfo=UTC))
        staff_id = session.execute(select(Staff.id)).scalar_one()
        say(
            session,
            "鲁示例000005",
            datetime(2026, 10, 9, 1, 0, tzinfo=UTC),
            channel=Channel.PHONE,
            state=DeliveryState.DELIVERED,
            closed_by=f"staff:{staff_id}",
        )
        say(session, "鲁示例000003", NOW, state=DeliveryState.READY)
    by_number = {found[8]: found[6:8] for found in table(export(books, within_months=None))[3:]}
    assert by_number["鲁示例000001"] == ["2026-10-02", "系统（微信）"]
    assert by_number["鲁示例000005"] == ["2026-10-09", "王示例"]
    assert by_number["鲁示例000003"] == ["", ""]


def test_officer_takes_only_the_own_department(books: Database) -> None:
    with books.read() as session:
        people = session.execute(
            select(builders.Department.id).where(builders.Department.name == PEOPLE)
        ).scalar_one()
    officer = Actor(ref="staff:1", role=Role.OFFICER, staff_id=1, department_id=people)
    rows = table(export(books, actor=officer))
    assert rows[1][0] == f"科室：{PEOPLE}" and [found[2] for found in rows[3:]] == [CLINIC]
    with pytest.raises(Forbidden):
        export(books, department=MARKET, actor=officer)
    with pytest.raises(NotFound):
        export(books, department="示例科")


def test_export_is_kept_in_the_audit(books: Database) -> None:
    export(books, department=MARKET)
    with books.read() as session:
        entry = session.execute(select(AuditEntry).where(AuditEntry.action == "ledger.export")).scalar_one()
    assert (entry.subject, json.loads(entry.detail)) == (
        f"department:{MARKET}",
        {"rows": 2, "within_months": 3},
    )


def test_file_can_be_written_to_a_path(books: Database, tmp_path: Path) -> None:
    with books.begin() as session:
        count = ledger_export.export(session, str(tmp_path / "out.xlsx"), actor=CLERK, now=NOW)
    assert len(table((tmp_path / "out.xlsx").read_bytes())) == count + 3
