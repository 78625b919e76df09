"""Lists the letters that wait to be written and those on their way, each with why and what it says."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from reminders import calls, clock, wordings
from reminders.db import vault_of
from reminders.errors import Conflict
from reminders.rules import check_code
from reminders.rules.letter_number import letter_number
from reminders.rules.letter_text import LetterText, Tried, WhyLetter, letter, why_letter
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.routing import BEFORE_A_LETTER
from reminders.rules.wordings import TemplateKind
from reminders.tables.deliveries import HAS_MSGID, Delivery, DeliveryItem
from reminders.tables.holders import Contact, Holder
from reminders.tables.letters import LetterPaper
from reminders.tables.staff import Department
from reminders.worklist import access, batches
from reminders.worklist.items import WorkItem, items_of

PAGE = 20


@dataclass(frozen=True)
class Letter:
    """One holder to write to about everything of theirs that is due; what it left with is known once it left.

    `number` is that of the paper, empty for a letter that left without a batch.
    """

    delivery_id: int
    holder_name: str
    for_day: date
    why: WhyLetter
    items: tuple[WorkItem, ...]
    posted_on: date | None
    tracking_no: str
    number: str = ""


@dataclass(frozen=True)
class LetterPage:
    """`after` is the key of the next page, None on the last one."""

    letters: tuple[Letter, ...]
    after: int | None


def to_write(session: Session, *, actor: Actor, after: int = 0, limit: int = PAGE) -> LetterPage:
    """Letters in no batch in which the actor's department has a part, the longest waiting first.

    A letter tells a holder everything at once, so it shows other departments' licenses of theirs too.
    """
    waiting = (*access.waiting(Channel.LETTER), access.says_something(), ~batches.is_in_a_batch())
    return _page(session, select(Delivery, Holder.name).where(*waiting), actor, after, limit)


def on_their_way(session: Session, *, actor: Actor, after: int = 0, limit: int = PAGE) -> LetterPage:
    """Posted, and nobody wrote down yet whether they arrived; the oldest first."""
    posted = (
        HAS_MSGID,
        Delivery.channel == Channel.LETTER,
        Delivery.state == DeliveryState.ACCEPTED,
        Delivery.purpose == Purpose.REMINDER,
    )
    return _page(session, select(Delivery, Holder.name).where(*posted), actor, after, limit)


def letter_of(session: Session, delivery: Delivery, *, actor: Actor) -> Letter:
    """One posted letter. Raises NotFound outside the actor's departments."""
    access.letter_in(session, delivery.id, DeliveryState.ACCEPTED, actor=actor)
    query = select(Delivery, Holder.name).where(Delivery.id == delivery.id)
    return _page(session, query, actor, 0, 1).letters[0]


def text_of(
    session: Session, delivery_id: int, portal_url: str, *, actor: Actor, now: datetime
) -> LetterText:
    """The letter as it would be printed today. Raises NotFound, Conflict when nothing is left to say."""
    access.letter_in(session, delivery_id, DeliveryState.READY, actor=actor, to_change=False)
    items = items_of(session, [delivery_id], calls.is_worth_saying())[delivery_id]
    if not items:
        raise Conflict("这封函里的证照都不用再提醒了，不必寄出。")
    code = check_code.encode(delivery_id, vault_of(session).blind)
    holder_name = session.execute(
        select(Holder.name).join(Delivery, Delivery.holder_id == Holder.id).where(Delivery.id == delivery_id)
    ).scalar_one()
    wording = wordings.spoken(session, TemplateKind.LETTER)
    facts = [item.facts for item in items]
    return letter(facts, holder_name, code, portal_url, clock.civil_date(now), wording)


def _page(session: Session, query: Select[Delivery, str], actor: Actor, after: int, limit: int) -> LetterPage:
    rows = session.execute(
        query.join(Holder, Holder.id == Delivery.holder_id)
        .where(Delivery.id > after, *access.concerns(department_scope(actor)))
        .order_by(Delivery.id)
        .limit(limit + 1)
    ).all()
    shown = rows[:limit]
    waiting = [delivery.id for delivery, _ in shown if delivery.state is DeliveryState.READY]
    posted = [delivery.id for delivery, _ in shown if delivery.state is not DeliveryState.READY]
    items = items_of(session, waiting, calls.is_worth_saying()) | items_of(session, posted)
    tried = _tried(session, [*waiting, *posted])
    numbers = _numbers(session, posted)
    letters = tuple(
        _letter(delivery, name, tried[delivery.id], items[delivery.id], numbers.get(delivery.id, ""))
        for delivery, name in shown
    )
    return LetterPage(letters, letters[-1].delivery_id if len(rows) > limit else None)


def _tried(session: Session, delivery_ids: Sequence[int]) -> dict[int, list[Tried]]:
    """The calls and text messages that said before what a letter says now."""
    item, earlier = aliased(DeliveryItem), aliased(Delivery)
    found = session.execute(
        select(DeliveryItem.delivery_id, earlier.channel, earlier.outcome, Contact.wrong_at.is_not(None))
        .join(item, item.reminder_id == DeliveryItem.reminder_id)
        .join(earlier, earlier.id == item.delivery_id)
        .outerjoin(Contact, Contact.id == earlier.contact_id)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .where(item.id != DeliveryItem.id, earlier.channel.in_(sorted(BEFORE_A_LETTER)))
    )
    tried: dict[int, list[Tried]] = defaultdict(list)
    for delivery_id, channel, outcome, is_wrong in found:
        tried[delivery_id].append(Tried(channel, outcome, bool(is_wrong)))
    return tried


def _numbers(session: Session, delivery_ids: Sequence[int]) -> dict[int, str]:
    found = session.execute(
        select(LetterPaper.delivery_id, Department.name, LetterPaper.year, LetterPaper.number)
        .join(Department, Department.id == LetterPaper.department_id)
        .where(LetterPaper.delivery_id.in_(delivery_ids), LetterPaper.voided_at.is_(None))
    )
    return {
        delivery_id: letter_number(name, year, number)
        for delivery_id, name, year, number in found
        if year and number
    }


def _letter(
    delivery: Delivery, holder_name: str, tried: Sequence[Tried], items: Sequence[WorkItem], number: str
) -> Letter:
    return Letter(
        delivery_id=delivery.id,
        holder_name=holder_name,
        for_day=delivery.for_day,
        why=why_letter(tried),
        items=tuple(items),
        posted_on=clock.civil_date(delivery.accepted_at) if delivery.accepted_at else None,
        tracking_no=delivery.provider_msgid or "",
        number=number,
    )
