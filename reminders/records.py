"""The record of one holder: their licenses, how they can be reached, and all that was said and done."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from reminders import audit, windows
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.answers import WORDS as ANSWERS
from reminders.rules.explanation import CHANNELS, STAGES
from reminders.rules.identity import clean, mask_phone
from reminders.rules.lifecycle import Channel, DeliveryState, Expiry, HolderKind, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.window import Window
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import LedgerImport, License
from reminders.tables.windows import RenewalWindow
from reminders.tables.wordings import TemplateVersion

MOST = 200
SHORTEST_REASON = 2


@dataclass(frozen=True)
class HeldLicense:
    license_id: int
    license_name: str
    license_no: str | None
    state: LicenseState
    expiry: Expiry
    expires_on: date | None
    window: Window | None  # None: not known


@dataclass(frozen=True)
class ContactLine:
    contact_id: int
    name: str
    phone: str  # masked
    since: datetime
    is_wrong: bool


@dataclass(frozen=True)
class Event:
    """Something that was said or done about one license; `state` and `outcome` are words of a message."""

    at: datetime
    license_name: str
    words: str
    channel: Channel | None = None
    state: DeliveryState | None = None
    outcome: str = ""
    by: str = ""
    version_id: int | None = None  # of the wording it was said with, and its number
    version: int | None = None


@dataclass(frozen=True)
class HolderRecord:
    holder_id: int
    name: str
    kind: HolderKind
    credit_code: str | None
    licenses: tuple[HeldLicense, ...]
    contacts: tuple[ContactLine, ...]
    events: tuple[Event, ...]  # newest first


def record_of(session: Session, holder_id: int, *, actor: Actor) -> HolderRecord:
    """What the actor's department knows of a holder. Raises NotFound where it has no license of theirs."""
    holder = session.get(Holder, holder_id)
    chosen = (
        select(License, CatalogueEntry.license_name, RenewalWindow)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.holder_id == holder_id, *_scope(actor))
        .order_by(License.expires_on, License.id)
    )
    found = session.execute(windows.with_window(chosen)).all()
    if holder is None or not found:
        raise NotFound("没有这个持证人，或者其证照不归您的科室。请回到台账重新选择。")
    names = {row.id: name for row, name, _window in found}
    return HolderRecord(
        holder.id,
        holder.name,
        holder.kind,
        holder.credit_code,
        tuple(
            HeldLicense(
                row.id, name, row.license_no, row.state, row.expiry, row.expires_on, _window_of(window)
            )
            for row, name, window in found
        ),
        _contacts(session, {row.contact_id for row, _name, _window in found if row.contact_id}),
        tuple(_events(session, names)[:MOST]),
    )


def open_record(session: Session, holder_id: int, *, actor: Actor, now: datetime) -> HolderRecord:
    """The same for a person to look at: the audit keeps who opened whose record. Raises NotFound."""
    found = record_of(session, holder_id, actor=actor)
    audit.record(session, "holder.open", f"holder:{holder_id}", actor=actor, now=now)
    return found


def holder_of(session: Session, license_id: int, *, actor: Actor) -> int:
    """Whose license it is. Raises NotFound outside the actor's departments."""
    found = session.execute(
        select(License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.id == license_id, *_scope(actor))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这本证照，或者它不归您的科室。请回到台账重新选择。")
    return found


def reveal_phone(
    session: Session, contact_id: int, reason: str, *, actor: Actor, now: datetime
) -> tuple[int, str]:
    """The holder's id and the full number; the audit keeps who asked and why. Raises NotFound, Invalid."""
    why = clean(reason)[:100]
    if len(why) < SHORTEST_REASON:
        raise Invalid("请写明为什么要看完整号码，例如“持证人来电核对”。")
    found = session.execute(
        select(Contact.holder_id, Contact.phone_cipher)
        .join(License, License.contact_id == Contact.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Contact.id == contact_id, *_scope(actor))
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound("没有这个联系方式，或者它不归您的科室。请回到台账重新选择。")
    detail = {"reason": why}
    audit.record(session, "contact.reveal_phone", f"contact:{contact_id}", detail, actor=actor, now=now)
    return found[0], vault_of(session).open(found[1])


def _window_of(row: RenewalWindow | None) -> Window | None:
    return Window(row.opens_on, row.apply_by, row.legal_last_day, row.is_estimate) if row else None


def _scope(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    return [] if scope is None else [CatalogueEntry.department_id == scope]


def _contacts(session: Session, ids: set[int]) -> tuple[ContactLine, ...]:
    vault = vault_of(session)
    rows = session.execute(select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id.desc())).scalars()
    return tuple(
        ContactLine(
            row.id,
            row.name,
            mask_phone(vault.open(row.phone_cipher)),
            row.created_at,
            row.wrong_at is not None,
        )
        for row in rows
    )


def _events(session: Session, names: dict[int, str]) -> list[Event]:
    events = [*_messages(session, names), *_answers(session, names), *_bindings(session, names)]
    imported = session.execute(
        select(License.id, LedgerImport.accepted_at, LedgerImport.file_name, LedgerImport.created_by)
        .join(LedgerImport, LedgerImport.id == License.import_id)
        .where(License.id.in_(names), LedgerImport.accepted_at.is_not(None))
    )
    events += [Event(at, names[one], f"随《{file}》导入台账", by=by) for one, at, file, by in imported if at]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _messages(session: Session, names: dict[int, str]) -> list[Event]:
    found = session.execute(
        select(Delivery, Reminder.license_id, Reminder.stage, TemplateVersion.number)
        .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .outerjoin(TemplateVersion, TemplateVersion.id == Delivery.said_version_id)
        .where(Reminder.license_id.in_(names), DeliveryItem.dropped_reason == "")
        .order_by(Delivery.id.desc())
        .limit(MOST)
    )
    return [
        Event(
            row.final_at or row.accepted_at or row.created_at,
            names[license_id],
            f"{CHANNELS[row.channel]}：{STAGES[stage]}",
            row.channel,
            row.state,
            row.outcome or "",
            row.closed_by,
            row.said_version_id,
            version,
        )
        for row, license_id, stage, version in found
    ]


def _answers(session: Session, names: dict[int, str]) -> list[Event]:
    found = session.execute(
        select(Answer).where(Answer.license_id.in_(names)).order_by(Answer.id.desc()).limit(MOST)
    ).scalars()
    return [Event(row.given_at, names[row.license_id], f"持证人回答：{ANSWERS[row.kind]}") for row in found]


def _bindings(session: Session, names: dict[int, str]) -> list[Event]:
    found = session.execute(
        select(Binding).where(Binding.license_id.in_(names)).order_by(Binding.id.desc()).limit(MOST)
    ).scalars()
    events = []
    for row in found:
        events.append(Event(row.bound_at, names[row.license_id], "绑定到微信"))
        if row.unbound_at:
            events.append(Event(row.unbound_at, names[row.license_id], "解除绑定"))
    return events
