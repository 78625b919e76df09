"""Another code by SMS or by a call: within the limits, for the newest request, equal for hit and miss."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from jobs import sms_templates
from jobs.carriers import SmsCarrier
from jobs.current_wordings import CurrentWordings
from jobs.gateways.ports import NotAccepted, SmsMessage
from reminders import binding, contents
from reminders.binding import Outcome
from reminders.claiming import ClaimedDelivery
from reminders.db import Database
from reminders.outbox import SPOKEN
from reminders.rules.delivery_rules import MessageKind, SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.tables.deliveries import Delivery
from tests import builders_binding
from tests.builders import NOW
from tests.builders_binding import NUMBERS, bound, codes, person

MINUTE = timedelta(minutes=1)


def again(database: Database, me: int, now: datetime, *, is_spoken: bool = True) -> object:
    with database.begin() as session:
        return binding.again(session, me, is_spoken=is_spoken, now=now)


def start(database: Database, me: int, number: str, now: datetime = NOW) -> None:
    with database.begin() as session:
        binding.start(session, me, number, now=now)


@pytest.fixture
def me(database: Database) -> int:
    with database.begin() as session:
        builders_binding.firm(session)
    return person(database)


def test_spoken_code_binds_and_the_sms_before_it_does_not(database: Database, me: int) -> None:
    start(database, me, NUMBERS[0])
    assert again(database, me, NOW + MINUTE / 2) == (None, NOW + MINUTE)
    assert len(codes(database)) == 1
    assert again(database, me, NOW + MINUTE) == (None, None)
    by_sms, spoken = codes(database)
    assert spoken.startswith(SPOKEN)
    with database.begin() as session:
        wrong = binding.confirm(session, me, by_sms, now=NOW + MINUTE)
        assert wrong.outcome is Outcome.WRONG or by_sms == spoken.removeprefix(SPOKEN)
        told = binding.confirm(session, me, spoken.removeprefix(SPOKEN), now=NOW + MINUTE)
    assert told.outcome is Outcome.BOUND
    assert len(bound(database)) == 2
    assert again(database, me, NOW + 3 * MINUTE) == (Outcome.NOTHING_OPEN, None)


def test_nothing_is_said_where_nothing_was_asked_lately(database: Database, me: int) -> None:
    assert again(database, me, NOW) == (Outcome.NOTHING_OPEN, None)
    start(database, me, NUMBERS[0])
    assert again(database, me, NOW + 31 * MINUTE) == (Outcome.NOTHING_OPEN, None)


def test_miss_hears_the_same_and_nobody_is_called(database: Database, me: int) -> None:
    start(database, me, "鲁DA631999999")
    assert again(database, me, NOW + MINUTE / 2) == (None, NOW + MINUTE)
    assert again(database, me, NOW + MINUTE) == (None, None)
    assert codes(database) == []


def test_calls_and_sms_share_the_limits_of_the_phone(database: Database, me: int) -> None:
    start(database, me, NUMBERS[0])
    for minute in range(1, 9):
        again(database, me, NOW + minute * 2 * MINUTE)
    assert len(codes(database)) == 5  # an hour, however they are told


class Played:
    """A platform that remembers what it was asked for."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.sent: list[SmsMessage] = []

    def speak(self, phone: str, code: str, out_id: str) -> str:
        self.rung.append(code)
        return "call-1"

    def send(self, message: SmsMessage) -> str:
        self.sent.append(message)
        return "sms-1"

    def find(self, phone: str, out_id: str, sent_on: object) -> None:
        return None

    def close(self) -> None:
        pass


def test_phone_rings_once_and_gets_an_sms_where_nobody_calls(database: Database, me: int) -> None:
    start(database, me, NUMBERS[0])
    again(database, me, NOW + MINUTE)
    with database.read() as session:
        last = session.execute(select(Delivery.id).order_by(Delivery.id.desc()).limit(1)).scalar_one()
        told = contents.code_contents(session, [last])[last]
    played, wordings = Played(), CurrentWordings(sms_templates.load().values())
    claimed = ClaimedDelivery(last, Channel.SMS, MessageKind.CODE, 1, "d1e0", is_repeat=False)
    assert SmsCarrier(played, wordings, played).hand_over(claimed, told) == "call-1"
    assert (played.rung, played.sent) == ([told.code], [])
    repeat = ClaimedDelivery(last, Channel.SMS, MessageKind.CODE, 2, "d1e0", is_repeat=True)
    with pytest.raises(NotAccepted) as refusal:
        SmsCarrier(played, wordings, played).hand_over(repeat, told)
    assert refusal.value.outcome is SendOutcome.UNSAYABLE
    assert SmsCarrier(played, wordings).hand_over(claimed, told) == "sms-1"
    assert told.code in played.sent[0].text
