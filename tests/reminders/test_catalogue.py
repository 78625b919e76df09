"""The catalogue equals Annex 1, is loaded whole or not at all, and moves dates when its rules change."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import settings
from reminders import audit, catalogue
from reminders.catalogue import CatalogueChanges, FieldChange
from reminders.db import Database
from reminders.errors import Invalid, NotFound
from reminders.rules.dates import Workdays, days_of, usual_workdays
from reminders.rules.lifecycle import Channel, Confidence
from reminders.rules.window import Unit, WindowRule
from reminders.rules.workday_sheet import parse
from reminders.tables.audit import AuditEntry
from reminders.tables.catalogue import Workday, WorkdayYear
from reminders.tables.windows import RenewalWindow
from tests import builders
from tests.builders import CLOCK, NOW

ENTRIES, DEPARTMENTS, WORKDAYS = (
    (settings.DATA / name).read_text(encoding="utf-8")
    for name in ("catalogue.csv", "departments.csv", "workdays.csv")
)
ANNEX = Path(__file__).with_name("annex1.txt")
NOTICE_2027 = "\n".join(
    [
        "year,2027,示例通知",
        "date,is_workday,note",
        "2027-01-01,0,元旦",
        *(f"2027-02-{day:02},0,春节" for day in (5, 8, 9, 10, 11)),
        "2027-02-14,1,调休上班",
        "2027-04-05,0,清明节",
        *(f"2027-05-{day:02},0,劳动节" for day in (3, 4, 5)),
        "2027-06-09,0,端午节",
        "2027-09-15,0,中秋节",
        *(f"2027-10-{day:02},0,国庆节" for day in (1, 4, 5, 6, 7)),
    ]
)


def load(database: Database, entries: str = ENTRIES, departments: str = DEPARTMENTS) -> CatalogueChanges:
    with database.begin() as session:
        return catalogue.load(session, entries, departments, actor=CLOCK, now=NOW)


def with_cell(text: str, row_key: str, column: str, value: str) -> str:
    """The csv with one cell changed, in the row whose first cell is `row_key`."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        if row[next(iter(row))] == row_key:
            row[column] = value
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_catalogue_equals_annex_1_word_for_word() -> None:
    annex = [line.split("\t") for line in ANNEX.read_text(encoding="utf-8").splitlines()]
    rows = [row[:5] for row in csv.reader(io.StringIO(ENTRIES))][1:]
    assert rows == annex
    assert len(annex) == 25


def test_loading_shows_every_entry_with_its_five_facts(database: Database) -> None:
    changes = load(database)
    assert len(changes.added) == 25 + 8
    with database.read() as session:
        entries = catalogue.entries(session)
        assert audit.first_broken_link(session) is None
    assert [entry.id for entry in entries] == list(range(1, 26))
    assert all(entry.missing_facts == () for entry in entries)
    assert all(entry.is_sample and "示例" in entry.counter for entry in entries)
    by_wechat = {Channel.WECHAT, Channel.SUBSCRIPTION}  # no method of the plan: it comes before each of them
    assert {entry.method for entry in entries} == set(Channel) - by_wechat
    sea = entries[20]
    assert sea.rule == WindowRule(None, 2, Unit.MONTH, 60, Unit.DAY)
    assert (sea.validity_text, sea.validity_years_min, sea.confidence) == ("无", None, Confidence.CONFIRMED)
    foreigner, clinic = entries[14], entries[11]
    assert (foreigner.companion_name, foreigner.companion_rule.latest) == ("居留证件有效期", 30)
    assert foreigner.companion_basis == "出境入境管理法第三十二条"
    assert (clinic.companion_name, clinic.companion_rule.latest) == ("校验期满", None)


def test_loading_again_changes_nothing(database: Database) -> None:
    load(database)
    with database.read() as session:
        before = session.execute(select(func.count(AuditEntry.id))).scalar_one()
    assert load(database) == CatalogueChanges(added=(), changed=(), licenses_recomputed=0)
    with database.read() as session:
        assert session.execute(select(func.count(AuditEntry.id))).scalar_one() == before


