"""A sheet is previewed, accepted exactly as shown, once, and rows find the license they mean."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, update

from reminders import ledger, spreadsheet
from reminders.db import Database, vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.ledger_filters import Filters
from reminders.rules.lifecycle import (
    DateKind,
    Expiry,
    LicenseState,
    ReminderState,
    Role,
    RowAction,
    Stage,
)
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry
from reminders.tables.deliveries import Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from tests.builders_ledger import (
    CLINIC,
    FOOD,
    HEADER,
    MARKET,
    NURSE,
    PEOPLE,
    Cell,
    annex1,
    annex2,
    credit_code,
    row,
    xlsx,
)

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
CLERK = Actor(ref="command:test", name="测试")


@pytest.fixture
def books(database: Database) -> Database:
    with database.begin() as session:
        annex1(session)
    return database


def upload(
    books: Database, rows: Sequence[Sequence[Cell]], *, department: str = "", actor: Actor = CLERK
) -> ledger.ImportView:
    data = xlsx(annex2(rows, department=department))
    workbook = spreadsheet.read(data, "台账.xlsx")
    with books.begin() as session:
        import_id = ledger.preview(session, "台账.xlsx", data, workbook, actor=actor, now=NOW)
    return look(books, import_id, actor=actor)


def look(books: Database, import_id: int, *, actor: Actor = CLERK) -> ledger.ImportView:
    with books.read() as session:
        return ledger.show(session, import_id, actor=actor, limit=100)


def accept(books: Database, import_id: int, *, good_rows_only: bool = False) -> None:
    with books.begin() as session:
        ledger.accept(session, import_id, good_rows_only=good_rows_only, actor=CLERK, now=NOW)


def bring_in(books: Database, rows: Sequence[Sequence[Cell]]) -> ledger.ImportView:
    view = upload(books, rows)
    assert [found.faults for found in view.rows if found.faults] == []
    accept(books, view.id)
    return view


def actions(view: ledger.ImportView) -> list[RowAction]:
    return [found.action for found in view.rows]


def licenses(books: Database) -> list[License]:
    with books.read() as session:
        return list(session.execute(select(License).order_by(License.id)).scalars())


def count(books: Database, table: type) -> int:
    with books.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def messages(view: ledger.ImportView) -> str:
    return " ".join(note.message for found in view.rows for note in (*found.faults, *found.warnings))


def test_nothing_is_written_when_only_previewed(books: Database) -> None:
    view = upload(books, [row(1), row(2)], department=MARKET)
    assert view.counts[RowAction.NEW] == 2
    assert [count(books, table) for table in (License, Holder, Contact)] == [0, 0, 0]


def test_license_is_stored_as_shown_and_due_at_once_when_accepted_late(books: Database) -> None:
    bring_in(books, [row(1, expires=date(2026, 12, 20), issued="2021.12.21")])
    (stored,) = licenses(books)
    assert (stored.license_no, stored.identity_key) == ("鲁示例000001", "no:鲁示例000001")
    assert (stored.expires_on, stored.issued_on) == (date(2026, 12, 20), date(2021, 12, 21))
    assert stored.next_due_on is not None and stored.next_due_on < NOW.date()
    with books.read() as session:
        contact = session.execute(select(Contact)).scalar_one()
        holder = session.execute(select(Holder)).scalar_one()
        assert vault_of(session).open(contact.phone_cipher) == "13800000001"
        assert contact.phone_hash == vault_of(session).blind("13800000001")
        assert b"13800000001" not in contact.phone_cipher
    assert (holder.credit_code, holder.name) == (credit_code(1), "示例1号药房有限公司")
    assert stored.holder_id == holder.id and stored.contact_id == contact.id


def test_one_holder_has_many_licenses_when_the_credit_code_is_the_same(books: Database) -> None:
    food = row(2, license_name=FOOD, holder="示例1号药房有限公司", credit=credit_code(1), phone=13800000001)
    bring_in(books, [row(1), food])
    assert (count(books, Holder), count(books, Contact), count(books, License)) == (1, 1, 2)


def test_all_is_unchanged_when_the_same_rows_come_again(books: Database) -> None:
    rows = [row(1), row(2, license_no="", credit=""), row(3, credit=""), row(4, license_no="")]
    bring_in(books, rows)
    view = upload(books, [*rows, row(5)])
    assert actions(view) == [RowAction.UNCHANGED] * 4 + [RowAction.NEW]


def test_same_file_is_recognised_and_refused_when_it_was_accepted(books: Database) -> None:
    bring_in(books, [row(1)])
    view = upload(books, [row(1)])
    assert view.recognised == "这个文件已于 2026-11-02 导入"
    with pytest.raises(Conflict, match="已于 2026-11-02 导入"):
        accept(books, view.id)


def test_import_is_accepted_once_when_two_people_click(books: Database) -> None:
    view = bring_in(books, [row(1)])
    with pytest.raises(Conflict):
        accept(books, view.id)
    assert count(books, License) == 1


def test_newer_expiry_renews_and_takes_back_what_was_planned(books: Database) -> None:
    bring_in(books, [row(1, expires=date(2026, 12, 20))])
    (before,) = licenses(books)
    with books.begin() as session:
        session.execute(update(License).values(state=LicenseState.RENEWING))
        session.add(
            Reminder(
                license_id=before.id,
                date_kind=DateKind.MAIN,
                expires_on=date(2026, 12, 20),
                stage=Stage.FIRST,
                due_on=date(2026, 9, 20),
                state=ReminderState.OPEN,
                created_at=NOW,
            )
        )
    view = upload(books, [row(1, expires="20311220")])
    assert actions(view) == [RowAction.RENEWED]
    assert [(c.title, c.old, c.new) for c in view.rows[0].changes] == [
        ("期满日期", "2026-12-20", "2031-12-20")
    ]
    accept(books, view.id)
    (after,) = licenses(books)
    assert (after.id, after.version, after.state) == (before.id, 2, LicenseState.ACTIVE)
    assert after.next_due_on is not None and after.next_due_on > date(2031, 1, 1)
    with books.read() as session:
        assert session.execute(select(Reminder.state)).scalar_one() is ReminderState.CANCELLED


def test_reminders_stay_when_only_the_phone_changed(books: Database) -> None:
    bring_in(books, [row(1)])
    (before,) = licenses(books)
    with books.begin() as session:
        session.add(
            Reminder(
                license_id=before.id,
                date_kind=DateKind.MAIN,
                expires_on=before.expires_on,
                stage=Stage.FIRST,
                due_on=date(2026, 11, 1),
                state=ReminderState.OPEN,
                created_at=NOW,
            )
        )
    view = upload(books, [row(1, phone="13900000009", contact="李示例")])
    assert [(c.title, c.old, c.new) for c in view.rows[0].changes] == [
        ("联系方式", "138＊＊＊＊0001", "139＊＊＊＊0009"),
        ("联系人", "张示例", "李示例"),
    ]
    accept(books, view.id)
    (after,) = licenses(books)
    assert (after.holder_id, after.expires_on) == (before.holder_id, before.expires_on)
    assert after.contact_id != before.contact_id
    with books.read() as session:
        assert session.execute(select(Reminder.state)).scalar_one() is ReminderState.OPEN


def test_earlier_expiry_is_refused_unless_the_remark_says_it_is_a_correction(books: Database) -> None:
    bring_in(books, [row(1)])
    view = upload(books, [row(1, expires="2026-03-01")])
    assert actions(view) == [RowAction.FAULTY] and "早" in view.rows[0].faults[0].message
    data = xlsx([[*HEADER, "证照编号", "备注"], [*row(1, expires="2026-03-01")[:9], "更正"]])
    with books.begin() as session:
        workbook = spreadsheet.read(data, "a.xlsx")
        import_id = ledger.preview(session, "a.xlsx", data, workbook, actor=CLERK, now=NOW)
    corrected = look(books, import_id)
    assert actions(corrected) == [RowAction.CHANGED] and "更正" in messages(corrected)
    accept(books, import_id)
    assert licenses(books)[0].expires_on == date(2026, 3, 1)


def test_empty_cells_erase_nothing_when_the_ledger_knows_better(books: Database) -> None:
    bring_in(books, [row(1, issued="2022-03-02")])
    view = upload(books, [row(1, expires=None, phone=None, contact="", credit="")])
    assert actions(view) == [RowAction.UNCHANGED]
    assert view.rows[0].expires == "2027-03-01"


class TestRowsWithoutNumber:
    def test_row_renews_its_own_license_when_it_is_the_only_one(self, books: Database) -> None:
        bring_in(books, [row(1, license_no="")])
        view = upload(books, [row(1, license_no="", expires="2032-03-01")])
        assert actions(view) == [RowAction.RENEWED]
        accept(books, view.id)
        assert [found.expires_on for found in licenses(books)] == [date(2032, 3, 1)]
        again = upload(books, [row(1, license_no="", expires="2032-03-01"), row(2)])
        assert actions(again) == [RowAction.UNCHANGED, RowAction.NEW]

    def test_row_is_found_by_name_and_phone_when_there_is_no_code(self, books: Database) -> None:
        bring_in(books, [row(1, license_no="", credit="")])
        view = upload(books, [row(1, license_no="", credit="", holder="示例 1号药房有限公司")])
        assert actions(view) == [RowAction.UNCHANGED]
        other_phone = upload(books, [row(1, license_no="", credit="", phone="13900000009")])
        assert actions(other_phone) == [RowAction.NEW]

    def test_row_never_renews_a_numbered_license(self, books: Database) -> None:
        bring_in(books, [row(1)])
        view = upload(books, [row(1, license_no="", expires="2032-03-01")])
        assert actions(view) == [RowAction.NEW] and "补填证照编号" in messages(view)
        accept(books, view.id)
        assert [found.expires_on for found in licenses(books)] == [date(2027, 3, 1), date(2032, 3, 1)]

    def test_row_is_the_numbered_license_when_the_day_is_the_same(self, books: Database) -> None:
        bring_in(books, [row(1)])
        view = upload(books, [row(1, license_no="", phone="13900000009")])
        assert actions(view) == [RowAction.CHANGED]
        accept(books, view.id)
        (stored,) = licenses(books)
        assert stored.license_no == "鲁示例000001"

    def test_number_is_filled_in_when_a_later_sheet_has_it(self, books: Database) -> None:
        bring_in(books, [row(1, license_no="")])
        view = upload(books, [row(1)])
        assert actions(view) == [RowAction.CHANGED]
        accept(books, view.id)
        (stored,) = licenses(books)
        assert (stored.number_key, stored.identity_key) == ("鲁示例000001", "no:鲁示例000001")

    def test_rows_are_told_apart_by_day_when_a_holder_has_several(self, books: Database) -> None:
        two = [row(1, license_no="", expires="2027-03-01"), row(1, license_no="", expires="2028-03-01")]
        bring_in(books, two)
        later = [*two, row(1, license_no="", expires="2029-03-01")]
        view = upload(books, later)
        assert actions(view) == [RowAction.UNCHANGED, RowAction.UNCHANGED, RowAction.NEW]
        assert "对不上" in messages(view)

    def test_row_is_refused_when_it_could_be_several_numbered_licenses(self, books: Database) -> None:
        bring_in(books, [row(1), row(1, license_no="鲁示例B")])
        view = upload(books, [row(1, license_no="")])
        assert actions(view) == [RowAction.FAULTY] and "分不清" in messages(view)


def test_both_rows_are_refused_when_a_file_has_a_license_twice(books: Database) -> None:
    view = upload(
        books, [row(1), row(2), row(1, expires="2031-01-01"), row(3, license_no=""), row(3, license_no="")]
    )
    assert actions(view) == [RowAction.FAULTY, RowAction.NEW] + [RowAction.FAULTY] * 3
    assert "第 6 行" in view.rows[0].faults[0].message and "第 4 行" in view.rows[2].faults[0].message


def test_faults_stop_everything_unless_only_good_rows_are_wanted(books: Database) -> None:
    view = upload(books, [row(1), row(2, expires="2026-02-30", phone="123")])
    faults = [(fault.column, fault.title) for fault in view.rows[1].faults]
    assert (view.rows[1].row_no, faults) == (5, [("D", "期满日期"), ("F", "联系方式")])
    assert view.rows[1].phone == "＊＊＊＊"
    with pytest.raises(Conflict, match="1 处"):
        accept(books, view.id)
    accept(books, view.id, good_rows_only=True)
    assert [found.license_no for found in licenses(books)] == ["鲁示例000001"]


def test_accepting_is_refused_when_the_ledger_moved_since_the_preview(books: Database) -> None:
    bring_in(books, [row(1)])
    view = upload(books, [row(1, expires="2032-03-01"), row(2)])
    other = upload(books, [row(1, phone="13900000009")])
    accept(books, other.id)
    with pytest.raises(Conflict, match="第 4 行"):
        accept(books, view.id)
    assert len(licenses(books)) == 1


def test_accepting_is_refused_when_a_new_license_was_added_meanwhile(books: Database) -> None:
    first, second = upload(books, [row(1)]), upload(books, [row(1), row(2)])
    accept(books, first.id)
    with pytest.raises(Conflict, match="重新上传"):
        accept(books, second.id)


def test_missing_licenses_are_reported_and_kept_when_a_later_sheet_lacks_them(books: Database) -> None:
    bring_in(books, [row(1), row(2), row(3, expires="2029-01-01"), row(4, license_name=FOOD)])
    view = upload(books, [row(1), row(5, expires="2027-03-20"), row(6, expires="2027-02-01")])
    assert (view.missing, [found.license_no for found in view.missing_first]) == (1, ["鲁示例000002"])
    accept(books, view.id)
    assert count(books, License) == 6


def test_row_is_refused_when_the_sheet_names_another_department(books: Database) -> None:
    view = upload(books, [row(1), row(2, license_name=CLINIC)], department=MARKET)
    assert actions(view) == [RowAction.NEW, RowAction.FAULTY]
    assert "由社会民生科审批" in messages(view)


def test_sheet_is_refused_when_its_department_is_not_in_the_catalogue(books: Database) -> None:
    view = upload(books, [row(1)], department="市场准入二处")
    assert view.rows == () and "是不是“市场准入二科”" in view.faults[0]


def test_officer_imports_and_sees_only_the_own_department(books: Database) -> None:
    with books.read() as session:
        ids = dict(session.execute(select(Department.name, Department.id)).all())
    officer = Actor(ref="staff:1", role=Role.OFFICER, staff_id=1, department_id=ids[PEOPLE])
    other = Actor(ref="staff:2", role=Role.OFFICER, staff_id=2, department_id=ids[MARKET])
    view = upload(books, [row(1), row(2, license_name=CLINIC)], actor=officer)
    assert actions(view) == [RowAction.FAULTY, RowAction.NEW]
    with pytest.raises(NotFound):
        look(books, view.id, actor=other)
    accept(books, view.id, good_rows_only=True)
    for actor, seen in ((officer, 1), (other, 0), (CLERK, 1)):
        with books.read() as session:
            assert len(ledger.rows(session, Filters(), actor=actor, today=NOW.date()).lines) == seen


def test_person_without_fixed_term_and_cancelled_license_are_kept_as_told(books: Database) -> None:
    data = xlsx(
        [
            [*HEADER, "证件号码", "状态"],
            [*row(1, license_name=NURSE, holder="张示例", expires="长期")[:8], "11010519491231002X", ""],
            [*row(2)[:8], "", "注销"],
        ]
    )
    with books.begin() as session:
        workbook = spreadsheet.read(data, "a.xlsx")
        import_id = ledger.preview(session, "a.xlsx", data, workbook, actor=CLERK, now=NOW)
    accept(books, import_id)
    nurse, cancelled = licenses(books)
    assert (nurse.expiry, nurse.expires_on, nurse.next_due_on) == (Expiry.NONE, None, None)
    assert (cancelled.state, cancelled.next_due_on) == (LicenseState.CANCELLED, None)
    with books.read() as session:
        holder = session.execute(select(Holder).where(Holder.id == nurse.holder_id)).scalar_one()
        assert (
            holder.id_number_cipher
            and vault_of(session).open(holder.id_number_cipher) == "11010519491231002X"
        )


def test_discarded_preview_cannot_be_accepted(books: Database) -> None:
    view = upload(books, [row(1)])
    with books.begin() as session:
        ledger.discard(session, view.id, actor=CLERK, now=NOW)
    with pytest.raises(Conflict):
        accept(books, view.id)
    assert look(books, view.id).rows == ()


def test_every_import_leaves_one_audit_entry(books: Database) -> None:
    bring_in(books, [row(1), row(2)])
    with books.read() as session:
        assert session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all() == [
            "ledger.preview",
            "ledger.accept",
        ]


class TestListing:
    def test_pages_follow_each_other_without_gap_or_overlap(self, books: Database) -> None:
        days: list[Cell] = ["2027-03-01", "2027-01-01", None, "2027-03-01", "长期", "2027-02-01"]
        bring_in(books, [row(number, expires=day) for number, day in enumerate(days, start=1)])
        seen: list[date | None] = []
        after: str | None = ""
        while after is not None:
            with books.read() as session:
                page = ledger.rows(session, Filters(after=after, limit=2), actor=CLERK, today=NOW.date())
            seen += [line.expires_on for line in page.lines]
            after = page.after
        first, second, third = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
        assert seen == [first, second, third, third, None, None]

    def test_rows_are_found_by_name_number_kind_and_days(self, books: Database) -> None:
        bring_in(books, [row(1), row(2, license_name=FOOD), row(3, expires="2028-01-01")])
        for filters, numbers in (
            (Filters(search="示例2号"), [2]),
            (Filters(search="鲁示例-000003"), [3]),
            (Filters(search="%"), []),
            (Filters(entry_id=1), [1, 3]),
            (Filters(expires_from=date(2027, 3, 2)), [3]),
            (Filters(expires_to=date(2027, 3, 1)), [1, 2]),
        ):
            with books.read() as session:
                lines = ledger.rows(session, filters, actor=CLERK, today=NOW.date()).lines
            assert [line.license_no for line in lines] == [f"鲁示例{n:06d}" for n in numbers]

    def test_line_has_the_last_day_to_apply_and_a_masked_phone(self, books: Database) -> None:
        bring_in(books, [row(1)])
        with books.read() as session:
            (line,) = ledger.rows(session, Filters(), actor=CLERK, today=NOW.date()).lines
        assert (line.apply_by, line.phone) == (date(2027, 1, 29), "138＊＊＊＊0001")

    def test_cursor_is_refused_when_nobody_gave_it_out(self, books: Database) -> None:
        with books.read() as session, pytest.raises(Invalid):
            ledger.rows(session, Filters(after="x"), actor=CLERK, today=NOW.date())
