"""A storm of receipts, a tenth of them doubled and all shuffled: ours in batches against one at a time."""

import random
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import clock, receipts
from reminders.db import Database
from reminders.rules.delivery_rules import ANY_TIME, ReceiptStatus
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, ProviderEvent
from tests.bench import ground
from tests.bench.ground import CHUNK, NOW
from tests.bench.measure import Sample, Sizes, check, compare, timed

DOUBLED_EVERY = 10
ONE_BY_ONE = 200  # the baseline's receipts a round
STORM = 100_000
LATER = NOW + timedelta(seconds=60)


def run(sizes: Sizes) -> None:
    messages = sizes.pick(STORM, 2_000)
    with ground.databases() as found:
        for name, database in found:
            fill(database, messages)
            compare(
                f"receipts, a storm of {messages:,}, {name}",
                _again(database, ours, messages),
                _again(database, one_by_one, ONE_BY_ONE),
                rounds=sizes.rounds,
                goal="≥ 833 /s (100,000 within 2 minutes)",
            )


def fill(database: Database, messages: int) -> None:
    """As many accepted messages, each to a person of its own, and the receipts for them in the inbox."""
    for start in range(1, messages + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, messages + 1))
        with database.begin() as session:
            session.execute(insert(Follower), [_follower(database, n) for n in numbers])
            session.execute(insert(Delivery), [_accepted(database, n) for n in numbers])
    stored = _store(database, messages)
    check(stored == messages, f"{stored} receipts in the inbox instead of {messages}")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def ours(database: Database) -> int:
    """As the clock does it: again at once while a full batch was found."""
    matched, total = receipts.BATCH, 0
    while matched >= receipts.BATCH:
        with database.begin() as session:
            matched = receipts.sweep(session, sending_hours=ANY_TIME, now=LATER)
        total += matched
    return total


def one_by_one(database: Database) -> int:
    """What a callback does that settles its message itself: two look-ups, two writes and a commit each."""
    with Session(database.engine) as session:
        for event in session.execute(select(ProviderEvent).limit(ONE_BY_ONE)).scalars().all():
            delivery = session.execute(
                select(Delivery).filter_by(channel=event.channel, provider_msgid=event.provider_msgid)
            ).scalar_one()
            delivery.state, delivery.final_at = DeliveryState.DELIVERED, LATER
            event.matched_delivery_id, event.matched_at = delivery.id, LATER
            session.commit()
    return ONE_BY_ONE


def _again(database: Database, work: Callable[[Database], int], wanted: int) -> Callable[[], Sample]:
    """Measures `work` on receipts that nobody matched yet."""

    def measured() -> Sample:
        with database.begin() as session:
            session.execute(update(Delivery).values(state=DeliveryState.ACCEPTED, final_at=None))
            session.execute(update(ProviderEvent).values(matched_delivery_id=None, matched_at=None))
        sample = timed(lambda: work(database))
        with database.read() as session:
            told = session.execute(
                select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.DELIVERED)
            ).scalar_one()
        check(sample.items == told == wanted, f"{told} messages settled instead of {wanted}")
        return sample

    return measured


def _store(database: Database, messages: int) -> int:
    """Every tenth receipt comes twice; the inbox keeps one of them. Returns how many it holds."""
    numbers = [*range(1, messages + 1), *range(1, messages + 1, DOUBLED_EVERY)]
    random.Random(7).shuffle(numbers)
    for start in range(0, len(numbers), CHUNK):
        with database.begin() as session:
            dialect = session.get_bind().dialect.name
            insert_once = postgresql.insert if dialect == "postgresql" else sqlite.insert
            rows = [_event(database, n) for n in numbers[start : start + CHUNK]]
            session.execute(insert_once(ProviderEvent).on_conflict_do_nothing(), rows)
    with database.read() as session:
        return session.execute(select(func.count()).select_from(ProviderEvent)).scalar_one()


def _hash(database: Database, n: int) -> str:
    return database.vault.blind(f"openid:{ground.openid(n)}")


def _follower(database: Database, n: int) -> dict[str, object]:
    names = {"id": n, "openid": ground.openid(n), "openid_hash": _hash(database, n)}
    return names | {"followed_at": NOW, "push_stopped_reason": "", "created_at": NOW}


def _accepted(database: Database, n: int) -> dict[str, object]:
    return {
        "purpose": Purpose.REMINDER, "channel": Channel.WECHAT, "follower_id": n,
        "recipient_hash": _hash(database, n), "for_day": clock.civil_date(NOW),
        "state": DeliveryState.ACCEPTED, "provider_msgid": str(n), "next_at": NOW, "intent_at": NOW,
        "accepted_at": NOW, "created_at": NOW,
    }  # fmt: skip


def _event(database: Database, n: int) -> dict[str, object]:
    return {
        "channel": Channel.WECHAT, "recipient_hash": _hash(database, n), "provider_msgid": str(n),
        "status": ReceiptStatus.SUCCESS, "digest": f"{n:064d}", "received_at": NOW,
    }  # fmt: skip
