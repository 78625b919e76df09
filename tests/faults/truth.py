"""Asks the invariants: what people were really shown against what the database says of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select, text

from reminders import audit
from reminders.db import Database
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.settling import FENCED
from reminders.tables.deliveries import Delivery, DeliveryAttempt, ProviderEvent
from tests.faults.town import name_of

EXCUSED = {
    DeliveryState.CANCELLED,
    DeliveryState.BLOCKED,
    DeliveryState.REVIEW,
    DeliveryState.UNDELIVERABLE,
    DeliveryState.REFUSED,
}
HANDED_OVER = {DeliveryState.ACCEPTED, DeliveryState.DELIVERED}
UNDER_WAY = {DeliveryState.READY, DeliveryState.SENDING, DeliveryState.UNKNOWN}


@dataclass(frozen=True)
class Line:
    """One message that a person was really shown."""

    person: str
    key: str
    msgid: str
    at: float


@dataclass
class Verdict:
    """The figures of the last line, and every broken promise in words."""

    reminders: int = 0
    lost: int = 0
    doubled: int = 0
    recovery_s: float = 0.0
    fenced: int = 0
    retried: int = 0
    states: Counter[str] = field(default_factory=Counter)
    first_at: float = 0.0
    last_at: float = 0.0
    slow_p99_s: float = 0.0
    faults: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)

    def blame(self, name: str, found: list[str]) -> None:
        if found:
            self.faults.append(f"{name}: {len(found)}, such as {', '.join(found[:5])}")


@dataclass(frozen=True)
class Rows:
    """The sending queue as it stands, by the id of the message."""

    deliveries: Mapping[int, "Sent"]
    attempts: Mapping[int, list[Row[Any]]]


def judge(
    database: Database,
    lines: list[Line],
    people: int,
    changed: Mapping[int, float],
    channel: Channel = Channel.WECHAT,
) -> Verdict:
    """`changed`: person → the moment from which nothing was to be said to them any more."""
    rows, verdict = _rows(database, channel), Verdict(reminders=people)
    by_key: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_key[line.key].append(line)
    shown = {id: [line for e in range(row.epoch + 1) for line in by_key[f"d{id}e{e}"]]
             for id, row in rows.deliveries.items()}  # fmt: skip
    verdict.states = Counter(str(row.state) for row in rows.deliveries.values())
    _people(verdict, rows, lines, [name_of(channel, n) for n in range(1, people + 1) if n not in changed])
    _no_loss_and_no_lie(verdict, rows, shown)
    _doubled(verdict, rows, shown, lines)
    _ghosts_and_write_ahead(verdict, rows, shown, changed)
    _fences(verdict, rows)
    _recovery(verdict, rows)
    _speed(verdict, rows, shown, lines)
    _settled(verdict, rows, database)
    verdict.stories = [story(rows, id, shown[id]) for id, row in rows.deliveries.items() if row.epoch][:5]
    return verdict


def story(rows: Rows, id: int, shown: list[Line]) -> str:
    """What happened to one message, for whoever has to find out why."""
    row = rows.deliveries[id]
    steps = [(a.intent_at.timestamp(), f"claim e{a.epoch} f{a.fence}") for a in rows.attempts[id]]
    steps += [
        (a.ended_at.timestamp(), f"{a.result} {a.errcode}")
        for a in rows.attempts[id]
        if a.ended_at is not None
    ]
    steps += [(line.at, f"SHOWN {line.key}") for line in shown]
    steps.sort()
    told = "; ".join(f"{at - steps[0][0]:.2f} {what}" for at, what in steps)
    return f"{id} is {row.state} ({row.state_reason}) e{row.epoch}: {told}"


def read_log(path: Path, channel: str = "template") -> list[Line]:
    """What the outside world wrote down before it answered."""
    with path.open(encoding="utf-8") as entries:
        found = [json.loads(entry) for entry in entries if '"kind": "shown"' in entry]
    return [
        Line(e.get("openid") or e.get("phone"), e["client_msg_id"], str(e["msgid"]), _seconds(e["at"]))
        for e in found
        if e["channel"] == channel
    ]


class Sent(NamedTuple):
    """What the queue says of one message; `number` and `name` are the person's."""

    id: int
    state: DeliveryState
    state_reason: str
    epoch: int
    dup_risk: bool
    provider_msgid: str | None
    created_at: datetime
    number: int
    name: str


def _rows(database: Database, channel: Channel) -> Rows:
    person = Delivery.contact_id if channel is Channel.SMS else Delivery.follower_id
    with database.read() as session:
        found = session.execute(
            select(
                Delivery.id, Delivery.state, Delivery.state_reason, Delivery.epoch, Delivery.dup_risk,
                Delivery.provider_msgid, Delivery.created_at, person,
            ).where(Delivery.channel == channel)
        ).all()  # fmt: skip
        deliveries = [Sent(*row, name_of(channel, row[-1])) for row in found]
        attempts = session.execute(
            select(
                DeliveryAttempt.delivery_id, DeliveryAttempt.epoch, DeliveryAttempt.fence,
                DeliveryAttempt.intent_at, DeliveryAttempt.ended_at, DeliveryAttempt.result,
                DeliveryAttempt.errcode,
            ).order_by(DeliveryAttempt.delivery_id, DeliveryAttempt.fence)
        ).all()  # fmt: skip
    by_id: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in attempts:
        by_id[row.delivery_id].append(row)
    return Rows({row.id: row for row in deliveries}, by_id)


