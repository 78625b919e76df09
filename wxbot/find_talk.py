"""Finding one license among many by some words."""

from sqlalchemy.orm import Session

from reminders import holders
from reminders.holders import Mine
from wxbot import wording
from wxbot.talk import MOST_LISTED, Answer, Talk
from wxbot.voice import say

NOTHING = "您绑定的证照里，没有名称、持证人或编号带“{words}”的。少写几个字再试，或回复“我的证照”。"
FOUND = "找到了，点开看："
MORE = "还有更多，点这里再找"


def find(session: Session, talk: Talk, mine: Mine) -> Answer:
    """One is told whole, several as links: their places in the list would be others than those found."""
    if not mine.licenses:
        return Answer(wording.NOTHING_BOUND)
    words = talk.heard.words
    found = holders.find_licenses(session, talk.openid, words, most=MOST_LISTED, now=talk.now)
    if not found.licenses:
        return Answer(say(NOTHING, words=words))
    if len(found.licenses) == 1:
        return Answer(wording.license_text(found.licenses[0], talk.settings), found.licenses)
    page = f"{talk.settings.wxbot_url}/h5/licenses"
    rows = [wording.link(f"{page}/{own.license_id}", wording.row(own)) for own in found.licenses]
    more = [wording.link(page, say(MORE))] if found.next_after else []
    return Answer("\n".join([say(FOUND), *rows, *more]), found.licenses)
