"""Writes down what became of a send; every statement asks for the fence that the claim was given."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, BindParameter, ScalarSelect, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from reminders import brakes, fallback, refusals
from reminders.rules.delivery_rules import (
    ACCOUNT_PAUSE,
    OUTAGE_PAUSE,
    Hours,
    SendOutcome,
    SendResult,
    is_asked_enough,
    is_outage,
    next_midnight,
)
from reminders.rules.delivery_states import Standing, settled, template_circuit
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.settling.expiring import (
    expire_codes,
    expire_tidings,
    expire_unknown,
    leave_resting,
    reap,
    release_unblocked,
    under_a_new_id,
)
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import (
    SENDING,
    Delivery,
    DeliveryAttempt,
)
from reminders.tables.holders import Contact

__all__ = [
    "expire_codes",
    "expire_tidings",
    "expire_unknown",
    "finish",
    "leave_resting",
    "reap",
    "release_unblocked",
]

FENCED = "fenced"
SAID: BindParameter[int] = bindparam("said", type_=BigInteger())
COLUMNS = [field.name for field in fields(Standing) if field.name not in ("id", "purpose", "tries")]
STANDING = [getattr(Delivery, {"tries": "attempt"}.get(field.name, field.name)) for field in fields(Standing)]


def finish(
    session: Session,
    channel: Channel,
    results: Sequence[SendResult],
    *,
    sending_hours: Hours,
    now: datetime,
) -> int:
    """Settles many answers in one transaction; returns how many came too late and changed nothing."""
    wanted = [result for result in results if result.outcome is not SendOutcome.ABANDONED]
    held = _held(session, wanted)
    live = [result for result in wanted if result.delivery_id in held]
    after = [
        (
            result,
            settled(held[result.delivery_id], result, channel=channel, sending_hours=sending_hours, now=now),
        )
        for result in live
    ]
    _write(session, held, after)
    _write_attempts(session, wanted, held.keys(), now)
    _open_circuits(session, channel, live, now)
    _close_the_door(session, channel, live, now)
    asked = [
        r.delivery_id
        for r in live
        if r.outcome is SendOutcome.NOT_FOUND and is_asked_enough(held[r.delivery_id].tries)
    ]
    if asked:
        under_a_new_id(session, Delivery.id.in_(asked), sending_hours, now)
    lost = [
        s.id for _, s in after if s.state is DeliveryState.UNDELIVERABLE and s.purpose is not Purpose.CODE
    ]
    fallback.move_on(session, lost, sending_hours=sending_hours, now=now)
    return len(wanted) - len(live)


def _held(session: Session, results: Sequence[SendResult]) -> dict[int, Standing]:
    """Rows that are still in the hands of the sender these answers came to, locked until the commit."""
    fences = {result.delivery_id: result.fence for result in results}
    found = session.execute(
        select(Delivery.fence, *STANDING)
        .where(Delivery.id.in_(fences), Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )
    standings = ((fence, Standing(*columns)) for fence, *columns in found)
    return {standing.id: standing for fence, standing in standings if fence == fences[standing.id]}


def _write(
    session: Session, held: Mapping[int, Standing], after: Sequence[tuple[SendResult, Standing]]
) -> None:
    """One statement for all messages that changed alike; only what changed is written, to spare indexes."""
    alike: dict[tuple[str, ...], list[tuple[SendResult, Standing]]] = {}
    for result, standing in after:
        before = held[standing.id]
        changed = tuple(name for name in COLUMNS if getattr(standing, name) != getattr(before, name))
        alike.setdefault(changed, []).append((result, standing))
    for changed, group in alike.items():
        session.execute(
            update(cast(Table, Delivery.__table__))
            .where(Delivery.id == bindparam("its_id"), Delivery.fence == bindparam("its_fence"), SENDING)
            .values({name: bindparam(f"new_{name}", type_=getattr(Delivery, name).type) for name in changed})
            .values(lease_owner=None, lease_until=None)
            .values(said_version_id=func.coalesce(SAID, Delivery.said_version_id)),
            [
                {f"new_{name}": getattr(standing, name) for name in changed}
                | {"its_id": result.delivery_id, "its_fence": result.fence, "said": result.version_id}
                for result, standing in group
            ],
        )
    codes = [s.id for _, s in after if s.purpose is Purpose.CODE and s.final_at is not None]
    if codes:
        session.execute(update(Delivery).where(Delivery.id.in_(codes)).values(payload_cipher=None))


def _write_attempts(
    session: Session, results: Sequence[SendResult], live: Container[int], now: datetime
) -> None:
    """Answers alike in one statement, after `_write`: the delivery holds the provider's id already."""
    alike: dict[tuple[SendOutcome, str, str], list[int]] = {}
    for result in results:
        if result.delivery_id in live:
            alike.setdefault((result.outcome, result.code, result.rid), []).append(result.delivery_id)
    for (outcome, code, rid), ids in alike.items():
        its_msgid = select(Delivery.provider_msgid).where(Delivery.id == DeliveryAttempt.delivery_id)
        words = {"result": str(outcome), "errcode": code[:32], "rid": rid[:64], "ended_at": now}
        if outcome is SendOutcome.ACCEPTED:
            words["provider_msgid"] = its_msgid.scalar_subquery()
        session.execute(
            update(cast(Table, DeliveryAttempt.__table__))
            .where(DeliveryAttempt.delivery_id.in_(ids), DeliveryAttempt.fence == _its_fence())
            .values(words)
        )
    _write_late(session, [result for result in results if result.delivery_id not in live], now)


