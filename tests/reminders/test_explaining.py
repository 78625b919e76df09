"""Explaining: what it says about a day is what planning that day really does."""

from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import brakes, clock, explaining, planning
from reminders.db import Database
from reminders.errors import NotFound
from reminders.rules.due import Ruling
from reminders.rules.lifecycle import Channel, Expiry, HolderKind, LicenseState
from reminders.tables.deliveries import DeliveryItem, Reminder, Switch
from reminders.tables.ledger import License
from tests import builders

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON = date(2027, 3, 1)
FIRST_ON = date(2026, 12, 1)


def plan(session: Session, today: date) -> None:
    now = clock.civil_moment(today, time(9))
    planning.plan(session, today, sending_hours=HOURS, actor=builders.CLOCK, now=now)


def explain(session: Session, row: License, on: date) -> explaining.Explanation:
    return explaining.explain_license(session, row.id, on, now=clock.civil_moment(on, time(9)))


def main_date(explanation: explaining.Explanation) -> explaining.DateExplanation:
    return explanation.licenses[0].dates[0]


def text_of(explanation: explaining.Explanation) -> str:
    return "\n".join(explanation.lines())


def bound(session: Session) -> License:
    row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
    builders.binding(session, license_id=row.id)
    return row


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(data=st.data())
def test_explanation_agrees_with_what_planning_does(database: Database, data: st.DataObject) -> None:
    """Everything that decides is drawn; nothing is kept, so each example starts from nothing."""
    with database.begin() as session:
        row = draw_license(session, data)
        today = EXPIRES_ON - timedelta(days=data.draw(st.integers(-5, 140), label="days before expiry"))
        for _ in range(data.draw(st.integers(0, 2), label="earlier runs")):
            plan(session, today - timedelta(days=data.draw(st.integers(0, 60), label="days ago")))
        told = explain(session, row, today)
        promised = {
            (item.kind, item.decision.step.stage, item.channel)
            for item in told.licenses[0].dates
            if item.decision.ruling is Ruling.DUE and item.decision.step is not None
        }
        before = session.execute(select(func.max(Reminder.id))).scalar() or 0
        plan(session, today)
        added = session.execute(
            select(Reminder.date_kind, Reminder.stage, DeliveryItem.channel)
            .outerjoin(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
            .where(Reminder.id > before)
        )
        done = {tuple(row) for row in added}
        session.rollback()
    assert promised == done


def draw_license(session: Session, data: st.DataObject) -> License:
    entry = builders.entry(
        session,
        earliest=data.draw(st.sampled_from([None, 20, 60, 90])),
        latest=data.draw(st.sampled_from([None, 0, 10, 30])),
        unit=data.draw(st.sampled_from(["日", "工作日"])),
        companion_name="校验期满",
        companion_latest=data.draw(st.sampled_from([None, 30])),
        companion_unit="日",
        materials=data.draw(st.sampled_from(["", "延续申请书", "延续申请书"])),
        is_active=data.draw(st.sampled_from([True, True, False])),
    )
    contact = builders.contact(session) if data.draw(st.booleans(), label="has a phone") else None
    row = builders.license(
        session,
        entry_id=entry.id,
        expires_on=EXPIRES_ON,
        companion_on=data.draw(st.sampled_from([None, date(2027, 2, 1)])),
        contact_id=contact.id if contact else None,
        state=data.draw(st.sampled_from([*[LicenseState.ACTIVE] * 4, *LicenseState])),
        expiry=data.draw(st.sampled_from([*[Expiry.DATED] * 4, *Expiry])),
    )
    if data.draw(st.booleans(), label="confirmed"):
        builders.confirmation(session, license_id=row.id, expires_on=EXPIRES_ON)
    for _ in range(data.draw(st.integers(0, 2), label="bindings")):
        follower = builders.follower(
            session, is_following=data.draw(st.booleans()), is_push_stopped=data.draw(st.booleans())
        )
        builders.binding(
            session, license_id=row.id, follower_id=follower.id, is_ended=data.draw(st.booleans())
        )
    return row


def test_next_step_is_named_before_the_first_one_is_reached(database: Database) -> None:
    with database.begin() as session:
        told = explain(session, bound(session), FIRST_ON - timedelta(days=1))
    assert main_date(told).decision.ruling is Ruling.NOT_REACHED
    assert "下一步“首次提醒”在 2026-12-01" in text_of(told)


def test_history_shows_how_a_reminder_travelled(database: Database) -> None:
    with database.begin() as session:
        row = bound(session)
        plan(session, FIRST_ON)
        told = explain(session, row, FIRST_ON + timedelta(days=3))
    assert main_date(told).decision.ruling is Ruling.DONE
    assert "首次提醒 2026-12-01：2026-12-01 已列入；微信 2026-12-01 等待 (ready)" in text_of(told)
    assert "下一步“再次提醒”在 2026-12-30" in text_of(told)


def test_past_day_is_told_as_it_was_then(database: Database) -> None:
    with database.begin() as session:
        row = bound(session)
        plan(session, FIRST_ON + timedelta(days=10))
        now = clock.civil_moment(FIRST_ON + timedelta(days=20), time(9))
        told = explaining.explain_license(session, row.id, FIRST_ON + timedelta(days=9), now=now)
        on_the_day = explaining.explain_license(session, row.id, FIRST_ON + timedelta(days=10), now=now)
    assert main_date(told).decision.ruling is Ruling.DUE
    assert "当天已经列入" in text_of(on_the_day)


def test_future_day_knows_that_an_earlier_night_will_have_done_it(database: Database) -> None:
    with database.begin() as session:
        row = bound(session)
        now = clock.civil_moment(FIRST_ON - timedelta(days=5), time(9))
        later = explaining.explain_license(session, row.id, FIRST_ON + timedelta(days=5), now=now)
        that_day = explaining.explain_license(session, row.id, FIRST_ON, now=now)
    assert "不再发“首次提醒”，因为这一步在 2026-12-01 的计划中就会列入" in text_of(later)
    assert "2026-12-01：发“首次提醒”，这一步当天到期" in text_of(that_day)


def test_missing_facts_are_named(database: Database) -> None:
    with database.begin() as session:
        department = builders.department(session, counter="", service_phone="")
        entry = builders.entry(session, department_id=department.id, materials="")
        told = explain(session, builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON), FIRST_ON)
    assert main_date(told).decision.ruling is Ruling.FACTS_MISSING
    assert "目录缺少办理地点、服务电话、提交材料清单" in text_of(told)


