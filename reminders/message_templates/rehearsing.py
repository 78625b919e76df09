"""Tries a new wording out on everybody who is due within the next 30 days, against the one in force."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from reminders import clock, wordings
from reminders.message_templates.rows import CORRECTIONS, OF_SEVERAL, OTHERS, LedgerRow, in_scope, rows, told
from reminders.rules.permissions import Actor
from reminders.rules.wording_effect import Effect, effect, no_longer_said
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, Wording
from reminders.tables.ledger import License

DAYS = 30
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Tally:
    """Of the messages of these days: shortened by a field, unable to leave at all, and paid for."""

    cut: int = 0
    unsayable: int = 0
    paid: int = 0


@dataclass(frozen=True)
class Rehearsal:
    """`before` is None where nothing is in force yet. `lost` are placeholders that are no longer said.

    `dearer` and `cheaper` count messages whose paid parts change. `is_partial`: only the first MOST_ROWS
    licenses were tried.
    """

    messages: int
    before: Tally | None
    after: Tally
    lost: tuple[str, ...]
    dearer: int
    cheaper: int
    is_partial: bool

    @property
    def is_breaking(self) -> bool:
        """Somebody would be told less, or at a higher price: whoever saves it says so once more."""
        before = self.before or Tally()
        worse = self.after.cut > before.cut or self.after.unsayable > before.unsayable
        return bool(worse or self.lost or self.dearer)


def rehearse(
    session: Session, wording: Wording, *, signature: str = "", actor: Actor, now: datetime
) -> Rehearsal | None:
    """None for what no calendar foretells: codes, corrections, visits. Tries what the actor may see."""
    if wording.kind in OTHERS or wording.kind in CORRECTIONS:
        return None
    today = clock.civil_date(now)
    due = [*in_scope(actor), License.next_due_on <= today + timedelta(days=DAYS)]
    found = rows(session, due, MOST_ROWS + 1)
    old = wordings.in_force(session, wording.kind) or FIRST.get(wording.kind)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    messages = 0
    for group in _messages(wording.kind, found[:MOST_ROWS]):
        values = told(wording.kind, group, _day(group, today), "")
        now_said = effect(wording, values, signature)
        _count(after, now_said)
        messages += 1
        if old is not None:
            then_said = effect(old, values, signature)
            _count(before, then_said)
            after["dearer"] += now_said.paid > then_said.paid
            after["cheaper"] += now_said.paid < then_said.paid
    return Rehearsal(
        messages,
        None if old is None else _tally(before),
        _tally(after),
        () if old is None else no_longer_said(old, wording),
        after["dearer"],
        after["cheaper"],
        len(found) > MOST_ROWS,
    )


def _messages(kind: TemplateKind, found: Sequence[LedgerRow]) -> Iterator[list[LedgerRow]]:
    """One message to a holder with several licenses due, else one a license; paper tells all of them."""
    of_holder: dict[int, list[LedgerRow]] = defaultdict(list)
    for row in found:
        of_holder[row.holder_id].append(row)
    for group in of_holder.values():
        if kind in OF_SEVERAL:
            if len(group) > 1:
                yield group
        elif kind in (TemplateKind.WECHAT_SINGLE, TemplateKind.SMS_SINGLE):
            if len(group) == 1:
                yield group
        else:
            yield group


def _day(group: Sequence[LedgerRow], today: date) -> date:
    return max([today, *(row.due_on for row in group if row.due_on is not None)])


def _count(tally: Counter[str], found: Effect) -> None:
    tally["cut"] += found.is_cut
    tally["unsayable"] += found.is_unsayable
    tally["paid"] += found.paid


def _tally(counts: Counter[str]) -> Tally:
    return Tally(counts["cut"], counts["unsayable"], counts["paid"])
