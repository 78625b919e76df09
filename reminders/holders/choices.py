"""What a holder chooses for one license, or all of theirs: by which ways, and how often, it is reminded."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import audit, reach, resting
from reminders.errors import NotFound
from reminders.holders.own_licenses import NOT_FOUND
from reminders.rules import permissions
from reminders.rules.lifecycle import Channel, Stage
from reminders.rules.routing import FIRST_BY_WECHAT, next_channel
from reminders.tables.bindings import Binding
from reminders.tables.choices import LicenseChoice
from reminders.tables.deliveries import Delivery, Reminder


@dataclass(frozen=True)
class Choices:
    """`wechat` is this person's own; the others count for everybody bound to the license."""

    wechat: bool = True
    sms: bool = True
    calls: bool = True
    fewer: bool = False


def choices(session: Session, follower_id: int, license_id: int) -> Choices:
    """Raises NotFound for a license that is not bound to them."""
    off_at = session.execute(_mine(select(Binding.wechat_off_at), follower_id, license_id)).first()
    if off_at is None:
        raise NotFound(NOT_FOUND)
    row = session.get(LicenseChoice, license_id)
    if row is None:
        return Choices(wechat=off_at[0] is None)
    return Choices(off_at[0] is None, not row.no_sms, not row.no_calls, row.fewer)


def choose(
    session: Session, follower_id: int, license_id: int, chosen: Choices, *, everything: bool, now: datetime
) -> int:
    """For this license, or everything bound to them; returns for how many. What waits goes another way.

    Raises NotFound as `choices` does.
    """
    choices(session, follower_id, license_id)
    ids = list(
        session.execute(
            _mine(select(Binding.license_id), follower_id, None if everything else license_id)
        ).scalars()
    )
    apply_to(session, follower_id, ids, chosen, now=now)
    return len(ids)


def apply_to(session: Session, follower_id: int, ids: list[int], chosen: Choices, *, now: datetime) -> None:
    """For these licenses, all of them bound to this person."""
    session.execute(
        update(Binding)
        .where(Binding.follower_id == follower_id, Binding.license_id.in_(ids), Binding.unbound_at.is_(None))
        .values(wechat_off_at=None if chosen.wechat else now)
        .execution_options(synchronize_session=False)
    )
    _write(session, follower_id, ids, chosen, now)
    for is_on, waiting in _ways(follower_id, chosen):
        concerned = and_(Reminder.license_id.in_(ids), waiting)
        if is_on:
            resting.accept_again(session, concerned)
        else:
            resting.decline(session, concerned, now=now)
    actor = permissions.follower(follower_id)
    detail = asdict(chosen) | {"license_ids": ids[:50], "licenses": len(ids)}
    audit.record(session, "license.choose", actor.ref, detail, actor=actor, now=now)


def is_reached(session: Session, license_id: int) -> bool:
    """Whether a reminder would reach anybody, by the rule for the first one; else it is a person's task."""
    found = reach.of_licenses(session, [license_id])[license_id]
    first = next_channel(
        Stage.FIRST, found.method, reachable=found.channels, tried=(), declined=found.declined
    )
    is_prompt_only = first is Channel.BUSINESS_SYSTEM and found.method is not Channel.BUSINESS_SYSTEM
    return first is not None and not is_prompt_only


def _ways(follower_id: int, chosen: Choices) -> list[tuple[bool, ColumnElement[bool]]]:
    """Each way, whether it is wanted, and what of the queue travels on it."""
    to_me = and_(Delivery.follower_id == follower_id, Delivery.channel.in_(FIRST_BY_WECHAT))
    by_call = and_(Delivery.channel == Channel.PHONE, Reminder.stage != Stage.HUMAN)
    return [
        (chosen.wechat, to_me),
        (chosen.sms, Delivery.channel == Channel.SMS),
        (chosen.calls, by_call),
    ]


def _write(session: Session, follower_id: int, ids: list[int], chosen: Choices, now: datetime) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {
        "no_sms": not chosen.sms,
        "no_calls": not chosen.calls,
        "fewer": chosen.fewer,
        "follower_id": follower_id,
        "changed_at": now,
    }
    statement = insert(LicenseChoice).on_conflict_do_update(index_elements=["license_id"], set_=values)
    session.execute(statement, [values | {"license_id": license_id} for license_id in ids])


def _mine(
    query: Select[*tuple[Any, ...]], follower_id: int, license_id: int | None
) -> Select[*tuple[Any, ...]]:
    return query.where(
        Binding.follower_id == follower_id,
        Binding.unbound_at.is_(None),
        literal(True) if license_id is None else Binding.license_id == license_id,
    )
