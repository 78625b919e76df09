"""What somebody hears who scans a QR code from paper or types a code from it."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from reminders import binding, clock, holders
from reminders.binding import PassOutcome, PassResult
from reminders.rules.pass_code import is_scene, tidy
from wxbot import bind_wording, more_talk, wording
from wxbot.talk import MOST_LISTED, Talk
from wxbot.voice import say

ALMOST = "看到了，再走一步就绑定好。"
GONE = (
    "这个二维码或绑定码不能用了：可能已经用过、过期，或者输错了。\n"
    "换个办法绑定：\n"
    "回复“绑定”，用台账登记手机的验证码；\n"
    "到窗口请工作人员重新开一个；\n"
    "同事已经绑定的，请他邀请您。"
)
STAFF_LINKED = "已关联您的工作人员账号。在工作台的“模板”里，可以把写好的话发给自己试一试。"
TOO_OFTEN = "试的次数太多，请过一小时再试，或者回复“绑定”用登记手机的验证码。"


def bring(session: Session, talk: Talk, follower_id: int) -> str:
    words = talk.heard.words
    secret = words if is_scene(words) else tidy(words) or words
    return _told(session, talk, follower_id, binding.bring(session, follower_id, secret, now=talk.now))


def bring_held(session: Session, talk: Talk, follower_id: int) -> str:
    """What came of a pass brought before they agreed; "" when there was none."""
    result = binding.bring_held(session, follower_id, now=talk.now)
    return _told(session, talk, follower_id, result) if result else ""


def bound_text(session: Session, talk: Talk, license_ids: Sequence[int], next_due_on: date | None) -> str:
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    return wording.bound(len(license_ids), mine.licenses, next_due_on, clock.civil_date(talk.now))


def _told(session: Session, talk: Talk, follower_id: int, result: PassResult) -> str:
    if result.outcome is PassOutcome.BOUND:
        text = bound_text(session, talk, result.license_ids, result.next_due_on)
        others = more_talk.elsewhere(session, follower_id, talk)
        return "\n".join(filter(None, [text, others, say(more_talk.WHO)]))
    if result.outcome is PassOutcome.STAFF_LINKED:
        return say(STAFF_LINKED)
    if result.outcome is PassOutcome.AGREE_FIRST:
        return say(ALMOST) + "\n" + bind_wording.consent_asked(talk.settings)
    refused = TOO_OFTEN if result.outcome is PassOutcome.TOO_OFTEN else GONE
    return f"{say(refused)}\n{wording.or_call(talk.settings)}".rstrip()
