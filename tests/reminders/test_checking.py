"""A check code is confirmed when its message may have left, and tells nothing about anybody."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from reminders import checking, clock, contents
from reminders.checking import TRIES, Told
from reminders.db import Database
from reminders.errors import Invalid, LimitReached
from reminders.rules import check_code
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.deliveries import Delivery
from tests import builders, builders_queue
from tests.builders import NOW

ASKER = "address:192.0.2.1"
SENT_AT = NOW + timedelta(hours=15)  # midnight in Weihai


def sent(session: Session, *, licenses: int = 1, **more: Any) -> Delivery:
    """A message that left, unless `more` says otherwise."""
    row = builders_queue.delivery(session, licenses=licenses)
    row.state, row.intent_at, row.accepted_at = DeliveryState.ACCEPTED, NOW, SENT_AT
    for name, value in more.items():
        setattr(row, name, value)
    session.flush()
    return row


def code_of(session: Session, row: Delivery) -> str:
    return contents.reminder_contents(session, [row.id])[row.id].check_code


def ask(session: Session, code: str, **more: Any) -> Told | None:
    return checking.check(session, code, asker=ASKER, now=NOW, **more)


def test_code_in_the_message_is_confirmed_with_day_channel_and_kinds(database: Database) -> None:
    with database.begin() as session:
        row = sent(session, licenses=2)
        code = code_of(session, row)
        told = ask(session, code.lower().replace("-", " "))
        assert told is not None
        assert (told.code, told.channel, told.licenses) == (code, Channel.WECHAT, 2)
        assert told.sent_on == clock.civil_date(SENT_AT) == clock.civil_date(NOW) + timedelta(days=1)
        assert len(told.license_names) == 2


def test_nothing_personal_is_told(database: Database) -> None:
    with database.begin() as session:
        row = sent(session)
        told = ask(session, code_of(session, row))
        for secret in ("药房", "鲁示例", "138", "o-example", row.recipient_hash):
            assert secret not in str(told)


@pytest.mark.parametrize("state", [s for s in DeliveryState if s is not DeliveryState.SENDING])
def test_only_what_may_have_left_is_confirmed(database: Database, state: DeliveryState) -> None:
    left = {"accepted", "delivered", "unconfirmed", "unknown", "review"}
    with database.begin() as session:
        doubt = NOW if state is DeliveryState.UNKNOWN else None
        row = sent(session, state=state, accepted_at=None, ambiguous_since=doubt)
        assert (ask(session, code_of(session, row)) is not None) is (state in left)


def test_message_under_way_is_confirmed(database: Database) -> None:
    """People read faster than we settle; whoever has the code has it from the message."""
    with database.begin() as session:
        row = sent(session, state=DeliveryState.SENDING, lease_until=NOW, accepted_at=None)
        assert ask(session, code_of(session, row)) is not None


@pytest.mark.parametrize("doubt", [{"dup_risk": True}, {"ambiguous_since": NOW}])
def test_message_given_up_after_a_doubtful_try_is_confirmed(
    database: Database, doubt: dict[str, Any]
) -> None:
    with database.begin() as session:
        row = sent(session, state=DeliveryState.UNDELIVERABLE, accepted_at=None, **doubt)
        assert ask(session, code_of(session, row)) is not None


def test_message_that_was_never_claimed_is_not_confirmed(database: Database) -> None:
    with database.begin() as session:
        row = builders_queue.delivery(session)
        assert ask(session, code_of(session, row)) is None


def test_code_of_a_message_that_does_not_exist_is_not_confirmed(database: Database) -> None:
    with database.begin() as session:
        assert ask(session, check_code.encode(987_654, database.vault.blind)) is None
        assert ask(session, "7K3M2-QXP9T") is None


def test_one_time_code_has_no_check_code(database: Database) -> None:
    with database.begin() as session:
        row = builders_queue.code(session)
        row.state, row.intent_at = DeliveryState.ACCEPTED, NOW
        session.flush()
        assert ask(session, check_code.encode(row.id, database.vault.blind)) is None


def test_what_was_left_out_of_the_message_is_not_told(database: Database) -> None:
    with database.begin() as session:
        row = sent(session)
        dropped = builders_queue.add_item(
            session, row, builders_queue.bound_license(session, builders.follower(session))
        )
        dropped.dropped_reason = "unbound"
        session.flush()
        told = ask(session, code_of(session, row))
        assert told is not None
        assert (told.licenses, len(told.license_names)) == (1, 1)


def test_follower_hears_whether_the_message_was_theirs(database: Database) -> None:
    with database.begin() as session:
        row, stranger = sent(session), builders.follower(session)
        code = code_of(session, row)
        told = [ask(session, code, follower_id=who) for who in (row.follower_id, stranger.id, None)]
        assert [answer and answer.is_yours for answer in told] == [True, False, None]


def test_short_message_is_confirmed_without_guessing_whose_it_is(database: Database) -> None:
    with database.begin() as session:
        contact, asker = builders.contact(session), builders.follower(session)
        row = sent(
            session,
            channel=Channel.SMS,
            follower_id=None,
            contact_id=contact.id,
            recipient_hash=contact.phone_hash,
        )
        told = ask(session, check_code.encode(row.id, database.vault.blind), follower_id=asker.id)
        assert told is not None
        assert (told.channel, told.licenses, told.is_yours) == (Channel.SMS, 1, None)


def test_what_is_no_code_is_refused_with_an_example(database: Database) -> None:
    with database.begin() as session, pytest.raises(Invalid, match="7K3M2-QXP9T"):
        ask(session, "7K3M2")


def test_tries_are_counted_for_each_asker_whatever_they_find(database: Database) -> None:
    with database.begin() as session:
        code = code_of(session, sent(session))
        checking.refuse_if_used_up(session, ASKER, now=NOW)
        for _ in range(TRIES.most):
            ask(session, "7K3M2-QXP9T")
        for attempt in (
            lambda: ask(session, code),
            lambda: checking.refuse_if_used_up(session, ASKER, now=NOW),
        ):
            with pytest.raises(LimitReached, match="10 分钟"):
                attempt()
        assert checking.check(session, code, asker="address:192.0.2.2", now=NOW) is not None
        assert checking.check(session, code, asker=ASKER, now=NOW + TRIES.span) is not None


def test_page_shows_the_code_of_the_last_message_about_the_license(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        license = builders_queue.bound_license(session, person)
        assert checking.last_message(session, person.openid_hash, license.id) is None
        rows = []
        for day in range(3):
            row = builders_queue.delivery(
                session, follower=person, licenses=0, for_day=clock.civil_date(NOW) + timedelta(days=day)
            )
            builders_queue.add_item(session, row, license, stage=list(builders_queue.Stage)[day])
            row.state, row.intent_at = DeliveryState.DELIVERED, NOW + timedelta(days=day)
            session.flush()
            rows.append(row)
        rows[2].state, rows[2].intent_at = DeliveryState.READY, None
        session.flush()
        found = checking.last_message(session, person.openid_hash, license.id)
        assert found is not None
        assert found.code == code_of(session, rows[1])
        assert found.sent_on == clock.civil_date(NOW) + timedelta(days=1)
        stranger = builders.follower(session)
        assert checking.last_message(session, stranger.openid_hash, license.id) is None