def _people(verdict: Verdict, rows: Rows, lines: list[Line], wanted: list[str]) -> None:
    """Everybody whose license did not change was planned once, and was told or is in somebody's hands."""
    told = {line.person for line in lines}
    planned = Counter(row.name for row in rows.deliveries.values())
    excused = {row.name for row in rows.deliveries.values() if row.state in EXCUSED}
    lost = [name for name in wanted if name not in told and name not in excused]
    verdict.lost = len(lost)
    verdict.blame("I1 lost", lost)
    verdict.blame("I12 not planned once", [name for name in wanted if planned[name] != 1])


def _no_loss_and_no_lie(verdict: Verdict, rows: Rows, shown: Mapping[int, list[Line]]) -> None:
    loss, lie = [], []
    for id, row in rows.deliveries.items():
        if row.state not in EXCUSED | UNDER_WAY and not shown[id]:
            loss.append(f"{id} {row.state}")
        # A receipt without an id says that it arrived, not under which.
        if row.state in HANDED_OVER and not any(
            line.msgid == (row.provider_msgid or line.msgid) and line.person == row.name for line in shown[id]
        ):
            lie.append(f"{id} {row.state} {row.provider_msgid}")
    verdict.blame("I1 said to be on its way, never shown", loss)
    verdict.blame("I2 the database says more than people saw", lie)


def _doubled(verdict: Verdict, rows: Rows, shown: Mapping[int, list[Line]], lines: list[Line]) -> None:
    verdict.doubled = sum(len(found) - 1 for found in shown.values() if len(found) > 1)
    verdict.blame(
        "I3 doubled without being marked",
        [
            f"{id} ×{len(found)}"
            for id, found in shown.items()
            if len(found) > 1 + rows.deliveries[id].epoch
            or (len(found) > 1 and not rows.deliveries[id].dup_risk)
        ],
    )
    known = {line for found in shown.values() for line in found}
    verdict.blame("I5 shown without a message of ours", [line.key for line in lines if line not in known])


def _ghosts_and_write_ahead(
    verdict: Verdict, rows: Rows, shown: Mapping[int, list[Line]], changed: Mapping[int, float]
) -> None:
    unwritten, ghosts = [], []
    for id, found in shown.items():
        for line in found:
            epoch = int(line.key.partition("e")[2])
            intents = [a.intent_at.timestamp() for a in rows.attempts[id] if a.epoch == epoch]
            if not any(at <= line.at for at in intents):
                unwritten.append(line.key)
            elif min(intents) > changed.get(rows.deliveries[id].number, float("inf")):
                ghosts.append(line.key)
    verdict.blame("I8 shown before it was written down", unwritten)
    verdict.blame("I5 told although it was no longer true", ghosts)


def _fences(verdict: Verdict, rows: Rows) -> None:
    """No answer was written after somebody else had taken the message."""
    late = []
    for id, attempts in rows.attempts.items():
        for earlier, later in pairwise(attempts):
            if earlier.result in ("", FENCED) or earlier.ended_at is None:
                continue
            if earlier.ended_at > later.intent_at:
                late.append(f"{id} fence {earlier.fence}")
        if len({a.fence for a in attempts}) != len(attempts):
            late.append(f"{id} one fence twice")
    verdict.fenced = sum(a.result == FENCED for found in rows.attempts.values() for a in found)
    verdict.blame("I7 written with an old fence", late)


def _recovery(verdict: Verdict, rows: Rows) -> None:
    """From a claim that nobody answered for to the next one under the same id.

    Past the cut-off there is none: the provider would not recognise it, and the message waits for a receipt.
    """
    for attempts in rows.attempts.values():
        for earlier, later in pairwise(attempts):
            if earlier.result == "" and earlier.epoch == later.epoch:
                verdict.retried += 1
                waited = (later.intent_at - earlier.intent_at).total_seconds()
                verdict.recovery_s = max(verdict.recovery_s, waited)


def _speed(verdict: Verdict, rows: Rows, shown: Mapping[int, list[Line]], lines: list[Line]) -> None:
    if not lines:
        return
    verdict.first_at, verdict.last_at = min(line.at for line in lines), max(line.at for line in lines)
    waits = sorted(
        found[0].at - rows.deliveries[id].created_at.timestamp() for id, found in shown.items() if found
    )
    verdict.slow_p99_s = waits[min(int(len(waits) * 0.99), len(waits) - 1)]


def _settled(verdict: Verdict, rows: Rows, database: Database) -> None:
    """Nothing is under way any more, every receipt found its message, the books and the audit hold."""
    verdict.blame(
        "I9 still under way", [f"{id} {r.state}" for id, r in rows.deliveries.items() if r.state in UNDER_WAY]
    )
    known = {str(state) for state in DeliveryState} - {str(state) for state in UNDER_WAY}
    balance = sum(verdict.states[state] for state in known)
    if balance != len(rows.deliveries) and not verdict.faults:
        verdict.faults.append(f"I10 the books do not balance: {balance} of {len(rows.deliveries)}")
    with database.read() as session:
        open_events = session.execute(
            select(func.count()).select_from(ProviderEvent).where(ProviderEvent.matched_at.is_(None))
        ).scalar_one()
        broken = audit.first_broken_link(session)
    if open_events:
        verdict.faults.append(f"I11 receipts that belong to no message: {open_events}")
    if broken is not None:
        verdict.faults.append(f"I15 the audit chain breaks at {broken}")
    problem = integrity(database)
    if problem:
        verdict.faults.append(f"I16 the database is damaged: {problem}")


def integrity(database: Database) -> str:
    """An empty text when tables and indexes agree."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.execute(text("PRAGMA integrity_check")).scalar_one()
            return "" if found == "ok" else str(found)
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
        connection.execute(
            text(
                "SELECT bt_index_check(c.oid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE a.amname = 'btree' AND n.nspname = 'public' AND i.indisvalid"
            )
        )
        connection.rollback()
    return ""


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
