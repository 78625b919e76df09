"""How far somebody's applications are."""

from sqlalchemy.orm import Session

from reminders import applications, holders
from reminders.applications import Progress
from reminders.holders import Mine, OwnLicense
from reminders.rules.service_words import APPLICATIONS
from reminders.rules.status import StatusKey
from wxbot import wording
from wxbot.talk import MOST_LISTED, Answer, Talk
from wxbot.voice import day, kind, retell, say

NONE = "没有正在办理的申请。已经提交了的，请打开证照页，填上受理号。"
OPEN = "看这一本"


def progress(session: Session, talk: Talk, mine: Mine) -> Answer:
    if not mine.licenses:
        return Answer(wording.NOTHING_BOUND)
    me = holders.follower_id(session, talk.openid)
    told = dict(applications.under_way(session, me, most=MOST_LISTED))
    shown = [holders.license_page(session, talk.openid, one, now=talk.now) for one in told]
    shown += [
        own for own in mine.licenses if own.status.key is StatusKey.RENEWING and own.license_id not in told
    ]
    if not shown:
        page = f"{talk.settings.wxbot_url}/h5/licenses"
        return Answer(f"{say(NONE)}\n{wording.link(page, say('看我的全部证照'))}")
    blocks = [_block(own, told.get(own.license_id), talk) for own in shown[:MOST_LISTED]]
    return Answer("\n\n".join(blocks), tuple(shown[:MOST_LISTED]))


def _block(own: OwnLicense, under_way: Progress | None, talk: Talk) -> str:
    stage = retell(APPLICATIONS[under_way.stage]) if under_way else retell(own.status.word)
    lines = [say("{name}：{word}", name=kind(own.facts.license_name), word=stage)]
    if under_way and under_way.number:
        lines.append(say("受理号 {number}", number=under_way.number))
    expected = (
        day(under_way.expected_on) if under_way and under_way.expected_on else say("还不知道，请问科室")
    )
    lines.append(say("预计办结：{day}", day=expected))
    phone = own.facts.service_phone or talk.settings.service_phone
    lines += [say("电话：{phone}", phone=phone)] if phone else []
    page = f"{talk.settings.wxbot_url}/h5/licenses/{own.license_id}"
    return "\n".join([*lines, wording.link(page, say(OPEN))])
