"""What doors ask of the sending queue: is anything due, the receipt inbox, the brake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import audit, brakes, roads
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.cures import cure
from reminders.rules.delivery_rules import (
    NEVER_REPEATED,
    SENT_BY_MACHINE,
    Hours,
    ReceiptStatus,
    in_hours,
)
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import WAITING, Circuit, Delivery, PlannerRun, ProviderEvent, Switch


@dataclass(frozen=True)
class OpenCircuit:
    """`cure` is what a person does about it, in Chinese."""

    name: str
    reason: str
    opened_at: datetime
    until: datetime | None
    cure: str


@dataclass(frozen=True)
class SendingStatus:
    """Where sending stands; `waiting` counts messages that want to leave, by channel."""

    is_on: bool
    reason: str
    changed_by: str
    changed_at: datetime | None
    circuits: tuple[OpenCircuit, ...]
    waiting: dict[Channel, int]
    blocked: int
    review: int


def recipient_hash(session: Session, openid: str) -> str:
    """How a follower is named in the queue and in the inbox."""
    return vault_of(session).blind(f"openid:{openid}")


def phone_hash(session: Session, phone: str) -> str:
    """How a phone is named in the queue and in the inbox; `phone` as rules.identity normalises it."""
    return vault_of(session).blind(phone)


def store_receipt(
    session: Session,
    *,
    openid: str,
    msgid: str,
    status: str,
    digest: str,
    now: datetime,
) -> bool:
    """Puts one TEMPLATESENDJOBFINISH into the inbox; False when this very event is there already.

    `digest` covers the whole event: person, MsgID and status. Matching happens later, in batches.
    """
    person = recipient_hash(session, openid)
    return _store(session, Channel.WECHAT, person, msgid, status, digest, now)


def store_notice_receipt(
    session: Session,
    *,
    openid: str,
    template_id: str,
    msgid: str,
    status: ReceiptStatus,
    digest: str,
    now: datetime,
) -> bool:
    """The same for a subscription notice; one of another template is none of ours."""
    if template_id != roads.template_of(session, Channel.SUBSCRIPTION):
        return False
    person = recipient_hash(session, openid)
    return _store(session, Channel.SUBSCRIPTION, person, msgid, status, digest, now)


def store_sms_report(
    session: Session, *, provider: str, phone: str, msgid: str, status: ReceiptStatus, now: datetime
) -> bool:
    """The same for what an SMS platform reports, in our own words for its status.

    The digest is a keyed one: eleven digits behind a plain one are found in an hour.
    """
    digest = vault_of(session).blind("\n".join(("sms-report", provider, phone, msgid, status)))
    return _store(session, Channel.SMS, phone_hash(session, phone), msgid, status, digest, now)


def _store(
    session: Session,
    channel: Channel,
    person: str,
    msgid: str,
    status: str,
    digest: str,
    now: datetime,
) -> bool:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(ProviderEvent).values(
        channel=channel,
        recipient_hash=person,
        provider_msgid=msgid[:64],
        status=status[:64],
        digest=digest,
        received_at=now,
    )
    stored = session.execute(
        statement.on_conflict_do_nothing(index_elements=["digest"]).returning(ProviderEvent.id)
    )
    return stored.scalar_one_or_none() is not None


def due(session: Session, *, sending_hours: Hours, now: datetime) -> bool:
    """Whether a claim made now could find anything."""
    if not brakes.sending_is_on(session):
        return False
    circuits = brakes.open_circuits(session, now=now)
    channels = [channel for channel in SENT_BY_MACHINE if brakes.whole_channel(channel) not in circuits]
    fresh = [channel for channel in channels if brakes.fresh_sends(channel) not in circuits]
    repeatable = [channel for channel in channels if channel not in NEVER_REPEATED]
    disturbing = list(Purpose) if in_hours(now, sending_hours) else [Purpose.CODE]
    claimable = or_(
        and_(Delivery.state == DeliveryState.UNKNOWN, Delivery.channel.in_(repeatable)),
        and_(
            Delivery.state == DeliveryState.READY,
            Delivery.channel.in_(fresh),
            Delivery.purpose.in_(disturbing),
        ),
    )
    found = select(exists().where(WAITING, Delivery.next_at <= now, claimable))
    return bool(session.execute(found).scalar())


def stop_sending(session: Session, reason: str, *, actor: Actor, now: datetime) -> None:
    """Pulls the brake; messages under way finish, no new one starts. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid("请写明停止发送的原因。")
    brakes.switch_sending(session, is_on=False, reason=reason.strip(), actor=actor, now=now)
    audit.record(session, "sending.stop", "switch:sending", {"reason": reason.strip()}, actor=actor, now=now)


def start_sending(session: Session, *, actor: Actor, now: datetime) -> None:
    brakes.switch_sending(session, is_on=True, reason="", actor=actor, now=now)
    audit.record(session, "sending.start", "switch:sending", actor=actor, now=now)


def sending_status(session: Session, *, now: datetime) -> SendingStatus:
    switch = session.get(Switch, brakes.SENDING)
    circuits = session.execute(
        select(Circuit).where(or_(Circuit.until.is_(None), Circuit.until > now)).order_by(Circuit.name)
    ).scalars()
    return SendingStatus(
        is_on=switch is None or switch.is_on,
        reason=switch.reason if switch else "",
        changed_by=switch.changed_by if switch else "",
        changed_at=switch.changed_at if switch else None,
        circuits=tuple(OpenCircuit(c.name, c.reason, c.opened_at, c.until, cure(c.reason)) for c in circuits),
        waiting=_waiting(session),
        blocked=_count(session, DeliveryState.BLOCKED),
        review=_count(session, DeliveryState.REVIEW),
    )


def close_circuit(session: Session, name: str, *, actor: Actor, now: datetime) -> int:
    """A person mended the fault: closes the circuit and lets blocked messages go; their number is returned.

    Raises NotFound when no circuit has this name.
    """
    number = brakes.mend(session, name, now=now)
    if number is None:
        raise NotFound(f"没有名为 {name} 的断路器，可先运行 reminders sending status 查看。")
    audit.record(session, "circuit.close", f"circuit:{name}", {"freed": number}, actor=actor, now=now)
    return number


def last_planned(session: Session) -> datetime | None:
    """When a planning run last came to its end."""
    return session.execute(select(func.max(PlannerRun.finished_at))).scalar_one()


def _waiting(session: Session) -> dict[Channel, int]:
    found = session.execute(
        select(Delivery.channel, func.count().label("waiting"))
        .where(Delivery.state.in_((DeliveryState.READY, DeliveryState.UNKNOWN, DeliveryState.SENDING)))
        .group_by(Delivery.channel)
    )
    return {row.channel: row.waiting for row in found}


def _count(session: Session, state: DeliveryState) -> int:
    return session.execute(
        select(func.count()).select_from(Delivery).where(Delivery.state == state)
    ).scalar_one()
