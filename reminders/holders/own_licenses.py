"""Shows a follower the licenses bound to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from reminders import clock
from reminders.errors import NotFound
from reminders.holders.following import openid_hash
from reminders.rules.facts import MAIN_DATE, FiveFacts, material_list
from reminders.rules.identity import mask_holder, mask_number
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState
from reminders.rules.stages import first_day
from reminders.rules.status import LicenseStatus, license_status
from reminders.rules.window import Window
from reminders.tables.bindings import Binding, Confirmation, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

NOT_FOUND = "没有找到这本证照，或者它没有绑定在您的微信上。请在公众号里回复“绑定”重新绑定，或向窗口咨询。"
FAR = date(9999, 12, 31)
NEWS_FOR = timedelta(days=90)  # so long a renewed license is shown as renewed

# Plain tables, not mapped classes: this is the read behind every question in WeChat.
FOLLOWER, BINDING, LICENSE, HOLDER, ENTRY, DEPARTMENT, WINDOW, CONFIRMATION, REMINDER = (
    table.__table__
    for table in (
        Follower,
        Binding,
        License,
        Holder,
        CatalogueEntry,
        Department,
        RenewalWindow,
        Confirmation,
        Reminder,
    )
)
MAIN, COMPANION = WINDOW.alias("main_window"), WINDOW.alias("companion_window")


@dataclass(frozen=True)
class OwnLicense:
    """One bound license as its holder sees it: its number, and a person's name, are masked already.

    `wants_sign`: reminding has begun and nothing shows yet that somebody knows of the date.
    """

    license_id: int
    binding_id: int
    entry_id: int
    sort_on: date
    facts: FiveFacts
    status: LicenseStatus
    companion: FiveFacts | None
    wants_sign: bool


@dataclass(frozen=True)
class Mine:
    """A follower and some of their licenses, most urgent first.

    `is_known` is False for a stranger and for someone who left; `needs_hearing` asks for `heard_from`;
    `next_after` is where the next page starts, None on the last one.
    """

    is_known: bool
    needs_hearing: bool
    licenses: tuple[OwnLicense, ...]
    wrote_at: datetime | None = None
    next_after: tuple[date, int] | None = None


def my_licenses(
    session: Session, openid: str, *, most: int, after: tuple[date, int] | None = None, now: datetime
) -> Mine:
    """At most `most` bound licenses from behind `after`, by one indexed query."""
    values: dict[str, Any] = {"hash": openid_hash(session, openid), "most": most + 1}
    values |= {"after_on": after[0], "after_id": after[1]} if after else {"after_on": date.min, "after_id": 0}
    rows = session.connection().execute(PAGE, values).mappings().all()
    if not rows:
        return Mine(is_known=False, needs_hearing=True, licenses=())
    today = clock.civil_date(now)
    licenses = tuple(of_row(row, today) for row in rows[:most] if row["license_id"] is not None)
    last = licenses[-1] if len(rows) > most else None
    return Mine(
        is_known=rows[0]["unfollowed_at"] is None,
        needs_hearing=rows[0]["unfollowed_at"] is not None or rows[0]["push_stopped_at"] is not None,
        wrote_at=rows[0]["wrote_at"],
        licenses=licenses,
        next_after=(last.sort_on, last.license_id) if last else None,
    )


def license_page(session: Session, openid: str, license_id: int, *, now: datetime) -> OwnLicense:
    """One bound license. Raises NotFound alike for a foreign license and one that does not exist."""
    values = {"hash": openid_hash(session, openid), "id": license_id}
    row = session.connection().execute(ONE, values).mappings().first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return of_row(row, clock.civil_date(now))


def own_by_identifier(
    session: Session, openid: str, number_key: str, credit_code: str | None, *, now: datetime
) -> OwnLicense | None:
    """The most urgent bound license with this number, or of the holder with this credit code."""
    values = {"hash": openid_hash(session, openid), "number": number_key, "credit_code": credit_code or ""}
    row = session.connection().execute(NAMED, values).mappings().first()
    return None if row is None else of_row(row, clock.civil_date(now))


def of_row(row: Mapping[Any, Any], today: date) -> OwnLicense:
    window = _window(row, "main")
    facts = _facts(row, MAIN_DATE, row["expires_on"], window)
    second = _window(row, "companion")
    companion = None
    if row["companion_on"] is not None:
        companion = _facts(row, row["companion_name"], row["companion_on"], second)
    return OwnLicense(
        license_id=row["license_id"],
        binding_id=row["binding_id"],
        entry_id=row["entry_id"],
        sort_on=row["sort_on"],
        facts=facts,
        status=license_status(
            state=row["state"],
            expiry=row["expiry"],
            expires_on=row["expires_on"],
            window=window,
            today=today,
            is_renewed=_is_renewed(row, today),
        ),
        companion=companion,
        wants_sign=_begun(row["expires_on"], window, today) + _begun(row["companion_on"], second, today)
        > row["confirmed_dates"],
    )


def _is_renewed(row: Mapping[Any, Any], today: date) -> bool:
    earlier, expires_on = row["reminded_of"], row["expires_on"]
    is_newer = earlier is not None and expires_on is not None and earlier < expires_on
    return is_newer and today - clock.civil_date(row["updated_at"]) <= NEWS_FOR


def _begun(on: date | None, window: Window | None, today: date) -> bool:
    return on is not None and window is not None and first_day(on, window) <= today


def _facts(row: Mapping[Any, Any], date_name: str, on: date | None, window: Window | None) -> FiveFacts:
    return FiveFacts(
        license_name=row["license_name"],
        holder_name=mask_holder(row["holder_name"], row["holder_kind"]),
        license_no=mask_number(row["license_no"]) if row["license_no"] else None,
        date_name=date_name,
        expires_on=on,
        opens_on=window.opens_on if window else None,
        apply_by=window.apply_by if window else None,
        is_estimate=window is not None and window.is_estimate,
        confidence=row["confidence"],
        counter=row["counter"],
        counter_hours=row["counter_hours"],
        service_phone=row["service_phone"],
        materials=material_list(row["materials"]),
        department=row["department"],
        basis=row["basis"],
        basis_article=row["basis_article"],
    )


def _window(row: Mapping[Any, Any], prefix: str) -> Window | None:
    if row[f"{prefix}_known_on"] is None:
        return None
    return Window(
        opens_on=row[f"{prefix}_opens_on"],
        apply_by=row[f"{prefix}_apply_by"],
        legal_last_day=row[f"{prefix}_legal_last_day"],
        is_estimate=row[f"{prefix}_is_estimate"],
    )


def _window_columns(window: Any, prefix: str) -> Sequence[ColumnElement[Any]]:
    return (
        window.c.expires_on.label(f"{prefix}_known_on"),
        window.c.opens_on.label(f"{prefix}_opens_on"),
        window.c.apply_by.label(f"{prefix}_apply_by"),
        window.c.legal_last_day.label(f"{prefix}_legal_last_day"),
        window.c.is_estimate.label(f"{prefix}_is_estimate"),
    )


def _window_of(window: Any, kind: DateKind, on: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(
        window.c.catalogue_entry_id == LICENSE.c.catalogue_entry_id,
        window.c.date_kind == kind,
        window.c.expires_on == on,
    )


def _base() -> Select[Any]:
    """A follower by openid hash, left-joined to everything that is shown of their licenses."""
    licensed = (
        FOLLOWER.outerjoin(
            BINDING, and_(BINDING.c.follower_id == FOLLOWER.c.id, BINDING.c.unbound_at.is_(None))
        )
        .outerjoin(LICENSE, LICENSE.c.id == BINDING.c.license_id)
        .outerjoin(HOLDER, HOLDER.c.id == LICENSE.c.holder_id)
        .outerjoin(ENTRY, ENTRY.c.id == LICENSE.c.catalogue_entry_id)
        .outerjoin(DEPARTMENT, DEPARTMENT.c.id == ENTRY.c.department_id)
        .outerjoin(MAIN, _window_of(MAIN, DateKind.MAIN, LICENSE.c.expires_on))
        .outerjoin(COMPANION, _window_of(COMPANION, DateKind.COMPANION, LICENSE.c.companion_on))
    )
    shown = (
        FOLLOWER.c.unfollowed_at,
        FOLLOWER.c.push_stopped_at,
        FOLLOWER.c.wrote_at,
        BINDING.c.id.label("binding_id"),
        LICENSE.c.id.label("license_id"),
        LICENSE.c.catalogue_entry_id.label("entry_id"),
        *(LICENSE.c[name] for name in ("license_no", "state", "expiry", "expires_on", "companion_on")),
        LICENSE.c.updated_at,
        REMINDED_OF.label("reminded_of"),
        HOLDER.c.name.label("holder_name"),
        HOLDER.c.kind.label("holder_kind"),
        *(ENTRY.c[name] for name in ("license_name", "materials", "confidence", "basis", "basis_article")),
        ENTRY.c.companion_name,
        DEPARTMENT.c.name.label("department"),
        *(DEPARTMENT.c[name] for name in ("counter", "counter_hours", "service_phone")),
        *_window_columns(MAIN, "main"),
        *_window_columns(COMPANION, "companion"),
        SORT_ON.label("sort_on"),
        CONFIRMED_DATES.label("confirmed_dates"),
    )
    return select(*shown).select_from(licensed).where(FOLLOWER.c.openid_hash == bindparam("hash"))


SORT_ON = case(
    (
        and_(LICENSE.c.state == LicenseState.ACTIVE, LICENSE.c.expiry == Expiry.DATED),
        func.coalesce(MAIN.c.apply_by, LICENSE.c.expires_on),
    ),
    else_=literal(FAR, Date),
)
CONFIRMED_DATES = (
    select(func.count(CONFIRMATION.c.date_kind.distinct()))
    .where(CONFIRMATION.c.license_id == LICENSE.c.id)
    .where(
        or_(
            and_(
                CONFIRMATION.c.date_kind == DateKind.MAIN, CONFIRMATION.c.expires_on == LICENSE.c.expires_on
            ),
            and_(
                CONFIRMATION.c.date_kind == DateKind.COMPANION,
                CONFIRMATION.c.expires_on == LICENSE.c.companion_on,
            ),
        )
    )
    .correlate(LICENSE)
    .scalar_subquery()
)
# The newest date before the present one of which somebody was reminded.
REMINDED_OF = (
    select(func.max(REMINDER.c.expires_on))
    .where(REMINDER.c.license_id == LICENSE.c.id, REMINDER.c.date_kind == DateKind.MAIN)
    .where(REMINDER.c.expires_on < LICENSE.c.expires_on)
    .correlate(LICENSE)
    .scalar_subquery()
)
PAGE = (
    _base()
    .where(
        or_(
            LICENSE.c.id.is_(None),
            tuple_(SORT_ON, LICENSE.c.id) > tuple_(bindparam("after_on", type_=Date), bindparam("after_id")),
        )
    )
    .order_by(SORT_ON, LICENSE.c.id)
    .limit(bindparam("most"))
)
ONE = _base().where(LICENSE.c.id == bindparam("id"), FOLLOWER.c.unfollowed_at.is_(None))
NAMED = (
    _base()
    .where(
        or_(
            LICENSE.c.number_key == bindparam("number"),
            and_(HOLDER.c.credit_code != "", HOLDER.c.credit_code == bindparam("credit_code")),
        )
    )
    .order_by(SORT_ON, LICENSE.c.id)
    .limit(1)
)
