"""Sends a wording to whoever wrote it, with made-up values, and tells what the provider answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, limits, own_messages, own_reach
from reminders.errors import Conflict, Invalid, LimitReached, NotFound
from reminders.limits import Limit
from reminders.rules import trial_message
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Actor
from reminders.rules.wording_checks import faults
from reminders.rules.wording_kinds import KINDS
from reminders.rules.wordings import TemplateKind, Wording, thawed
from reminders.tables.own_messages import OwnMessage

HOURLY = Limit("try-staff-hour", 10, timedelta(hours=1))
DAILY = Limit("try-staff-day", 30, timedelta(days=1))
OF_ALL = Limit("try-all-day", 300, timedelta(days=1))
NOWHERE = {
    Channel.SMS: "请先在“我的账号”里核实自己的手机，再试发短信。",
    Channel.WECHAT: "请先在“我的账号”里关联自己的微信，再试发。",
    Channel.SUBSCRIPTION: "请先在“我的账号”里关联自己的微信，再试发。",
}


@dataclass(frozen=True)
class Trial:
    """`outcome` is None while the answer is awaited; `said` is what it means, `code` the provider's own."""

    id: int
    kind: TemplateKind
    version_number: int | None
    wording: Wording
    asked_at: datetime
    outcome: SendOutcome | None
    code: str
    said: str
    is_marked: bool


def try_out(
    session: Session,
    wording: Wording,
    *,
    version_number: int | None = None,
    signature: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """The id of the trial, which leaves within seconds. It is no delivery, and no books count it.

    Raises Invalid for a wording with faults or of no channel, Conflict without an own address or while
    sending is stopped, LimitReached.
    """
    channel = trial_message.channel_of(wording.kind)
    if channel is None:
        raise Invalid("电话话术、函告和业务系统提示没有试发，请看预览。")
    found = faults(wording, signature)
    if found:
        raise Invalid("先改好再试发：" + "".join(one.sentence for one in found))
    own = own_reach.reach_of(session, actor.staff_id or 0)
    if not (own.phone if channel is Channel.SMS else own.has_wechat):
        raise Conflict(NOWHERE[channel])
    _spend(session, actor, now)
    message_id = own_messages.queue_trial(
        session, actor.staff_id or 0, channel, wording, version_number, now=now
    )
    detail = {"kind": KINDS[wording.kind].name, "number": version_number, "channel": channel}
    audit.record(session, "template.try", f"own_message:{message_id}", detail, actor=actor, now=now)
    return message_id


def trial(session: Session, message_id: int, *, actor: Actor, now: datetime) -> Trial:
    """One's own only. Raises NotFound."""
    row = session.execute(
        select(OwnMessage).where(
            OwnMessage.id == message_id, OwnMessage.staff_id == actor.staff_id, OwnMessage.content != ""
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这次试发，或者不是您发的。请从“模板”里重新试。")
    wording, outcome = thawed(row.kind, row.template_id, row.content), row.outcome
    if outcome is None and row.taken_at is not None and row.taken_at < now - own_messages.SILENT_AFTER:
        outcome = SendOutcome.UNKNOWN
    elif outcome is None and row.taken_at is None and row.asked_at < now - own_messages.STALE_AFTER:
        outcome = SendOutcome.ABANDONED
    return Trial(
        row.id,
        row.kind,
        row.version_number,
        wording,
        row.asked_at,
        outcome,
        "" if outcome is SendOutcome.ACCEPTED else row.answer,
        trial_message.answer(outcome, row.answer) if outcome else "",
        trial_message.is_marked(wording),
    )


def _spend(session: Session, actor: Actor, now: datetime) -> None:
    tries = [(HOURLY, actor.ref), (DAILY, actor.ref), (OF_ALL, "all")]
    within = [limits.spend(session, limit, subject, now=now) for limit, subject in tries]
    if not all(within):
        raise LimitReached(f"试发太多了：每人每小时 {HOURLY.most} 次，每天 {DAILY.most} 次。请过一会儿再试。")
