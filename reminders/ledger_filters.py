"""Chooses rows of the ledger: what a person filters and searches for, as conditions on indexed columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union

from reminders import last_said
from reminders.crypto import Vault
from reminders.rules.dates import minus_months
from reminders.rules.identity import name_key, number_key
from reminders.rules.lifecycle import Channel, DateKind, Expiry, LicenseState, Stage
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.search_keys import TAIL, phone_mark
from reminders.rules.status import CLOSING_DAYS, StatusKey
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep, RenewalWindow

NEVER_TOLD = "none"
SHORTEST_INITIALS = 2


@dataclass(frozen=True)
class Filters:
    """What a person asked for; None and "" leave a filter out. `after` is the cursor of the page before.

    `search` is part of a holder's name or of its pinyin initials, the beginning of a license number, or the
    last four signs of a license number or phone. `channel` is a Channel, or NEVER_TOLD.
    """

    entry_id: int | None = None
    department_id: int | None = None
    status: StatusKey | None = None
    channel: str = ""
    is_bound: bool | None = None
    within_months: int | None = None  # expires from today on within so many months
    expires_from: date | None = None
    expires_to: date | None = None
    search: str = ""
    after: str = ""
    limit: int = 50


def conditions(filters: Filters, vault: Vault, *, actor: Actor, today: date) -> list[ColumnElement[bool]]:
    """For a statement made with `windows.with_window`. Another department's rows are never among them."""
    asked = _departments(filters, actor)
    if filters.entry_id is not None:
        asked.append(License.catalogue_entry_id == filters.entry_id)
    if filters.expires_from:
        asked.append(License.expires_on >= filters.expires_from)
    if filters.expires_to:
        asked.append(License.expires_on <= filters.expires_to)
    if filters.within_months is not None:
        asked.append(License.expires_on.between(today, minus_months(today, -filters.within_months)))
    if filters.status is not None:
        asked.append(STATES[filters.status](today))
    if filters.channel == NEVER_TOLD:
        asked.append(~last_said.is_said())
    elif filters.channel:
        asked.append(last_said.is_said(Channel(filters.channel)))
    if filters.is_bound is not None:
        bound = exists().where(Binding.license_id == License.id, Binding.unbound_at.is_(None))
        asked.append(bound if filters.is_bound else ~bound)
    return [*asked, *_found(filters.search, vault)]


def _departments(filters: Filters, actor: Actor) -> list[ColumnElement[bool]]:
    wanted = {one for one in (department_scope(actor), filters.department_id) if one is not None}
    return [
        License.catalogue_entry_id.in_(
            select(CatalogueEntry.id).where(CatalogueEntry.department_id == department_id)
        )
        for department_id in sorted(wanted)
    ]


def _found(search: str, vault: Vault) -> list[ColumnElement[bool]]:
    """Every way in which these signs may be meant, each by an index of its own; nothing is unsealed."""
    name, number = name_key(search), number_key(search)
    if not name:
        return []
    holders = [select(Holder.id).where(Holder.name_key.contains(name, autoescape=True))]
    letters = name.lower()
    if len(letters) >= SHORTEST_INITIALS and letters.isascii() and letters.isalnum():
        holders.append(select(Holder.id).where(Holder.initials.contains(letters, autoescape=True)))
    ways = [select(License.id).where(License.holder_id.in_(union(*holders)))]
    if number:
        ways.append(select(License.id).where(License.number_key.startswith(number, autoescape=True)))
    if len(number) == TAIL:
        ways.append(select(License.id).where(License.number_tail == number))
    if len(number) == TAIL and number.isdecimal():
        of_phone = Contact.tail_hash == vault.blind(phone_mark(number))
        ways.append(select(License.id).join(Contact, Contact.id == License.contact_id).where(of_phone))
    return [License.id.in_(union(*ways))]


def _running(today: date) -> ColumnElement[bool]:
    return and_(License.state == LicenseState.ACTIVE, License.expiry == Expiry.DATED)


def _before_the_end(today: date) -> ColumnElement[bool]:
    return and_(_running(today), License.expires_on > today)


def _is_open(today: date) -> ColumnElement[bool]:
    """As `rules.status` says it: from the opening, or where there is none, from the first reminder on."""
    first = (
        select(func.min(LadderStep.due_on))
        .where(
            LadderStep.catalogue_entry_id == License.catalogue_entry_id,
            LadderStep.date_kind == DateKind.MAIN,
            LadderStep.expires_on == License.expires_on,
            LadderStep.stage == Stage.FIRST,
        )
        .correlate(License)
        .scalar_subquery()
    )
    return func.coalesce(RenewalWindow.opens_on, first) <= today


def _unknown(today: date) -> ColumnElement[bool]:
    no_day = and_(License.expiry == Expiry.DATED, License.expires_on.is_(None))
    return and_(License.state == LicenseState.ACTIVE, or_(License.expiry == Expiry.UNKNOWN, no_day))


def _valid(today: date) -> ColumnElement[bool]:
    waits = and_(RenewalWindow.apply_by >= today, ~_is_open(today))
    return and_(_before_the_end(today), or_(RenewalWindow.apply_by.is_(None), waits))


def _applying(today: date, *, is_closing: bool) -> ColumnElement[bool]:
    last = today + timedelta(days=CLOSING_DAYS)
    until = RenewalWindow.apply_by <= last if is_closing else RenewalWindow.apply_by > last
    return and_(_before_the_end(today), RenewalWindow.apply_by >= today, until, _is_open(today))


STATES: Mapping[StatusKey, Callable[[date], ColumnElement[bool]]] = {
    StatusKey.VALID: _valid,
    StatusKey.OPEN: lambda today: _applying(today, is_closing=False),
    StatusKey.CLOSING: lambda today: _applying(today, is_closing=True),
    StatusKey.CLOSED: lambda today: and_(_before_the_end(today), RenewalWindow.apply_by < today),
    StatusKey.EXPIRES_TODAY: lambda today: and_(_running(today), License.expires_on == today),
    StatusKey.EXPIRED: lambda today: and_(_running(today), License.expires_on < today),
    StatusKey.RENEWING: lambda today: License.state == LicenseState.RENEWING,
    StatusKey.NO_EXPIRY: lambda today: and_(
        License.state == LicenseState.ACTIVE, License.expiry == Expiry.NONE
    ),
    StatusKey.UNKNOWN: _unknown,
    StatusKey.CANCELLED: lambda today: License.state == LicenseState.CANCELLED,
}
