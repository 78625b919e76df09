"""Finds what the audit says of one license or one holder, without their number in any address."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.identity import clean, number_key
from reminders.rules.permissions import Actor
from reminders.tables.answers import Answer
from reminders.tables.appeals import Appeal
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License, LicenseBefore
from reminders.tables.letters import LetterPaper
from reminders.tables.passes import BindPassLicense

MOST = 2_000  # subjects of one question; a holder has tens


def about_of(session: Session, number: str, *, actor: Actor, now: datetime) -> str:
    """`license:7` or `holder:3` behind a license number, credit code, ID number or phone; the audit keeps it.

    Raises Invalid, NotFound.
    """
    told = clean(number)
    if len(told) < 4:
        raise Invalid("请填完整的证照编号、统一社会信用代码、证件号码或手机号。")
    found = _license(session, told) or _holder(session, told)
    if found is None:
        raise NotFound("台账里没有这个号码。请核对后重填：要和证照上印的完全一样，不能只填一部分。")
    audit.record(session, "audit.look_up", found, actor=actor, now=now)
    return found


def subjects_of(session: Session, about: str) -> list[str]:
    """Every subject under which the audit writes of this license, or of any license of this holder."""
    kind, _, number = about.partition(":")
    if kind not in ("license", "holder") or not number.isdigit() or len(number) > 15:
        raise Invalid("没有这样的筛选条件，请从审计页重新选择。")
    wanted = License.id if kind == "license" else License.holder_id
    licenses = list(session.execute(select(License.id).where(wanted == int(number)).limit(MOST)).scalars())
    found = [f"license:{one}" for one in licenses]
    for noun, statement in _related(licenses):
        found += (f"{noun}:{one}" for one in session.execute(statement.limit(MOST)).scalars() if one)
    if kind == "holder":
        contacts = select(Contact.id).where(Contact.holder_id == int(number))
        found += (f"contact:{one}" for one in session.execute(contacts).scalars())
    return list(dict.fromkeys(found))[:MOST]


def _related(ids: list[int]) -> Iterable[tuple[str, Select[int] | Select[int | None]]]:
    messages = (
        select(DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(Reminder.license_id.in_(ids))
        .distinct()
    )
    yield "holder", select(License.holder_id).where(License.id.in_(ids)).distinct()
    yield "delivery", messages
    yield "letter_paper", select(LetterPaper.id).where(LetterPaper.delivery_id.in_(messages))
    yield "contact", select(License.contact_id).where(License.id.in_(ids))
    yield "answer", select(Answer.id).where(Answer.license_id.in_(ids))
    yield "appeal", select(Appeal.id).where(Appeal.license_id.in_(ids))
    yield "pass", select(BindPassLicense.pass_id).where(BindPassLicense.license_id.in_(ids))
    yield "ledger_import", select(License.import_id).where(License.id.in_(ids)).distinct()
    yield "ledger_import", select(LicenseBefore.import_id).where(LicenseBefore.license_id.in_(ids)).distinct()
    yield "follower", select(Binding.follower_id).where(Binding.license_id.in_(ids)).distinct()


def _license(session: Session, told: str) -> str | None:
    key = number_key(told)
    found = session.execute(
        select(License.id).where(License.number_key == key).order_by(License.id).limit(1)
    ).scalar_one_or_none()
    return None if found is None else f"license:{found}"


def _holder(session: Session, told: str) -> str | None:
    compact = "".join(told.split()).replace("-", "").upper()
    blind = vault_of(session).blind(compact)
    for statement in (
        select(Holder.id).where(Holder.credit_code == compact),
        select(Holder.id).where(Holder.id_number_hash == blind),
        select(Contact.holder_id).where(Contact.phone_hash == blind),
    ):
        found = session.execute(statement.limit(1)).scalar_one_or_none()
        if found is not None:
            return f"holder:{found}"
    return None
