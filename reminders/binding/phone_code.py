"""The code sent to the phone in the ledger: asked for, typed, then everything that phone proves is bound."""

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reminders import agreement, limits, outbox
from reminders.binding import bonds, matching
from reminders.binding.matching import Match
from reminders.db import vault_of
from reminders.limits import Limit
from reminders.outbox import SPOKEN
from reminders.rules import identity
from reminders.rules.lifecycle import BindHow, LicenseState
from reminders.tables.bindings import BindRequest
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

TRIES = 5
LOCKED_FOR = timedelta(minutes=30)
AGAIN_AFTER = timedelta(minutes=1)
ASKED_LATELY = timedelta(minutes=30)
PER_FOLLOWER = (
    Limit("bind-follower-hour", 10, timedelta(hours=1)),
    Limit("bind-follower-day", 20, timedelta(days=1)),
)
SAME_IDENTIFIER = Limit("bind-same", 1, timedelta(minutes=1))
PER_PHONE = (
    Limit("bind-phone-minute", 1, timedelta(minutes=1)),
    Limit("bind-phone-hour", 5, timedelta(hours=1)),
    Limit("bind-phone-day", 10, timedelta(days=1)),
)
ALL_CODES = Limit("bind-all-hour", 2000, timedelta(hours=1))


class Outcome(StrEnum):
    """How one typed code ended."""

    BOUND = "bound"
    WRONG = "wrong"
    LOCKED = "locked"
    NOTHING_OPEN = "nothing_open"


@dataclass(frozen=True)
class CodeResult:
    """`license_ids` are those bound now, `next_due_on` the day of the next reminder among them."""

    outcome: Outcome
    tries_left: int = 0
    locked_until: datetime | None = None
    license_ids: tuple[int, ...] = ()
    next_due_on: date | None = None


def start(session: Session, follower_id: int, identifier: str, *, now: datetime) -> datetime | None:
    """Asks for a code. Answers alike whether or not the identifier names anything: None, or until when
    this follower is locked after too many wrong codes.

    `identifier` is a license number, a credit code, or the holder's name where a license has no number.
    Raises Forbidden for a follower who has not agreed to the privacy notice.
    """
    return _ask(
        session, follower_id, identity.number_key(identifier), lambda: matching.find(session, identifier), now
    )


def start_at(session: Session, follower_id: int, license_id: int, *, now: datetime) -> datetime | None:
    """The same for a license that the caller may be told of: the code goes to its own phone."""
    key = f"license:{license_id}"
    return _ask(session, follower_id, key, lambda: matching.phone_of(session, license_id), now)


def again(
    session: Session, follower_id: int, *, is_spoken: bool, now: datetime
) -> tuple[Outcome | None, datetime | None]:
    """Another code for what was asked for last, by SMS or by a call; within the same limits.

    (None, None) whether or not anything matched; NOTHING_OPEN where nothing was asked for lately; else until
    when they must wait: LOCKED, or (None, moment) in the first minute. Raises Forbidden as `start`.
    """
    request = _newest(session, follower_id)
    if request is None or request.outcome or request.created_at <= now - ASKED_LATELY:
        locked_until = _locked_until(session, follower_id, now)
        return (Outcome.LOCKED if locked_until else Outcome.NOTHING_OPEN), locked_until
    if now < request.created_at + AGAIN_AFTER:
        return None, request.created_at + AGAIN_AFTER
    first = next(iter(json.loads(request.license_ids)), 0)
    locked_until = _ask(
        session,
        follower_id,
        "again",
        lambda: matching.phone_of(session, first),
        now,
        SPOKEN if is_spoken else "",
    )
    return (Outcome.LOCKED if locked_until else None), locked_until


def again_at(session: Session, follower_id: int) -> datetime | None:
    """From when they may ask for another code; None where they asked for none."""
    request = _newest(session, follower_id)
    return None if request is None else request.created_at + AGAIN_AFTER


def confirm(session: Session, follower_id: int, code: str, *, now: datetime) -> CodeResult:
    """Tries a code against the newest open request; the right one binds, once; Forbidden as in `start`."""
    result = check(session, follower_id, code, now=now)
    if result.outcome is Outcome.BOUND:
        bonds.bind(session, follower_id, result.license_ids, BindHow.PHONE_CODE, now=now)
    return result


def check(session: Session, follower_id: int, code: str, *, now: datetime) -> CodeResult:
    """The same without binding: BOUND means proved, and the caller binds them in this transaction."""
    agreement.must_have_agreed(session, follower_id)
    request = _open_request(session, follower_id, now)
    # Only now: another try may have locked this follower while this one waited for the row.
    locked_until = _locked_until(session, follower_id, now)
    if locked_until is not None:
        return CodeResult(Outcome.LOCKED, locked_until=locked_until)
    if request is None:
        return CodeResult(Outcome.NOTHING_OPEN)
    proved = _proved(session, request, code)
    if proved is None:
        return _wrong(request, now)
    phone_hash, license_ids = proved
    request.closed_at, request.outcome, request.phone_hash = now, Outcome.BOUND, phone_hash
    session.flush()
    next_due_on = bonds.next_due(session, license_ids)
    return CodeResult(Outcome.BOUND, license_ids=license_ids, next_due_on=next_due_on)


