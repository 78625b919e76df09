"""Shows what a wording says about a real license of the ledger, with people's names masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from reminders import clock
from reminders.errors import NotFound
from reminders.message_templates.rows import LedgerRow, in_scope, masked_number, rows, told
from reminders.rules import sms_text
from reminders.rules.permissions import Actor
from reminders.rules.template_fields import FieldFault
from reminders.rules.wording_kinds import KINDS
from reminders.rules.wordings import TEXT, Medium, Wording
from reminders.tables.ledger import License

CHOICES = 12


@dataclass(frozen=True)
class Choice:
    """A license one may look at."""

    license_id: int
    license_name: str
    holder_name: str
    expires_on: date


@dataclass(frozen=True)
class Preview:
    """`parts` pairs a field or part with its text; `problem` says why this row could not be told so.

    `paid` is 0 where nothing is paid by length.
    """

    choices: tuple[Choice, ...]
    license_id: int | None
    parts: tuple[tuple[str, str], ...]
    paid: int
    problem: str


def preview(
    session: Session,
    wording: Wording,
    license_id: int | None,
    *,
    signature: str = "",
    portal_url: str = "",
    actor: Actor,
    now: datetime,
) -> Preview:
    """On this license, else on the one due first. Raises NotFound outside the actor's departments."""
    scope = in_scope(actor)
    found = rows(session, scope, CHOICES)
    chosen = found[:1] if license_id is None else rows(session, [*scope, License.id == license_id], 1)
    choices = tuple(_choice(row) for row in found)
    if license_id is not None and not chosen:
        raise NotFound("没有这本证照，或者它不归您的科室。请重新选择。")
    if not chosen:
        return Preview(choices, None, (), 0, "台账里还没有可以拿来预览的证照。")
    parts, problem = _said(wording, [masked_number(row) for row in chosen], clock.civil_date(now), portal_url)
    is_sms = KINDS[wording.kind].medium is Medium.SMS
    if is_sms and parts:
        parts = ((TEXT, sms_text.signed(parts[0][1], signature)),)
    paid = sms_text.segments(parts[0][1].partition("】")[2], signature) if is_sms and parts else 0
    return Preview(choices, chosen[0].line.license_id, parts, paid, problem)


def _said(
    wording: Wording, chosen: Sequence[LedgerRow], today: date, portal_url: str
) -> tuple[tuple[tuple[str, str], ...], str]:
    values = told(wording.kind, chosen, today, portal_url)
    try:
        if KINDS[wording.kind].medium is Medium.FIELDS:
            return tuple(wording.fields(values).items()), ""
        return tuple((part, wording.text(values, part)) for part in wording.parts), ""
    except FieldFault:
        return (), "这本证照缺少其中一个值，这条消息发不出，会改走下一个方式。"
    except KeyError as unknown:
        return (), f"没有 {{{unknown.args[0]}}} 这个占位符。"


def _choice(row: LedgerRow) -> Choice:
    return Choice(row.line.license_id, row.line.license_name, row.facts.holder_name, row.line.expires_on)
