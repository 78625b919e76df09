"""The audit as it is read: filters, names, files, and the chain followed a stretch at a time."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import delete, event, select, update

from reminders import alarms, audit, auditing
from reminders.auditing import Filters, Form
from reminders.db import Database
from reminders.errors import Invalid, NotFound
from reminders.rules import permissions
from reminders.rules.audit_sentences import GROUP_OF, Group
from reminders.rules.lifecycle import AlarmKind
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditCheck, AuditEntry
from tests import builders
from tests.builders import NOW

SOMEBODY = Actor(ref="staff:1", name="示例")
DAY = timedelta(days=1)


def write(database: Database, *said: tuple[str, str, dict[str, object]], at: datetime = NOW) -> None:
    for number, (action, subject, detail) in enumerate(said):
        with database.begin() as session:
            moment = at + timedelta(seconds=number)
            audit.record(session, action, subject, detail, actor=SOMEBODY, now=moment)


def texts(database: Database, filters: Filters) -> list[str]:
    with database.read() as session:
        return [line.text for line in auditing.page(session, filters).lines]


def a_license(database: Database, number: str = "SC10637100200001") -> tuple[int, int, int]:
    """Ids of a license, its holder and its contact."""
    with database.begin() as session:
        holder = builders.holder(session, name="示例科技有限公司")
        contact = builders.contact(session, holder_id=holder.id, phone="13800000001")
        row = builders.license(
            session,
            entry_id=builders.entry(session).id,
            expires_on=NOW.date(),
            license_no=number,
            holder_id=holder.id,
            contact_id=contact.id,
        )
        return row.id, holder.id, contact.id


def test_entry_is_a_sentence_and_shows_nobody(database: Database) -> None:
    license_id, _, contact_id = a_license(database)
    reveal = ("contact.reveal_phone", f"contact:{contact_id}", {"reason": "来电 13800000001 核对"})
    write(database, reveal, ("answer.give", f"license:{license_id}", {"kind": "applied"}))
    told = texts(database, Filters())
    assert "的联系人的完整电话，理由：来电 138＊＊＊＊0001 核对" in told[1]
    assert "＊＊＊＊0001" in told[0]
    assert "13800000001" not in "".join(told)
    assert "示例科技" not in "".join(told)


def test_change_is_told_before_and_after(database: Database) -> None:
    change: dict[str, object] = {
        "service_phone": ["0631-5000001", "0631-5000002"],
        "is_active": [True, False],
    }
    write(database, ("department.change", "department:9", change))
    with database.read() as session:
        found = auditing.page(session, Filters()).lines[0].changes
    assert [(one.field, one.before, one.after) for one in found] == [
        ("启用", "是", "否"),
        ("服务电话", "0631＊＊＊＊001", "0631＊＊＊＊002"),
    ]


def test_filters_find_by_group_person_period_and_license(database: Database) -> None:
    license_id, holder_id, contact_id = a_license(database)
    other, _, _ = a_license(database, "SC10637100200002")
    write(database, ("sending.stop", "switch:sending", {"reason": "演练"}), at=NOW - 3 * DAY)
    write(
        database,
        ("contact.reveal_phone", f"contact:{contact_id}", {"reason": "核对"}),
        ("answer.give", f"license:{license_id}", {"kind": "applied"}),
        ("answer.give", f"license:{other}", {"kind": "applied"}),
    )
    assert len(texts(database, Filters(group=Group.PERSONAL))) == 1
    assert len(texts(database, Filters(person="staff:1"))) == 4
    assert texts(database, Filters(person="staff:2")) == []
    assert len(texts(database, Filters(since=NOW.date()))) == 3
    assert texts(database, Filters(until=(NOW - DAY).date())) == ["停止了全部发送，原因：演练"]
    assert len(texts(database, Filters(about=f"license:{license_id}"))) == 2
    about = Filters(about=f"holder:{holder_id}", group=Group.HOLDERS, person="staff:1")
    assert len(texts(database, about)) == 1
    with database.read() as session, pytest.raises(Invalid):
        auditing.page(session, Filters(about="staff:1; drop"))


@pytest.mark.parametrize("number", ["SC10637100200001", "sc-1063 7100200001", "138 0000 0001"])
def test_number_finds_its_license_or_holder_and_is_kept_nowhere(database: Database, number: str) -> None:
    license_id, holder_id, _ = a_license(database)
    with database.begin() as session:
        about = auditing.about_of(session, number, actor=SOMEBODY, now=NOW)
        kept = session.execute(select(AuditEntry)).scalar_one()
    assert about in {f"license:{license_id}", f"holder:{holder_id}"}
    assert (kept.action, kept.subject, kept.detail) == ("audit.look_up", about, "{}")
    with database.begin() as session, pytest.raises(NotFound):
        auditing.about_of(session, "SC1063710029", actor=SOMEBODY, now=NOW)


def test_pages_follow_one_another_without_a_gap(database: Database) -> None:
    write(database, *(("staff.unlock", f"staff:{n}", {}) for n in range(7)), at=NOW)
    seen: list[int] = []
    for filters in (Filters(), Filters(group=Group.ACCOUNTS)):
        seen, after = [], 0
        while after is not None:
            with database.read() as session:
                page = auditing.page(session, Filters(group=filters.group, after=after), limit=3)
            seen += [line.id for line in page.lines]
            after = page.after
        assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_file_holds_the_chain_and_is_itself_written_down(database: Database) -> None:
    write(database, ("staff.unlock", "staff:5", {}), ("sending.stop", "switch:sending", {"reason": "=1+1"}))
    for form in Form:
        target = io.BytesIO()
        with database.begin() as session:
            later = NOW + timedelta(minutes=1)
            auditing.export(session, target, Filters(), form, str, actor=SOMEBODY, now=later)
        target.seek(0)
        if form is Form.XLSX:
            sheet = openpyxl.load_workbook(target).active
            rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows(min_row=4)]
        else:
            rows = list(csv.reader(io.TextIOWrapper(target, encoding="utf-8-sig")))[1:]
        with database.read() as session:
            last, *others = list(audit.entries(session))[::-1]
        assert last["action"] == "audit.export"
        assert [(row[0], row[-2], row[-1]) for row in rows] == [
            (str(one["id"]), one["previous"], one["digest"]) for one in others
        ]
    with database.begin() as session, pytest.raises(Invalid):
        auditing.export(
            session, io.BytesIO(), Filters(person="staff:9"), Form.CSV, str, actor=SOMEBODY, now=NOW
        )


def follow(database: Database, most: int, at: datetime) -> auditing.ChainState:
    has_more = True
    while has_more:
        with database.begin() as session:
            has_more = auditing.advance(session, most, now=at)
    with database.read() as session:
        return auditing.state(session)


def test_chain_is_followed_in_stretches_and_anew_each_day(database: Database) -> None:
    assert follow(database, 2, NOW).is_whole  # nothing was written yet
    write(database, *(("staff.unlock", f"staff:{n}", {}) for n in range(5)))
    with database.begin() as session:
        assert auditing.advance(session, 2, now=NOW)
    done = follow(database, 2, NOW)
    assert (done.reached, done.last, done.is_whole, done.whole_at) == (5, 5, True, NOW)
    with database.begin() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(subject="staff:99"))
    assert follow(database, 2, NOW).is_whole  # looked at already today
    broken = follow(database, 2, NOW + DAY)
    assert (broken.broken_id, broken.reached, broken.is_whole) == (2, 1, False)
    with database.begin() as session:
        assert AlarmKind.AUDIT_BROKEN in alarms.watch(session, now=NOW + DAY)
    assert follow(database, 2, NOW + 2 * DAY).broken_id == 2  # stays until somebody asks again


def test_entries_cut_off_at_the_end_are_found_and_mended_after_a_restart(database: Database) -> None:
    write(database, *(("staff.unlock", f"staff:{n}", {}) for n in range(3)))
    with database.begin() as session:
        cut = session.get_one(AuditEntry, 3)
        kept = {column.name: getattr(cut, column.name) for column in AuditEntry.__table__.columns}
        session.execute(delete(AuditEntry).where(AuditEntry.id == 3))
    assert follow(database, 10, NOW).broken_id == 0
    with database.begin() as session:
        session.add(AuditEntry(**kept))
    with database.begin() as session:
        auditing.restart(session, actor=SOMEBODY, now=NOW + DAY)
    assert follow(database, 10, NOW + DAY).is_whole
    with database.read() as session:
        assert session.get_one(AuditCheck, 1).reached_id == 4


@pytest.fixture
def plans(sqlite_database: Database) -> Iterator[list[str]]:
    """Lines of the query plans of everything asked of the audit."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):  # type: ignore[no-untyped-def]
        if "FROM audit_entry" in statement:
            seen.append((statement, parameters))

    lines: list[str] = []
    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    yield lines
    event.remove(sqlite_database.engine, "before_cursor_execute", note)
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in seen:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                lines.append(row.detail)
    tables = [line for line in lines if "audit_entry" in line]
    assert tables
    assert [line for line in tables if line.startswith("SCAN") and "INDEX" not in line] == []
    assert [line for line in lines if "TEMP B-TREE" in line and "LAST TERM" in line] == []


def test_no_question_reads_the_whole_audit(sqlite_database: Database, plans: list[str]) -> None:
    write(sqlite_database, *(("staff.unlock", f"staff:{n}", {}) for n in range(3)))
    questions = [
        Filters(),
        Filters(person="staff:1", after=2),
        Filters(group=Group.ACCOUNTS, since=NOW.date()),
        Filters(group=Group.PERSONAL, person="staff:1", until=NOW.date()),
    ]
    with sqlite_database.read() as session:
        for filters in questions:
            auditing.page(session, filters)
        auditing.people(session)


def test_machine_and_command_line_can_be_chosen_as_persons(database: Database) -> None:
    with database.begin() as session:
        for who in (permissions.system("clock"), permissions.operator("ops"), permissions.follower(7)):
            audit.record(session, "sending.start", "switch:sending", actor=who, now=datetime.now(UTC))
    with database.read() as session:
        assert [one.name for one in auditing.people(session)] == ["系统（定时）", "ops（命令行）"]


def test_every_group_has_actions() -> None:
    assert set(GROUP_OF.values()) == set(Group)
