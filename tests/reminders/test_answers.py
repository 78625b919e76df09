"""What an answer does to waiting messages and to the planner, and that taking it back undoes it."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import answers, claiming, consents, explaining, planning
from reminders.answers import Closing
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import (
    AnswerKind,
    Channel,
    ContactSign,
    DeliveryState,
    LicenseState,
    Role,
    Stage,
)
from reminders.rules.permissions import Actor
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding, Confirmation, Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import CLOCK, NOW
from tests.builders_queue import DAYTIME

EXPIRES_ON = date(2027, 2, 1)  # apply by 2026-12-31, 30 days before 2027-02-01 and a rest day moved back
RESTING = (AnswerKind.APPLIED, AnswerKind.OUT_OF_BUSINESS, AnswerKind.LATER, AnswerKind.HELP, AnswerKind.BOOK)
BOSS = Actor(ref="staff:1", name="王示例", role=Role.SUPERVISOR, staff_id=1)


class Case:
    """One follower bound to one license, reminded by the planner once."""

    def __init__(self, database: Database, *, with_contact: bool = True) -> None:
        self.database = database
        with database.begin() as session:
            person = builders.follower(session)
            consents.give(session, person.id, now=NOW)
            entry = builders.entry(session, earliest=None)
            row = builders_queue.bound_license(
                session, person, expires_on=EXPIRES_ON, with_contact=with_contact, entry_id=entry.id
            )
            self.follower_id, self.license_id = person.id, row.id
            assert entry.department_id
            self.department_id = entry.department_id
        self.plan()

    def plan(self, day: date | None = None) -> None:
        now = NOW if day is None else datetime.combine(day, NOW.timetz())
        with self.database.begin() as session:
            planning.plan(session, now.date(), sending_hours=DAYTIME, actor=CLOCK, now=now)

    def give(self, kind: AnswerKind, *, until: date | None = None, note: str = "") -> int:
        with self.database.begin() as session:
            return answers.give(
                session, self.follower_id, self.license_id, kind, until=until, note=note, now=NOW
            )

    def withdraw(self, answer_id: int, *, now: datetime = NOW) -> None:
        with self.database.begin() as session:
            answers.withdraw(session, self.follower_id, answer_id, now=now)

    def close(self, answer_id: int, closing: Closing, note: str = "已核对", *, actor: Actor = BOSS) -> None:
        with self.database.begin() as session:
            answers.close(session, answer_id, closing, note, actor=actor, now=NOW)

    def states(self, channel: Channel = Channel.WECHAT) -> list[DeliveryState]:
        with self.database.read() as session:
            found = select(Delivery.state).where(Delivery.channel == channel).order_by(Delivery.id)
            return list(session.execute(found).scalars())

    def live(self) -> list[tuple[Stage, Channel]]:
        """What a waiting message or call still says."""
        with self.database.read() as session:
            found = session.execute(
                select(Reminder.stage, Delivery.channel)
                .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
                .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
                .where(DeliveryItem.dropped_reason == "", Delivery.state == DeliveryState.READY)
                .order_by(Reminder.id)
            )
            return [(stage, channel) for stage, channel in found]

    def claimed(self, now: datetime = NOW) -> int:
        with self.database.begin() as session:
            return len(claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=now))

    def row(self) -> License:
        with self.database.read() as session:
            return session.get_one(License, self.license_id)

    def signs(self) -> set[ContactSign]:
        with self.database.read() as session:
            return set(session.execute(select(Confirmation.sign)).scalars())


@pytest.fixture
def case(database: Database) -> Case:
    return Case(database)


@pytest.mark.parametrize("kind", RESTING)
def test_answer_cancels_what_waits_and_taking_it_back_makes_it_ready(case: Case, kind: AnswerKind) -> None:
    assert case.states() == [DeliveryState.READY]
    answer_id = case.give(kind)
    assert case.states() == [DeliveryState.CANCELLED]
    assert case.claimed() == 0
    case.withdraw(answer_id)
    assert case.states() == [DeliveryState.READY]
    assert case.claimed() == 1
    assert case.signs() == {ContactSign.ANSWERED}


@pytest.mark.parametrize("kind", [AnswerKind.APPLIED, AnswerKind.OUT_OF_BUSINESS])
def test_nothing_is_planned_while_it_rests_and_the_right_stage_afterwards(
    case: Case, kind: AnswerKind
) -> None:
    answer_id = case.give(kind)
    for day in (date(2026, 12, 1), date(2026, 12, 24), date(2026, 12, 29), date(2027, 1, 5)):
        case.plan(day)
        assert case.live() == []
    case.withdraw(answer_id)
    case.plan(date(2026, 12, 25))
    assert case.live()[-1] == (Stage.LAST_CALL, Channel.WECHAT)
    assert case.claimed(NOW + timedelta(days=53)) == 1


def test_application_makes_the_license_renewing_until_it_is_taken_back(case: Case) -> None:
    answer_id = case.give(AnswerKind.APPLIED)
    assert case.row().state is LicenseState.RENEWING
    case.withdraw(answer_id)
    assert (case.row().state, case.row().next_due_on is None) == (LicenseState.ACTIVE, False)


def test_application_known_to_the_bureau_is_not_the_holders_to_take_back(case: Case) -> None:
    with case.database.begin() as session:
        session.get_one(License, case.license_id).state = LicenseState.RENEWING
    case.withdraw(case.give(AnswerKind.APPLIED))
    assert case.row().state is LicenseState.RENEWING


def test_pause_ends_on_its_day_with_one_message(case: Case) -> None:
    until = NOW.date() + timedelta(days=5)
    case.give(AnswerKind.LATER, until=until)
    case.plan(until - timedelta(days=1))
    assert case.live() == []
    case.plan(until)
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]
    with case.database.read() as session:
        assert session.execute(select(Answer.ended_at)).scalar_one() is not None


def test_pause_over_a_stage_ends_with_the_later_stage_only(case: Case) -> None:
    until = date(2026, 12, 24)  # seven days before the last day to apply
    case.give(AnswerKind.LATER, until=until)
    case.plan(until)
    assert (Stage.LAST_CALL, Channel.WECHAT) in case.live()
    assert case.claimed(datetime.combine(until, NOW.timetz())) == 1
    with case.database.read() as session:
        said = session.execute(
            select(Reminder.stage)
            .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
            .where(DeliveryItem.dropped_reason == "")
        ).scalars()
        assert list(said) == [Stage.LAST_CALL]


def test_help_never_holds_back_the_last_call(case: Case) -> None:
    case.give(AnswerKind.HELP)
    case.plan(date(2026, 12, 23))
    assert case.live() == []
    case.plan(date(2026, 12, 24))
    assert (Stage.LAST_CALL, Channel.WECHAT) in case.live()


def test_new_word_about_the_license_takes_the_place_of_the_old(case: Case) -> None:
    first = case.give(AnswerKind.LATER)
    second = case.give(AnswerKind.APPLIED)
    assert case.give(AnswerKind.APPLIED) == second
    with pytest.raises(Conflict):
        case.withdraw(first)
    case.withdraw(second)
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]


def test_help_keeps_it_back_after_the_pause_is_taken_back(case: Case) -> None:
    pause = case.give(AnswerKind.LATER)
    help_id = case.give(AnswerKind.HELP)
    case.withdraw(pause)
    assert case.live() == []
    case.withdraw(help_id)
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]


def test_handover_ends_the_binding_and_sends_the_reminder_by_phone(case: Case) -> None:
    with case.database.begin() as session:
        builders.confirmation(session, license_id=case.license_id, expires_on=EXPIRES_ON)
        session.query(Confirmation).update({"follower_id": case.follower_id})
    answer_id = case.give(AnswerKind.HANDED_OVER)
    assert case.states() == [DeliveryState.CANCELLED]
    assert case.signs() == set()
    case.plan(NOW.date() + timedelta(days=1))
    assert case.live() == [(Stage.FIRST, Channel.PHONE)]
    with pytest.raises(NotFound):
        case.give(AnswerKind.APPLIED)
    case.withdraw(answer_id, now=NOW + timedelta(days=6))
    with case.database.read() as session:
        assert session.execute(select(Binding.unbound_at)).scalar_one() is None


def test_handover_taken_back_at_once_leaves_everything_as_it_was(case: Case) -> None:
    case.withdraw(case.give(AnswerKind.HANDED_OVER))
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]
    assert case.claimed() == 1


def test_handover_is_not_taken_back_after_a_week(case: Case) -> None:
    answer_id = case.give(AnswerKind.HANDED_OVER)
    with pytest.raises(Conflict, match="7 天"):
        case.withdraw(answer_id, now=NOW + timedelta(days=8))


def test_wrong_number_is_not_called_and_wechat_goes_on(case: Case) -> None:
    answer_id = case.give(AnswerKind.NUMBER_WRONG)
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]
    with case.database.begin() as session:
        session.query(Binding).update({"unbound_at": NOW})
    assert case.claimed() == 0
    case.plan(NOW.date() + timedelta(days=1))
    assert case.live() == []
    with case.database.read() as session:
        assert session.execute(select(Reminder.has_no_channel)).scalar_one() is True
    case.close(answer_id, Closing.UNTRUE, "号码没有错")
    case.plan(NOW.date() + timedelta(days=2))
    assert case.live() == [(Stage.FIRST, Channel.PHONE)]


def test_waiting_call_to_a_wrong_number_is_taken_back(database: Database) -> None:
    case = Case(database)
    with database.begin() as session:
        session.query(Follower).update({"push_stopped_at": NOW})
    assert case.claimed() == 0
    assert case.live() == [(Stage.FIRST, Channel.PHONE)]
    answer_id = case.give(AnswerKind.NUMBER_WRONG)
    assert case.live() == []
    case.withdraw(answer_id)
    assert case.live() == [(Stage.FIRST, Channel.PHONE)]


def test_claim_asks_again_whether_somebody_answered(case: Case) -> None:
    """An answer that came while the message was out of reach is found by the claim itself."""
    with case.database.begin() as session:
        session.query(Delivery).update({"state": DeliveryState.UNKNOWN, "ambiguous_since": NOW})
    case.give(AnswerKind.OUT_OF_BUSINESS)
    assert case.states() == [DeliveryState.UNKNOWN]
    assert case.claimed() == 0
    assert case.states() == [DeliveryState.CANCELLED]


def test_answers_about_foreign_licenses_and_missing_dates_are_refused(database: Database) -> None:
    case = Case(database)
    with database.begin() as session:
        stranger = builders.follower(session).id
        undated = builders.license(session, entry_id=builders.entry(session).id, expires_on=None)
        builders.binding(session, license_id=undated.id, follower_id=case.follower_id)
        undated_id = undated.id
    answer_id = case.give(AnswerKind.HELP)
    with database.begin() as session:
        with pytest.raises(NotFound):
            answers.give(session, stranger, case.license_id, AnswerKind.HELP, now=NOW)
        with pytest.raises(NotFound):
            answers.withdraw(session, stranger, answer_id, now=NOW)
        with pytest.raises(Invalid):
            answers.give(session, case.follower_id, undated_id, AnswerKind.APPLIED, now=NOW)


def test_explanation_says_that_somebody_answered(case: Case) -> None:
    case.give(AnswerKind.OUT_OF_BUSINESS)
    with case.database.read() as session:
        told = explaining.explain_license(session, case.license_id, date(2026, 12, 24), now=NOW)
    assert any("持证人已经回答" in line for line in told.lines())


# --- the officers' list ---


def listed(session: Session, day: date, actor: Actor = BOSS) -> list[AnswerKind]:
    now = datetime.combine(day, NOW.timetz())
    return [task.kind for task in answers.to_do(session, actor=actor, now=now).tasks]


def test_application_comes_to_the_list_three_working_days_before_the_end(case: Case) -> None:
    case.give(AnswerKind.APPLIED)
    with case.database.read() as session:
        assert listed(session, date(2026, 12, 25)) == []
        assert listed(session, date(2026, 12, 28)) == [AnswerKind.APPLIED]


def test_list_is_the_departments_own(case: Case) -> None:
    case.give(AnswerKind.HELP, note="下午三点后")
    with case.database.read() as session:
        mine = Actor("staff:2", "李示例", Role.OFFICER, 2, case.department_id)
        other = Actor("staff:3", "赵示例", Role.OFFICER, 3, case.department_id + 1)
        assert listed(session, NOW.date(), mine) == [AnswerKind.HELP]
        assert listed(session, NOW.date(), other) == []
        [task] = answers.to_do(session, actor=mine, now=NOW).tasks
        assert (task.note, task.promised_on) == ("下午三点后", date(2026, 11, 3))
        assert "＊" in task.phone
        raw = session.execute(select(Answer.note_cipher)).scalar_one()
        assert raw is not None
        assert "下午".encode() not in raw


def test_renewed_license_leaves_the_list(case: Case) -> None:
    case.give(AnswerKind.OUT_OF_BUSINESS)
    with case.database.begin() as session:
        session.get_one(License, case.license_id).expires_on = date(2032, 2, 1)
        session.flush()
        assert listed(session, NOW.date()) == []


def test_untrue_answer_ends_and_reminders_go_on(case: Case) -> None:
    answer_id = case.give(AnswerKind.APPLIED)
    with pytest.raises(Invalid):
        case.close(answer_id, Closing.UNTRUE, " ")
    case.close(answer_id, Closing.UNTRUE, "系统里没有申请")
    assert case.row().state is LicenseState.ACTIVE
    assert case.live() == [(Stage.FIRST, Channel.WECHAT)]
    with pytest.raises(Conflict):
        case.close(answer_id, Closing.DONE)


def test_true_answer_stands_and_help_that_was_given_ends(case: Case) -> None:
    case.close(case.give(AnswerKind.OUT_OF_BUSINESS), Closing.DONE)
    assert case.live() == []
    with case.database.read() as session:
        assert listed(session, NOW.date()) == []
        assert session.execute(select(Answer.verified_at)).scalar_one() == NOW
    help_id = case.give(AnswerKind.HELP)
    case.close(help_id, Closing.DONE)
    with pytest.raises(Conflict):
        case.withdraw(help_id)


def test_stranger_department_cannot_close(case: Case) -> None:
    other = Actor("staff:3", "赵示例", Role.OFFICER, 3, case.department_id + 1)
    with pytest.raises(NotFound):
        case.close(case.give(AnswerKind.HELP), Closing.DONE, actor=other)
