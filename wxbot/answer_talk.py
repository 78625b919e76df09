"""Answers to reminders typed in the conversation: one license at once, else the question which."""

import re
from datetime import date

from sqlalchemy.orm import Session

from reminders import answers, holders
from reminders.answers import Standing
from reminders.errors import Invalid
from reminders.holders import Mine, OwnLicense
from reminders.rules.lifecycle import AnswerKind
from wxbot import answer_wording, wording
from wxbot.talk import MOST_LISTED, Talk, numbered
from wxbot.voice import say

PLACE = re.compile(r"第? ?([1-9])(?: ?[本个号])?(?:[ ,，、:：]+(.*))?")
DAY = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")


def give(session: Session, talk: Talk, follower_id: int) -> str:
    """已提交 2 · 暂不提醒 2026-12-20 · 预约 1 周三上午."""
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    kind = talk.heard.kind
    if not mine.licenses or kind is None:
        return answer_wording.NOTHING_BOUND
    found = PLACE.fullmatch(talk.heard.words)
    place, rest = (found[1], found[2] or "") if found else ("", talk.heard.words)
    own = numbered(mine, place) if place else _meant(mine)
    if own is None:
        if place:
            return wording.NO_SUCH_NUMBER
        return answer_wording.TOO_MANY if mine.next_after else answer_wording.which(kind, mine.licenses)
    until = _day(rest) if kind is AnswerKind.LATER else None
    note = rest if kind in (AnswerKind.BOOK, AnswerKind.HELP) else ""
    answer_id = answers.give(session, follower_id, own.license_id, kind, until=until, note=note, now=talk.now)
    given = _one(session, follower_id, answer_id)
    return answer_wording.told(given, own.facts.license_name)


def take_back(session: Session, talk: Talk, follower_id: int) -> str:
    """The newest of their own answers that still stands."""
    own = [one for one in answers.standing(session, follower_id) if one.is_own]
    if not own:
        return answer_wording.NOTHING_TO_TAKE_BACK
    license_id = answers.withdraw(session, follower_id, own[0].answer_id, now=talk.now)
    page = holders.license_page(session, talk.openid, license_id, now=talk.now)
    return answer_wording.taken_back(own[0], page.facts.license_name)


def _meant(mine: Mine) -> OwnLicense | None:
    """The only one, or the only one with something to do now."""
    if len(mine.licenses) == 1:
        return mine.licenses[0]
    urgent = [own for own in mine.licenses if own.status.key in wording.TO_DO_NOW]
    return urgent[0] if len(urgent) == 1 and not mine.next_after else None


def _one(session: Session, follower_id: int, answer_id: int) -> Standing:
    return next(one for one in answers.standing(session, follower_id) if one.answer_id == answer_id)


def _day(words: str) -> date | None:
    """None when no day was said. Raises Invalid for one that no calendar has."""
    found = DAY.search(words)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Invalid(say("没有 {day} 这一天，请写成 2027-01-20 的样子。", day=found[0])) from None