def test_a_changed_window_is_told_audited_and_moves_its_licenses(database: Database) -> None:
    load(database)
    with database.begin() as session:
        builders.license(session, entry_id=20, expires_on=date(2026, 12, 31))
        builders.license(session, entry_id=18, expires_on=date(2026, 12, 31))
    changes = load(database, with_cell(ENTRIES, "20", "renewal_latest", "60"))
    assert changes.changed == (FieldChange("取水许可证", "renewal_latest", 45, 60),)
    assert changes.licenses_recomputed == 1
    with database.read() as session:
        apply_by = select(RenewalWindow.apply_by).where(RenewalWindow.catalogue_entry_id == 20)
        assert session.execute(apply_by).scalar_one() == date(2026, 10, 30)  # Sunday 2026-11-01 moved back
        told = session.execute(
            select(AuditEntry.detail)
            .where(AuditEntry.subject == "catalogue_entry:20")
            .order_by(AuditEntry.id)
        ).scalars()
        assert list(told)[-1] == '{"renewal_latest": [45, 60]}'


def test_a_changed_wording_moves_no_license(sqlite_database: Database) -> None:
    load(sqlite_database)
    with sqlite_database.begin() as session:
        builders.license(session, entry_id=20, expires_on=date(2026, 12, 31))
    changes = load(sqlite_database, with_cell(ENTRIES, "20", "basis_article", "第二十六条"))
    assert [change.field for change in changes.changed] == ["basis_article"]
    assert changes.licenses_recomputed == 0


def test_an_entry_gone_from_the_file_is_retired_and_comes_back(database: Database) -> None:
    load(database)
    with database.begin() as session:
        row = builders.license(session, entry_id=25, expires_on=date(2026, 12, 31))
    without_last = ENTRIES.rstrip("\n").rsplit("\n", 1)[0] + "\n"
    changes = load(database, without_last)
    assert changes.changed == (FieldChange("民办学校办学许可证", "is_active", True, False),)
    with database.read() as session:
        assert len(catalogue.entries(session)) == 24
        assert not catalogue.entry(session, 25).is_active
        assert session.get_one(type(row), row.id).next_due_on is None
    load(database)
    with database.read() as session:
        assert session.get_one(type(row), row.id).next_due_on == row.next_due_on


def test_an_entry_without_one_of_the_facts_says_so(sqlite_database: Database) -> None:
    entries = with_cell(with_cell(ENTRIES, "2", "renewal_latest", ""), "20", "materials", "")
    load(sqlite_database, entries, with_cell(DEPARTMENTS, "投资一科", "service_phone", ""))
    with sqlite_database.read() as session:
        missing = {
            entry.id: entry.missing_facts for entry in catalogue.entries(session) if entry.missing_facts
        }
    assert missing == {2: ("申请换证时限",), 20: ("提交材料清单",), 21: ("服务电话",)}


def test_every_fault_of_both_files_is_named_and_nothing_is_written(sqlite_database: Database) -> None:
    entries = ENTRIES
    for key, column, value in (
        ("2", "renewal_latest", "三十"),
        ("3", "unit", "天"),
        ("4", "department", "不存在科"),
        ("5", "confidence", "sure"),
        ("6", "validity_text", "四年"),
        ("7", "renewal_earliest", "0"),
        ("8", "license_name", "取水许可证"),
        ("9", "validity_years_max", "4"),
        ("10", "also_latest", "60"),
        ("11", "holder_kind", "公司"),
        ("12", "seq", "1"),
        ("13", "item_name", ""),
    ):
        entries = with_cell(entries, key, column, value)
    departments = with_cell(DEPARTMENTS, "办公室", "method", "fax")
    with pytest.raises(Invalid) as refused:
        load(sqlite_database, entries, departments)
    for words in (
        "departments.csv 第 8 行 method",
        "catalogue.csv 第 3 行 renewal_latest：“三十”",
        "catalogue.csv 第 4 行 unit：“天”",
        "第 5 行 department",
        "第 6 行 confidence",
        "第 7 行 validity_text：有效期“四年”",
        "第 8 行 renewal_earliest",
        "license_name：“取水许可证”出现了不止一次",
        "第 10 行 validity_years_min/validity_years_max",
        "第 11 行 also_unit",
        "第 12 行 holder_kind",
        "seq：“1”出现了不止一次",
        "第 14 行 item_name：不能为空",
        "有 13 处",
    ):
        assert words in refused.value.message
    with sqlite_database.read() as session:
        assert catalogue.entries(session) == []


def test_missing_columns_and_short_rows_are_named(sqlite_database: Database) -> None:
    with pytest.raises(Invalid, match="缺少列 method"):
        load(sqlite_database, ENTRIES, DEPARTMENTS.replace("method", "how", 1))
    with pytest.raises(Invalid, match="第 27 行：列数与表头不一致"):
        load(sqlite_database, ENTRIES + "26,示例\n")