def _its_fence() -> ScalarSelect[int]:
    return select(Delivery.fence).where(Delivery.id == DeliveryAttempt.delivery_id).scalar_subquery()


def _write_late(session: Session, results: Sequence[SendResult], now: datetime) -> None:
    """Answers to claims that somebody else took over, or that the reaper ended."""
    for result in results:
        session.execute(
            update(cast(Table, DeliveryAttempt.__table__))
            .where(DeliveryAttempt.delivery_id == result.delivery_id, DeliveryAttempt.fence == result.fence)
            .values(result=FENCED, errcode=result.code[:32], rid=result.rid[:64], ended_at=now)
            .values(provider_msgid=result.msgid)
        )


def _open_circuits(session: Session, channel: Channel, results: Sequence[SendResult], now: datetime) -> None:
    for result in {(r.outcome, r.kind): r for r in results}.values():
        reason = f"{result.code} {result.rid}".strip()
        match result.outcome:
            case SendOutcome.CONFIG_FAULT:
                name = template_circuit(channel, result.kind)
                brakes.open_circuit(session, name, reason, None, now=now)
            case SendOutcome.ACCOUNT_FAULT:
                name = brakes.whole_channel(channel)
                brakes.open_circuit(session, name, reason, now + ACCOUNT_PAUSE, now=now)
            case SendOutcome.QUOTA:
                name = brakes.whole_channel(channel)
                brakes.open_circuit(session, name, reason, next_midnight(now), now=now)
    failed = sum(result.outcome in (SendOutcome.UNKNOWN, SendOutcome.NOT_SENT) for result in results)
    if is_outage(len(results), failed):
        brakes.open_circuit(session, brakes.fresh_sends(channel), "outage", now + OUTAGE_PAUSE, now=now)


def _close_the_door(session: Session, channel: Channel, results: Sequence[SendResult], now: datetime) -> None:
    """Whoever refuses a channel is not told by it again, until they speak, follow or agree once more."""
    refused = {r.delivery_id: r.code for r in results if r.outcome is SendOutcome.PERSON_REFUSED}
    if not refused:
        return
    if channel is Channel.SUBSCRIPTION:
        refusals.use_up_grants(session, refused, now=now)
    elif channel is Channel.SMS:
        contacts = select(Delivery.contact_id).where(
            Delivery.id.in_(refused), Delivery.purpose != Purpose.CODE
        )
        session.execute(
            update(Contact)
            .where(Contact.id.in_(contacts))
            .values(is_mobile=False)
            .execution_options(synchronize_session=False)
        )
    elif channel is Channel.WECHAT:
        found = session.execute(
            select(Delivery.id, Delivery.follower_id).where(
                Delivery.id.in_(refused), Delivery.follower_id.is_not(None)
            )
        )
        for delivery_id, follower_id in found.all():
            session.execute(
                update(Follower)
                .where(Follower.id == follower_id)
                .values(push_stopped_at=now, push_stopped_reason=refused[delivery_id][:64])
            )