def cancel(session: Session, follower_id: int, *, now: datetime) -> bool:
    """Gives up a waiting request; False when there was none. A lock stays."""
    return _close_open(session, follower_id, "cancelled", now)


def _ask(
    session: Session,
    follower_id: int,
    key: str,
    find: Callable[[], Match | None],
    now: datetime,
    how: str = "",
) -> datetime | None:
    agreement.must_have_agreed(session, follower_id)
    locked_until = _locked_until(session, follower_id, now)
    if locked_until is not None:
        return locked_until
    if not _may_ask(session, follower_id, key, now):
        return None
    match = find()
    code = f"{secrets.randbelow(1_000_000):06d}"
    is_sent = _may_send(session, match, now)
    _close_open(session, follower_id, "replaced", now)
    proof = match.phone_hash if match and is_sent else secrets.token_hex(32)
    session.add(
        BindRequest(
            follower_id=follower_id,
            license_ids=json.dumps(match.license_ids if match and is_sent else []),
            code_hash=_code_hash(session, follower_id, proof, code),
            created_at=now,
            expires_at=now + outbox.CODE_LIFETIME,
        )
    )
    session.flush()
    if match and is_sent:
        outbox.queue_code(session, match.contact_id, match.phone_hash, how + code, now=now)
    else:
        outbox.queue_nothing(session, follower_id, how + code, now=now)
    return None


def _may_ask(session: Session, follower_id: int, key: str, now: datetime) -> bool:
    """Limits that depend on the follower's own doing only, so that they tell nothing about the ledger."""
    who = str(follower_id)
    within = [limits.spend(session, limit, who, now=now) for limit in PER_FOLLOWER]
    return limits.spend(session, SAME_IDENTIFIER, f"{who}:{key}", now=now) and all(within)


def _may_send(session: Session, match: Match | None, now: datetime) -> bool:
    """Spends the limits of the phone, then of all codes, each only when those before it allowed.

    What must not be spent is spent on nobody, so that a hit, a miss and a limit take the same time.
    """
    nobody = f"nobody:{secrets.token_hex(8)}"
    is_within = match is not None
    for limit in (*PER_PHONE, ALL_CODES):
        somebody = "all" if limit is ALL_CODES else match.phone_hash if match else nobody
        is_within &= limits.spend(session, limit, somebody if is_within else nobody, now=now)
    return is_within


def _newest(session: Session, follower_id: int) -> BindRequest | None:
    mine = select(BindRequest).where(BindRequest.follower_id == follower_id)
    return session.execute(mine.order_by(BindRequest.id.desc()).limit(1)).scalar_one_or_none()


def _open_request(session: Session, follower_id: int, now: datetime) -> BindRequest | None:
    newest = (
        select(BindRequest)
        .where(BindRequest.follower_id == follower_id)
        .order_by(BindRequest.id.desc())
        .limit(1)
        .with_for_update()
    )
    request = session.execute(newest).scalar_one_or_none()
    if request is None or request.closed_at is not None or request.expires_at <= now:
        return None
    return request


def _proved(session: Session, request: BindRequest, code: str) -> tuple[str, tuple[int, ...]] | None:
    """The phone this code was sent to, and the licenses whose phone in the ledger it is now."""
    ids = json.loads(request.license_ids)
    rows = session.execute(
        select(License.id, Contact.phone_hash)
        .join(Contact, Contact.id == License.contact_id)
        .where(License.id.in_(ids), License.state != LicenseState.CANCELLED)
    ).all()
    proved: str | None = None
    for phone_hash in sorted({row.phone_hash for row in rows}) or ["nobody"]:
        expected = _code_hash(session, request.follower_id, phone_hash, code)
        if hmac.compare_digest(expected, request.code_hash):
            proved = phone_hash
    license_ids = tuple(row.id for row in rows if row.phone_hash == proved)
    return (proved, license_ids) if proved and license_ids else None


def _wrong(request: BindRequest, now: datetime) -> CodeResult:
    request.tries += 1
    if request.tries < TRIES:
        return CodeResult(Outcome.WRONG, tries_left=TRIES - request.tries)
    request.closed_at, request.outcome = now, Outcome.LOCKED
    return CodeResult(Outcome.LOCKED, locked_until=now + LOCKED_FOR)


def _locked_until(session: Session, follower_id: int, now: datetime) -> datetime | None:
    closed_at = session.execute(
        select(func.max(BindRequest.closed_at)).where(
            BindRequest.follower_id == follower_id,
            BindRequest.outcome == Outcome.LOCKED,
            BindRequest.closed_at > now - LOCKED_FOR,
        )
    ).scalar_one_or_none()
    return None if closed_at is None else closed_at + LOCKED_FOR


def _close_open(session: Session, follower_id: int, outcome: str, now: datetime) -> bool:
    closed = session.execute(
        update(BindRequest)
        .where(BindRequest.follower_id == follower_id, BindRequest.closed_at.is_(None))
        .values(closed_at=now, outcome=outcome)
        .returning(BindRequest.expires_at)
        .execution_options(synchronize_session=False)
    ).scalars()
    return any(expires_at > now for expires_at in closed.all())


def _code_hash(session: Session, follower_id: int, phone_hash: str, code: str) -> str:
    return vault_of(session).blind(f"bind:{follower_id}:{phone_hash}:{code}")