def test_unknown_entry_is_not_found(sqlite_database: Database) -> None:
    with sqlite_database.read() as session, pytest.raises(NotFound):
        catalogue.entry(session, 99)


def test_an_imported_notice_replaces_the_estimate(database: Database) -> None:
    load(database)
    with database.begin() as session:
        builders.license(session, entry_id=18, expires_on=date(2027, 5, 31))  # closes on 2027-03-02
        builders.license(session, entry_id=14, expires_on=date(2027, 5, 14))  # closes on Sunday 2027-02-14
    with database.read() as session:
        estimated = session.execute(select(RenewalWindow.apply_by, RenewalWindow.is_estimate)).all()
    with database.begin() as session:
        done = catalogue.import_workdays(session, NOTICE_2027, actor=CLOCK, now=NOW)
    with database.read() as session:
        known = session.execute(select(RenewalWindow.apply_by, RenewalWindow.is_estimate)).all()
    assert (done.years, done.licenses_recomputed) == ((2027,), 2)
    assert {tuple(row) for row in estimated} == {(date(2027, 3, 2), True), (date(2027, 2, 3), True)}
    assert {tuple(row) for row in known} == {(date(2027, 3, 2), False), (date(2027, 2, 14), False)}


def test_importing_a_year_again_replaces_it_but_not_its_neighbour(database: Database) -> None:
    rest_2028 = ("2027-12-31", "2028-01-25", "2028-01-26", "2028-01-27", "2028-01-28", "2028-04-04")
    rest_2028 += ("2028-05-01", "2028-05-02", "2028-05-29", "2028-10-02", "2028-10-03")
    notice_2028 = "year,2028,示例通知\n" + "\n".join(f"{day},0," for day in rest_2028)
    with database.begin() as session:
        catalogue.import_workdays(session, NOTICE_2027, actor=CLOCK, now=NOW)
        catalogue.import_workdays(session, notice_2028, actor=CLOCK, now=NOW)
        catalogue.import_workdays(
            session, NOTICE_2027.replace("2027-02-14,1", "2027-02-13,1"), actor=CLOCK, now=NOW
        )
    with database.read() as session:
        days = dict(session.execute(select(Workday.on, Workday.is_workday)).all())
        assert session.execute(select(func.count(WorkdayYear.year))).scalar_one() == 2
    assert days[date(2027, 2, 13)] is True
    assert date(2027, 2, 14) not in days
    assert days[date(2027, 12, 31)] is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NOTICE_2027.replace("year,2027,示例通知\n", ""), "没有写明文件覆盖哪一年"),
        (NOTICE_2027.replace("2027-10-01,0", "2027-10-01,1"), "2027 年不完整：2027-10-01（国庆节）"),
        (NOTICE_2027.replace("2027-06-09,0,端午节\n", ""), "2027-06-09（端午节）应为放假"),
        (NOTICE_2027 + "\n2027-13-01,0,", "第 21 行 date：“2027-13-01”不是日期"),
        (NOTICE_2027 + "\n2027-11-01,也许,", "第 21 行 is_workday"),
        (NOTICE_2027 + "\n2027-10-07,0,", "2027-10-07 出现了不止一次"),
        (NOTICE_2027 + "\n2029-05-01,0,", "2029-05-01 不在文件覆盖的年份"),
        (NOTICE_2027.replace("year,2027", "year,27"), "年份“27”无法识别"),
    ],
)
def test_a_faulty_notice_is_refused_with_its_reason(sqlite_database: Database, text: str, words: str) -> None:
    with sqlite_database.begin() as session, pytest.raises(Invalid) as refused:
        catalogue.import_workdays(session, text, actor=CLOCK, now=NOW)
    assert words in refused.value.message


def test_the_year_may_be_told_beside_the_file(sqlite_database: Database) -> None:
    text = NOTICE_2027.replace("year,2027,示例通知\n", "")
    with sqlite_database.begin() as session:
        catalogue.import_workdays(session, text, years={2027: "示例通知"}, actor=CLOCK, now=NOW)
        assert session.execute(select(WorkdayYear.source)).scalar_one() == "示例通知"


def test_shipped_workdays_say_the_same_as_the_library() -> None:
    notice = parse(WORKDAYS, {})
    assert set(notice.years) == {2026}
    imported = Workdays({day.on: day.is_workday for day in notice.days}, frozenset(notice.years))
    assert {day for day in days_of(2026) if imported.is_workday(day)} == usual_workdays(2026)
