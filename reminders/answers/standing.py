"""What a holder may answer about a license now, and what stands already."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.rules.answers import last_call, usual_pause_end
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import AnswerKind, DateKind, Expiry, LicenseState
from reminders.tables.answers import Answer
from reminders.tables.bindings import Binding
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow


@dataclass(frozen=True)
class Standing:
    """An answer in force. `phone`: the other one that was left, masked.

    `is_own`: this follower gave it; `closed_at`: a member of staff saw to it.
    """

    answer_id: int
    license_id: int
    kind: AnswerKind
    date_kind: DateKind
    note: str
    phone: str
    until_on: date | None
    promised_on: date | None
    given_at: datetime
    closed_at: datetime | None
    is_own: bool


@dataclass(frozen=True)
class Offer:
    """Answers one may give about one date; `pause_until` None: it is too late to pause."""

    date_kind: DateKind
    expires_on: date
    pause_until: date | None
    pause_latest: date | None
    kinds: tuple[AnswerKind, ...]


def standing(session: Session, follower_id: int, license_ids: list[int] | None = None) -> list[Standing]:
    """Newest first, about the dates the ledger has now: the follower's own, and everybody's about licenses
    bound to them; of `license_ids` only, when given."""
    bound = (
        select(Binding.id)
        .where(Binding.follower_id == follower_id, Binding.license_id == Answer.license_id)
        .where(Binding.unbound_at.is_(None))
    )
    same_date = or_(
        and_(Answer.date_kind == DateKind.MAIN, License.expires_on == Answer.expires_on),
        and_(Answer.date_kind == DateKind.COMPANION, License.companion_on == Answer.expires_on),
    )
    query = (
        select(Answer)
        .join(License, License.id == Answer.license_id)
        .where(Answer.ended_at.is_(None), same_date)
        .order_by(Answer.id.desc())
    )
    if license_ids is None:
        query = query.where(Answer.follower_id == follower_id)
    else:
        query = query.where(
            Answer.license_id.in_(license_ids), or_(Answer.follower_id == follower_id, bound.exists())
        )
    vault = vault_of(session)
    return [
        Standing(
            answer_id=row.id,
            license_id=row.license_id,
            kind=row.kind,
            date_kind=row.date_kind,
            note=vault.open(row.note_cipher) if row.note_cipher and row.follower_id == follower_id else "",
            phone=_masked(vault, row.phone_cipher) if row.follower_id == follower_id else "",
            until_on=row.until_on if row.rests else None,
            promised_on=row.promised_on,
            given_at=row.given_at,
            closed_at=row.closed_at,
            is_own=row.follower_id == follower_id,
        )
        for row in session.execute(query).scalars()
    ]


def _masked(vault: Vault, sealed: bytes | None) -> str:
    return mask_phone(vault.open(sealed)) if sealed else ""


def offered(session: Session, license_id: int, *, now: datetime) -> list[Offer]:
    """For each date of the license that may be answered about; none when nothing is reminded."""
    row = session.get_one(License, license_id)
    if row.state is LicenseState.CANCELLED:
        return []
    days = ((DateKind.MAIN, row.expires_on), (DateKind.COMPANION, row.companion_on))
    offers = []
    for kind, expires_on in days:
        if expires_on is None or (kind is DateKind.MAIN and row.expiry is not Expiry.DATED):
            continue
        window = session.get(RenewalWindow, (row.catalogue_entry_id, kind, expires_on))
        offers.append(_offer(kind, expires_on, window.apply_by if window else None, row.state, now))
    return offers


def _offer(
    kind: DateKind, expires_on: date, apply_by: date | None, state: LicenseState, now: datetime
) -> Offer:
    today = clock.civil_date(now)
    pause = usual_pause_end(today, expires_on, apply_by)
    kinds = [one for one in AnswerKind if one is not AnswerKind.LATER or pause is not None]
    if state is LicenseState.RENEWING:
        kinds = [one for one in kinds if one not in (AnswerKind.APPLIED, AnswerKind.LATER)]
    return Offer(kind, expires_on, pause, last_call(expires_on, apply_by) if pause else None, tuple(kinds))
