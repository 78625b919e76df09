"""Builders: the rows a test needs, with made-up values for whatever the test does not care about.

Each adds one row, flushes and returns it; `session` comes first, everything else by keyword.
"""

from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy.orm import Session

from reminders import windows
from reminders.db import vault_of
from reminders.rules import search_keys
from reminders.rules.consent import CURRENT
from reminders.rules.lifecycle import (
    BindHow,
    Channel,
    Confidence,
    ContactSign,
    DateKind,
    Expiry,
    HolderKind,
    LicenseState,
    Role,
)
from reminders.rules.permissions import Actor
from reminders.tables.bindings import Binding, Confirmation, Consent, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department, Staff

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 09:00 on a working Monday in Weihai
CLOCK = Actor(ref="system:test", name="系统")

_numbers = count(1)
# Names carry no digits: beside a date they would read as a phone number.
_STEMS = str.maketrans("0123456789", "癸甲乙丙丁戊己庚辛壬")


def department(
    session: Session,
    *,
    name: str = "",
    counter: str = "示例大厅 1 号窗口",
    service_phone: str = "0631-5000001",
    method: Channel = Channel.WECHAT,
) -> Department:
    row = Department(
        name=name or "示例科室" + str(next(_numbers)).translate(_STEMS),
        counter=counter,
        counter_hours="工作日 9:00-17:00",
        service_phone=service_phone,
        method=method,
        is_sample=True,
    )
    session.add(row)
    session.flush()
    return row


def entry(
    session: Session,
    *,
    id: int | None = None,
    license_name: str = "",
    department_id: int | None = None,
    earliest: int | None = 90,
    latest: int | None = 30,
    unit: str = "日",
    also_latest: int | None = None,
    also_unit: str = "",
    companion_name: str = "",
    companion_latest: int | None = None,
    companion_unit: str = "",
    materials: str = "延续申请书；原许可证",
    confidence: Confidence = Confidence.CONFIRMED,
    holder_kind: str = "单位",
    is_active: bool = True,
) -> CatalogueEntry:
    """A kind whose window is 90 to 30 days before expiry; ids of its own start at 1001."""
    number = id or 1000 + next(_numbers)
    sign = str(number).translate(_STEMS)
    row = CatalogueEntry(
        id=number,
        item_name=f"示例许可{sign}",
        license_name=license_name or f"示例许可证{sign}",
        department_id=department_id or department(session).id,
        validity_text="5年",
        validity_years_min=5,
        validity_years_max=5,
        holder_kind=holder_kind,
        renewal_earliest=earliest,
        renewal_latest=latest,
        unit=unit,
        also_latest=also_latest,
        also_unit=also_unit,
        companion_name=companion_name,
        companion_latest=companion_latest,
        companion_unit=companion_unit,
        basis="示例办法",
        basis_article="第一条",
        confidence=confidence,
        materials=materials,
        is_active=is_active,
        updated_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def holder(
    session: Session, *, name: str = "", kind: HolderKind = HolderKind.COMPANY, credit_code: str | None = None
) -> Holder:
    number = next(_numbers)
    row = Holder(
        kind=kind,
        name=name or f"示例{number}号药房有限公司",
        name_key=name or f"示例{number}号药房有限公司",
        initials=search_keys.initials(name or f"示例{number}号药房有限公司"),
        credit_code=credit_code,
        identity_key=f"name:{name}:{number}",
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def contact(
    session: Session, *, holder_id: int | None = None, name: str = "张示例", phone: str = ""
) -> Contact:
    """A contact with a phone of its own unless one is given."""
    told = phone or f"138{next(_numbers):08d}"
    vault = vault_of(session)
    row = Contact(
        holder_id=holder_id or holder(session).id,
        name=name,
        phone_cipher=vault.seal(told),
        phone_hash=vault.blind(told),
        tail_hash=vault.blind(search_keys.phone_mark(told)),
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def license(
    session: Session,
    *,
    entry_id: int,
    expires_on: date | None,
    holder_id: int | None = None,
    contact_id: int | None = None,
    license_no: str | None = "",
    companion_on: date | None = None,
    state: LicenseState = LicenseState.ACTIVE,
    expiry: Expiry | None = None,
    issued_on: date | None = None,
) -> License:
    """A license with its real window, ladder and due days; `license_no=None` means number missing."""
    number = next(_numbers)
    printed = f"鲁示例{number:06d}" if license_no == "" else license_no
    row = License(
        catalogue_entry_id=entry_id,
        holder_id=holder_id or holder(session).id,
        contact_id=contact_id,
        license_no=printed,
        number_key=printed,
        number_tail=printed and search_keys.tail(printed),
        identity_key=f"no:{printed}" if printed else f"unnumbered:{number}",
        issued_on=issued_on,
        expiry=expiry or (Expiry.DATED if expires_on else Expiry.UNKNOWN),
        expires_on=expires_on,
        companion_on=companion_on,
        state=state,
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(row)
    session.flush()
    set_due(session, row)
    return row


def set_due(session: Session, row: License) -> None:
    """Computes the window and first due days of a license after its dates or state were changed."""
    session.flush()
    days = ((DateKind.MAIN, row.expires_on), (DateKind.COMPANION, row.companion_on))
    windows.ensure(session, [(row.catalogue_entry_id, kind, day) for kind, day in days if day])
    windows.set_first_due(session, license_ids=[row.id])
    session.refresh(row)


def follower(
    session: Session, *, openid: str = "", is_following: bool = True, is_push_stopped: bool = False
) -> Follower:
    told = openid or f"o-example-{next(_numbers):06d}"
    row = Follower(
        openid=told,
        openid_hash=vault_of(session).blind(f"openid:{told}"),
        followed_at=NOW,
        unfollowed_at=None if is_following else NOW,
        push_stopped_at=NOW if is_push_stopped else None,
        push_stopped_reason="43101" if is_push_stopped else "",
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    session.add(Consent(follower_id=row.id, version=CURRENT, given_at=NOW))
    session.flush()
    return row


def binding(
    session: Session, *, license_id: int, follower_id: int | None = None, is_ended: bool = False
) -> Binding:
    row = Binding(
        follower_id=follower_id or follower(session).id,
        license_id=license_id,
        how=BindHow.PHONE_CODE,
        bound_at=NOW,
        unbound_at=NOW if is_ended else None,
    )
    session.add(row)
    session.flush()
    return row


def confirmation(
    session: Session,
    *,
    license_id: int,
    expires_on: date,
    date_kind: DateKind = DateKind.MAIN,
    sign: ContactSign = ContactSign.OPENED_PAGE,
) -> Confirmation:
    row = Confirmation(
        license_id=license_id, date_kind=date_kind, expires_on=expires_on, sign=sign, follower_id=None, at=NOW
    )
    session.add(row)
    session.flush()
    return row


def staff(
    session: Session, *, role: Role = Role.OFFICER, department_id: int | None = None, login: str = ""
) -> Staff:
    """An account nobody can sign in to: tests of signing in use reminders.staff."""
    number = next(_numbers)
    row = Staff(
        login=login or f"example{number}",
        name=f"王示例{number}",
        role=role,
        department_id=department_id,
        password_hash="!",
        session_epoch=0,
        is_active=True,
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def actor(row: Staff) -> Actor:
    """The actor a staff door would pass on for this account."""
    return Actor(
        ref=f"staff:{row.id}", name=row.name, role=row.role, staff_id=row.id, department_id=row.department_id
    )