@pytest.mark.parametrize(
    ("state", "expiry", "reason"),
    [
        (LicenseState.RENEWING, Expiry.DATED, "办理中"),
        (LicenseState.CANCELLED, Expiry.DATED, "已注销"),
        (LicenseState.ACTIVE, Expiry.NONE, "长期有效"),
        (LicenseState.ACTIVE, Expiry.UNKNOWN, "请科室核对"),
    ],
)
def test_license_that_rests_says_why(
    database: Database, state: LicenseState, expiry: Expiry, reason: str
) -> None:
    with database.begin() as session:
        expires_on = EXPIRES_ON if expiry is Expiry.DATED else None
        row = builders.license(
            session,
            entry_id=builders.entry(session).id,
            expires_on=expires_on,
            expiry=expiry,
            state=state,
        )
        assert "不提醒，因为" in text_of(explain(session, row, FIRST_ON))
        assert reason in text_of(explain(session, row, FIRST_ON))


def test_person_who_left_the_account_is_called_and_the_text_says_so(database: Database) -> None:
    with database.begin() as session:
        contact = builders.contact(session, phone="13800000001")
        row = builders.license(
            session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON, contact_id=contact.id
        )
        left = builders.follower(session, is_following=False)
        builders.binding(session, license_id=row.id, follower_id=left.id)
        told = explain(session, row, FIRST_ON)
    assert main_date(told).channel is Channel.PHONE
    assert "电话 138＊＊＊＊0001" in text_of(told)
    assert "已取消关注或拒收" in text_of(told)


def test_license_without_a_channel_says_so(database: Database) -> None:
    with database.begin() as session:
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=EXPIRES_ON)
        told = explain(session, row, FIRST_ON)
    assert main_date(told).channel is None
    assert "台账里也没有电话" in text_of(told)


def test_stopped_sending_is_mentioned(database: Database) -> None:
    with database.begin() as session:
        row = bound(session)
        session.add(Switch(name=brakes.SENDING, is_on=False, reason="演练", changed_at=builders.NOW))
        session.flush()
        assert "全部发送已停止" in text_of(explain(session, row, FIRST_ON))


def test_every_license_with_the_number_is_explained_however_it_is_typed(database: Database) -> None:
    with database.begin() as session:
        person = builders.holder(session, name="张示例", kind=HolderKind.PERSON)
        for _ in range(2):
            builders.license(
                session,
                entry_id=builders.entry(session).id,
                expires_on=EXPIRES_ON,
                holder_id=person.id,
                license_no="SL2027001",
            )
        told = explaining.explain(session, " ｓｌ2027001 ", FIRST_ON, now=builders.NOW)
    assert len(told.licenses) == 2
    assert "张示例" not in text_of(told)


def test_unknown_number_is_refused_in_plain_words(database: Database) -> None:
    with database.begin() as session, pytest.raises(NotFound, match="台账里没有编号为 不存在 的证照"):
        explaining.explain(session, "不存在", FIRST_ON, now=builders.NOW)
