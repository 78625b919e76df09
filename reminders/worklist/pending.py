"""Lists the calls that wait, each with its script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from reminders import calls, clock, wordings
from reminders.db import vault_of
from reminders.rules.call_script import script
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import CallOutcome, Channel
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.wordings import TemplateKind, Wording
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact
from reminders.worklist import access
from reminders.worklist.items import WorkItem, items_of

PAGE = 50
Key = tuple[datetime, int]


@dataclass(frozen=True)
class Call:
    """One person to call, about everything of theirs that is due; the phone is masked, see `reveal_phone`.

    `phone` is empty when the ledger has none for this person. `reason` says why a call is needed.
    """

    delivery_id: int
    contact_name: str
    phone: str
    for_day: date
    next_at: datetime
    tries: int
    last_outcome: CallOutcome | None
    note: str
    reason: str
    items: tuple[WorkItem, ...]
    script: str


@dataclass(frozen=True)
class CallPage:
    """`after` is the key of the next page, None on the last one."""

    calls: tuple[Call, ...]
    after: Key | None


def pending(
    session: Session,
    *,
    actor: Actor,
    now: datetime | None = None,
    after: Key | None = None,
    limit: int = PAGE,
) -> CallPage:
    """Calls in which the actor's department has a part, the longest waiting first.

    A call tells a person everything at once, so it shows other departments' licenses of that person too.
    With `now`, calls put off to a later moment are left out.
    """
    rows = session.execute(_waiting(department_scope(actor), now, after).limit(limit + 1)).all()
    shown = rows[:limit]
    items = items_of(session, [delivery.id for delivery, *_ in shown], calls.is_worth_saying())
    today = clock.civil_date(now) if now else None
    wording = wordings.spoken(session, TemplateKind.CALL)
    return CallPage(
        tuple(
            _call(session, delivery, contact_name or "", phone_cipher, items[delivery.id], today, wording)
            for delivery, contact_name, phone_cipher in shown
        ),
        (shown[-1][0].next_at, shown[-1][0].id) if len(rows) > limit else None,
    )


def _waiting(scope: int | None, now: datetime | None, after: Key | None) -> Select[Delivery, str, bytes]:
    query = (
        select(Delivery, Contact.name, Contact.phone_cipher)
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
        .where(*access.waiting(Channel.PHONE), access.says_something(), *access.concerns(scope))
        .order_by(Delivery.next_at, Delivery.id)
    )
    if now is not None:
        query = query.where(Delivery.next_at <= now)
    return query if after is None else query.where(tuple_(Delivery.next_at, Delivery.id) > after)


def _call(
    session: Session,
    delivery: Delivery,
    contact_name: str,
    phone_cipher: bytes | None,
    items: Sequence[WorkItem],
    today: date | None,
    wording: Wording,
) -> Call:
    return Call(
        delivery_id=delivery.id,
        contact_name=contact_name,
        phone=mask_phone(vault_of(session).open(phone_cipher)) if phone_cipher else "",
        for_day=delivery.for_day,
        next_at=delivery.next_at,
        tries=delivery.attempt,
        last_outcome=delivery.outcome,
        note=delivery.outcome_note,
        reason=delivery.state_reason,
        items=tuple(items),
        script=script([item.facts for item in items], contact_name, today or delivery.for_day, wording),
    )
