"""Records what came of a call: told, renewed already, to be tried again, or hopeless."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import audit, calls, fallback, wordings
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.delivery_rules import next_call
from reminders.rules.lifecycle import CallOutcome, ContactSign, DeliveryState, LicenseState
from reminders.rules.permissions import Actor
from reminders.rules.wordings import TemplateKind
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from reminders.worklist import access, sayings
from reminders.worklist.sayings import Saying

MOST_TRIES = 3
LETTER_NEEDED = "letter_needed"
TRY_AGAIN = frozenset({CallOutcome.NO_ANSWER, CallOutcome.CALL_BACK, CallOutcome.DECLINED})
NOTE_LENGTH = 500
LATEST_AGAIN = timedelta(days=30)


def record_outcome(
    session: Session,
    delivery_id: int,
    outcome: CallOutcome,
    note: str,
    *,
    license_ids: Collection[int] = (),
    again_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Closes the call, or puts it off to another half of the day; after three tries the next channel has it.

    `license_ids` says which licenses ALREADY_RENEWED is about; a call about one license needs none.
    `again_at` is when somebody who was reached asked to be called again: that call is no try in vain.
    Raises NotFound, Conflict (somebody was faster) or Invalid (which licenses, a moment that cannot be).
    """
    call = access.open_call(session, delivery_id, actor=actor)
    items = sayings.read(session, delivery_id, calls.is_worth_saying())
    call.outcome, call.outcome_note, call.closed_by = outcome, note.strip()[:NOTE_LENGTH], actor.ref
    call.attempt, call.said_version_id = call.attempt + 1, wordings.version_id(session, TemplateKind.CALL)
    if outcome in TRY_AGAIN:
        _try_again(session, call, _agreed(again_at, now), now)
    elif outcome is CallOutcome.ALREADY_RENEWED:
        items = _renewing(session, call, items, license_ids, now)
    elif outcome is CallOutcome.TOLD:
        sayings.confirm(session, items, ContactSign.TOLD_BY_PHONE, now=now)
        _close(call, DeliveryState.DELIVERED, now)
    else:
        _close(call, DeliveryState.UNDELIVERABLE, now)
        if outcome is CallOutcome.WRONG_NUMBER:
            contacts = update(Contact).where(Contact.id == call.contact_id, Contact.wrong_at.is_(None))
            session.execute(contacts.values(wrong_at=now))
            _look_for_another_channel(session, items)
    detail = {"outcome": outcome, "license_ids": sorted({item.license_id for item in items})}
    session.flush()
    audit.record(session, "call.record", f"delivery:{delivery_id}", detail, actor=actor, now=now)


def reveal_phone(session: Session, delivery_id: int, *, actor: Actor, now: datetime) -> str:
    """The number to dial, for the person about to dial it; the audit keeps who asked."""
    call = access.open_call(session, delivery_id, actor=actor)
    sealed = session.execute(
        select(Contact.phone_cipher).where(Contact.id == call.contact_id)
    ).scalar_one_or_none()
    if sealed is None:
        raise NotFound("台账里没有这个人的电话，请在台账中补上联系方式。")
    audit.record(session, "call.reveal_phone", f"delivery:{delivery_id}", actor=actor, now=now)
    return vault_of(session).open(sealed)


def _agreed(again_at: datetime | None, now: datetime) -> datetime | None:
    if again_at is not None and not now < again_at <= now + LATEST_AGAIN:
        raise Invalid("约好再打的时间要在现在以后、30 天以内，请重新选择。")
    return again_at


def _try_again(session: Session, call: Delivery, agreed: datetime | None, now: datetime) -> None:
    is_agreed = agreed is not None and call.outcome is CallOutcome.CALL_BACK
    if is_agreed or call.attempt < MOST_TRIES:
        call.next_at = agreed or next_call(now)
        return
    _close(call, DeliveryState.UNDELIVERABLE, now)
    call.state_reason = LETTER_NEEDED
    session.flush()
    sayings.drop_stale(session, call.id)
    fallback.move_on(session, [call.id], now=now)


def _close(call: Delivery, state: DeliveryState, now: datetime) -> None:
    call.state, call.final_at = state, now
    call.state_reason = str(call.outcome)


def _renewing(
    session: Session,
    call: Delivery,
    items: Sequence[Saying],
    license_ids: Collection[int],
    now: datetime,
) -> Sequence[Saying]:
    """Reminders rest for these licenses until the ledger brings the new date; the others stay in the call."""
    in_call = {item.license_id for item in items}
    chosen = set(license_ids) or in_call
    if len(in_call) > 1 and not license_ids:
        raise Invalid(f"这通电话涉及 {len(in_call)} 本证照，请选出哪几本已经办理。")
    if not chosen <= in_call:
        raise Invalid("选中的证照不在这通电话里，请刷新清单后重选。")
    session.execute(
        update(License)
        .where(License.id.in_(chosen), License.state == LicenseState.ACTIVE)
        .values(
            state=LicenseState.RENEWING,
            next_due_on=None,
            companion_due_on=None,
            version=License.version + 1,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    done = [item for item in items if item.license_id in chosen]
    sayings.drop(session, done, CallOutcome.ALREADY_RENEWED)
    sayings.confirm(session, done, ContactSign.TOLD_BY_PHONE, now=now)
    if chosen == in_call:
        _close(call, DeliveryState.DELIVERED, now)
    return done


def _look_for_another_channel(session: Session, items: Sequence[Saying]) -> None:
    sayings.drop(session, items, CallOutcome.WRONG_NUMBER)
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_([item.reminder_id for item in items]))
        .values(has_no_channel=True)
        .execution_options(synchronize_session=False)
    )
