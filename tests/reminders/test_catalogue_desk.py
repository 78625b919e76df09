"""The catalogue changed by people: from a day on, with its effect told, paused, retired, confirmed."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import catalogue, catalogue_desk, clock, planning, windows
from reminders.catalogue_desk import DepartmentFields
from reminders.catalogue_desk.reading import fields_of
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.ledger import filling
from reminders.rules.catalogue_entry import VersionState, faults, frozen, thawed
from reminders.rules.ledger_row import Kinds
from reminders.rules.lifecycle import Channel, Confidence, DateKind, DeliveryState, ReminderState, Role
from reminders.rules.permissions import Actor
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.catalogue_versions import CatalogueVersion
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow
from tests import builders, builders_queue
from tests.builders import CLOCK, NOW
from tests.builders_queue import ALL_DAY
from tests.reminders.test_catalogue import DEPARTMENTS, ENTRIES, with_cell

TODAY = clock.civil_date(NOW)
OFFICE = Actor("staff:3", "周示例", Role.OFFICE, 3)
SUPERVISOR = Actor("staff:4", "孙示例", Role.SUPERVISOR, 4)


def licensed(session: Session, *, days: int = 200) -> License:
    """One license of a kind whose window closes 30 days before expiry, bound by a follower."""
    entry = builders.entry(session, earliest=None, latest=30)
    person = builders.follower(session)
    return builders_queue.bound_license(
        session, person, entry_id=entry.id, expires_on=TODAY + timedelta(days=days)
    )


def entry_of(session: Session, row: License) -> CatalogueEntry:
    return session.get_one(CatalogueEntry, row.catalogue_entry_id)


def apply_by(session: Session, row: License) -> date | None:
    session.expire_all()
    window = select(RenewalWindow.apply_by).where(
        RenewalWindow.catalogue_entry_id == row.catalogue_entry_id, RenewalWindow.expires_on == row.expires_on
    )
    return session.execute(window).scalar_one()


def plan(session: Session, on: date = TODAY) -> int:
    report = planning.plan(session, on, sending_hours=ALL_DAY, actor=CLOCK, now=NOW)
    return report.reminders


def test_version_of_next_month_moves_dates_only_then(database: Database) -> None:
    later = TODAY + timedelta(days=30)
    with database.begin() as session:
        row = licensed(session)
        before, due_before = apply_by(session, row), row.next_due_on
        fields = replace(fields_of(entry_of(session, row)), renewal_latest=90)
        catalogue_desk.save(
            session, row.catalogue_entry_id, fields, later, "新办法施行", actor=OFFICE, now=NOW
        )
        assert catalogue_desk.come_into_force(session, TODAY, actor=CLOCK, now=NOW) == 0
        assert (apply_by(session, row), row.next_due_on) == (before, due_before)
        shown = catalogue_desk.entry(session, row.catalogue_entry_id).versions
        assert [one.state for one in shown] == [VersionState.COMING, VersionState.HOLDS]
        assert catalogue_desk.come_into_force(session, later, actor=CLOCK, now=NOW) == 1
        assert catalogue_desk.come_into_force(session, later, actor=CLOCK, now=NOW) == 0
        after = apply_by(session, row)
        assert before is not None and after is not None and (before - after).days >= 55
        assert row.next_due_on is not None and due_before is not None and row.next_due_on < due_before
        shown = catalogue_desk.entry(session, row.catalogue_entry_id).versions
        assert [one.state for one in shown] == [VersionState.HOLDS, VersionState.HELD]
        assert shown[0].changes == ("renewal_latest", "confidence")


def test_effect_is_told_before_saving_and_is_what_happens(database: Database) -> None:
    with database.begin() as session:
        row = licensed(session)
        entry = entry_of(session, row)
        fields = replace(fields_of(entry), renewal_latest=180)
        told = catalogue_desk.effect(session, entry.id, fields, TODAY, actor=OFFICE, now=NOW)
        assert (told.licenses, told.moved, told.due_at_once) == (1, 1, 1)
        same = replace(fields_of(entry), materials="别的材料")
        assert catalogue_desk.effect(session, entry.id, same, TODAY, actor=OFFICE, now=NOW).moved == 0
        assert plan(session) == 0
        catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=OFFICE, now=NOW)
        assert apply_by(session, row) == told.groups[0].new_apply_by
        assert plan(session) == told.due_at_once


def test_paused_entry_plans_nothing_and_makes_up_for_it_once(database: Database) -> None:
    with database.begin() as session:
        row = licensed(session, days=80)
        entry_id = row.catalogue_entry_id
        assert plan(session) == 1
        told = catalogue_desk.rest_effect(session, entry_id, actor=OFFICE)
        assert (told.licenses, told.waiting) == (1, 1)
        assert catalogue_desk.pause(session, entry_id, "等新办法", actor=OFFICE, now=NOW) == 1
        session.expire_all()
        assert session.execute(select(Delivery.state)).scalar_one() is DeliveryState.CANCELLED
        assert session.execute(select(Reminder.state)).scalar_one() is ReminderState.CANCELLED
        assert plan(session, TODAY + timedelta(days=1)) == 0
        with pytest.raises(Conflict):
            catalogue_desk.pause(session, entry_id, "再一次", actor=OFFICE, now=NOW)
        catalogue_desk.resume(session, entry_id, actor=OFFICE, now=NOW)
        assert plan(session, TODAY + timedelta(days=1)) == 1
        assert plan(session, TODAY + timedelta(days=1)) == 0


def test_retired_entry_plans_no_more_reminders_and_may_be_taken_up_again(database: Database) -> None:
    with database.begin() as session:
        row = licensed(session, days=80)
        entry_id = row.catalogue_entry_id
        with pytest.raises(Invalid):
            catalogue_desk.retire(session, entry_id, " ", actor=OFFICE, now=NOW)
        catalogue_desk.retire(session, entry_id, "事项取消", actor=OFFICE, now=NOW)
        session.expire_all()
        assert row.next_due_on is None and plan(session) == 0
        assert entry_id not in {one.id for one in catalogue.entries(session)}
        assert entry_id in {one.id for one in catalogue_desk.resting(session)}
        with pytest.raises(Conflict):
            fields = replace(fields_of(entry_of(session, row)), materials="别的")
            catalogue_desk.save(session, entry_id, fields, TODAY, "修订", actor=OFFICE, now=NOW)
        catalogue_desk.take_up_again(session, entry_id, actor=OFFICE, now=NOW)
        assert plan(session) == 1


def test_whoever_changes_the_window_takes_back_that_it_was_confirmed(database: Database) -> None:
    with database.begin() as session:
        row = licensed(session)
        entry = entry_of(session, row)
        entry.confidence = Confidence.CONFIRMED
        fields = replace(fields_of(entry), renewal_latest=60)
        catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=OFFICE, now=NOW)
        assert entry.confidence is Confidence.MEMORY
        assert entry.id in {one.id for one in catalogue_desk.unconfirmed(session)}
        with pytest.raises(Invalid, match="读过条文"):
            catalogue_desk.confirm(session, entry.id, "示例办法", "", "读过", actor=SUPERVISOR, now=NOW)
        catalogue_desk.confirm(
            session, entry.id, "示例办法", "第九条", "在政府网站", actor=SUPERVISOR, now=NOW
        )
        assert (entry.confidence, entry.basis_article) == (Confidence.CONFIRMED, "第九条")
        assert entry.id not in {one.id for one in catalogue_desk.unconfirmed(session)}
        newest = catalogue_desk.entry(session, entry.id).versions[0]
        assert (newest.made_by_name, newest.reason) == ("孙示例", "在政府网站")


def test_coming_version_is_called_off_and_a_day_has_one(database: Database) -> None:
    later = TODAY + timedelta(days=30)
    with database.begin() as session:
        entry = entry_of(session, licensed(session))
        fields = replace(fields_of(entry), renewal_latest=60)
        version_id = catalogue_desk.save(session, entry.id, fields, later, "修订", actor=OFFICE, now=NOW)
        with pytest.raises(Conflict, match="那一天"):
            other = replace(fields, renewal_latest=70)
            catalogue_desk.save(session, entry.id, other, later, "修订", actor=OFFICE, now=NOW)
        assert catalogue_desk.call_off(session, version_id, actor=OFFICE, now=NOW) == entry.id
        with pytest.raises(Conflict):
            catalogue_desk.call_off(session, version_id, actor=OFFICE, now=NOW)
        assert catalogue_desk.come_into_force(session, later, actor=CLOCK, now=NOW) == 0
        with pytest.raises(Invalid, match="不能早于今天"):
            catalogue_desk.save(
                session, entry.id, fields, TODAY - timedelta(days=1), "修订", actor=OFFICE, now=NOW
            )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"basis": ""}, "法律依据"),
        ({"materials": ""}, "材料"),
        ({"validity_text": "很久"}, "证照有效期"),
        ({"renewal_earliest": 10, "renewal_latest": 30}, "最早申请"),
        ({"renewal_latest": 99999}, "0 到"),
        ({"unit": "周"}, "单位"),
        ({"also_latest": 3}, "第二条"),
        ({"companion_latest": 3, "companion_unit": "日"}, "没有第二个日期"),
        ({"license_name": ""}, "证照名称"),
    ],
)
def test_entry_that_cannot_be_is_refused_by_name(
    database: Database, change: dict[str, object], told: str
) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        fields = replace(fields_of(entry), renewal_earliest=None)
        fields = replace(fields, **change)  # type: ignore[arg-type]
        assert told in "".join(faults(fields, has_companion=False))
        assert thawed(frozen(fields)) == fields
        with pytest.raises(Invalid, match=told):
            catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=OFFICE, now=NOW)


def test_lead_changes_own_entries_only_and_moves_none(database: Database) -> None:
    with database.begin() as session:
        entry, other = builders.entry(session), builders.department(session)
        mine = Actor("staff:8", "赵示例", Role.LEAD, 8, entry.department_id)
        stranger = Actor("staff:9", "钱示例", Role.LEAD, 9, other.id)
        fields = replace(fields_of(entry), materials="别的材料")
        with pytest.raises(NotFound):
            catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=stranger, now=NOW)
        with pytest.raises(Invalid, match="办公室"):
            moved = replace(fields, department_id=other.id)
            catalogue_desk.save(session, entry.id, moved, TODAY, "修订", actor=mine, now=NOW)
        catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=mine, now=NOW)
        assert entry.materials == "别的材料"


@pytest.mark.parametrize("method", [Channel.PHONE, Channel.SMS, Channel.LETTER])
def test_department_that_calls_texts_or_writes_needs_an_officer(database: Database, method: Channel) -> None:
    fields = DepartmentFields("示例大厅", "工作日", "0631-0000009", method)
    with database.begin() as session:
        row = builders.department(session, method=Channel.BUSINESS_SYSTEM)
        builders.entry(session, department_id=row.id)
        with pytest.raises(Invalid, match="reminders staff add"):
            catalogue_desk.save_department(session, row.id, fields, actor=OFFICE, now=NOW)
        builders.staff(session, department_id=row.id)
        catalogue_desk.save_department(session, row.id, fields, actor=OFFICE, now=NOW)
        assert (row.method, row.is_sample) == (method, False)
        [duty] = [one for one in catalogue_desk.duties(session) if one.id == row.id]
        assert duty.officers and duty.kinds and not duty.lacks_officer


def test_files_leave_alone_what_the_console_changed(database: Database) -> None:
    with database.begin() as session:
        catalogue.load(session, ENTRIES, DEPARTMENTS, actor=CLOCK, now=NOW)
        fields = replace(fields_of(session.get_one(CatalogueEntry, 2)), renewal_latest=40)
        catalogue_desk.save(session, 2, fields, TODAY, "修订", actor=OFFICE, now=NOW)
        place = session.execute(select(Department).order_by(Department.id).limit(1)).scalar_one()
        told = DepartmentFields("新大厅", "工作日", "0631-0000009", Channel.BUSINESS_SYSTEM)
        catalogue_desk.save_department(session, place.id, told, actor=OFFICE, now=NOW)
        found = catalogue.load(session, ENTRIES, DEPARTMENTS, actor=CLOCK, now=NOW)
        assert set(found.kept) == {place.name, "食品生产许可证"} and not found.changed
        assert session.get_one(CatalogueEntry, 2).renewal_latest == 40 and place.counter == "新大厅"


def test_file_gives_no_department_a_method_for_which_it_has_nobody(database: Database) -> None:
    other = with_cell(DEPARTMENTS, "综合事务科", "method", "sms")
    with database.begin() as session:
        catalogue.load(session, ENTRIES, DEPARTMENTS, actor=CLOCK, now=NOW)
        with pytest.raises(Invalid, match="reminders staff add"):
            catalogue.load(session, ENTRIES, other, actor=CLOCK, now=NOW)
        row = session.execute(select(Department).where(Department.name == "综合事务科")).scalar_one()
        builders.staff(session, department_id=row.id)
        catalogue.load(session, ENTRIES, other, actor=CLOCK, now=NOW)
        assert row.method is Channel.SMS


def test_effect_tells_of_the_second_date_too(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session, companion_name="校验", companion_latest=30, companion_unit="日")
        far = TODAY + timedelta(days=700)
        row = builders.license(session, entry_id=entry.id, expires_on=far)
        row.companion_on = TODAY + timedelta(days=170)
        windows.recompute(session, [entry.id])
        assert (row.companion_due_on or TODAY) > TODAY
        fields = replace(fields_of(entry), companion_latest=150)
        told = catalogue_desk.effect(session, entry.id, fields, TODAY, actor=OFFICE, now=NOW)
        assert (told.licenses, told.moved, told.companion_moved, told.due_at_once) == (1, 0, 1, 1)
        [group] = told.groups
        assert (group.kind, group.expires_on, group.licenses) == (DateKind.COMPANION, row.companion_on, 1)
        catalogue_desk.save(session, entry.id, fields, TODAY, "修订", actor=OFFICE, now=NOW)
        session.refresh(row)
        assert row.companion_due_on is not None and row.companion_due_on <= TODAY  # as was foretold


def test_other_names_and_the_way_online_are_kept_at_the_desk(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session, license_name="药品经营许可证")
        other = builders.entry(session, license_name="食品经营许可证")
        url = "https://zwfw.example.gov.cn/1"
        fields = replace(fields_of(entry), aliases="药证；药品 经营证", is_online=True, online_url=url)
        catalogue_desk.save(session, entry.id, fields, TODAY, "常用的叫法", actor=OFFICE, now=NOW)
        assert catalogue.online(session, entry.id) == (True, url)
        found = Kinds(filling.kinds(session))
        assert found.find("药品经营证").entry_id == found.find("药品经营许可证").entry_id == entry.id
        with pytest.raises(Invalid, match="已经指“药品经营许可证”"):
            taken = replace(fields_of(other), aliases="药证")
            catalogue_desk.save(session, other.id, taken, TODAY, "叫法", actor=OFFICE, now=NOW)
        bad = faults(replace(fields, is_online=None, online_url="http://x"), has_companion=False)
        assert "https://" in "".join(bad) and "选成“可以”" in "".join(bad)


def test_version_kept_before_a_field_was_known_leaves_it_alone(database: Database) -> None:
    later = TODAY + timedelta(days=5)
    with database.begin() as session:
        entry = entry_of(session, licensed(session))
        fields = replace(fields_of(entry), materials="别的")
        version_id = catalogue_desk.save(session, entry.id, fields, later, "修订", actor=OFFICE, now=NOW)
        row = session.get_one(CatalogueVersion, version_id)
        kept = json.loads(row.content)
        row.content = json.dumps({name: kept[name] for name in kept if name not in ("aliases", "is_online")})
        entry.aliases, entry.is_online = "某证", False
        session.flush()
        assert catalogue_desk.come_into_force(session, later, actor=CLOCK, now=NOW) == 1
        assert (entry.materials, entry.aliases, entry.is_online) == ("别的", "某证", False)
