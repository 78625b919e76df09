"""Unbinding in the conversation: what would end, the confirmation with its six digits, and the way back."""

from sqlalchemy.orm import Session

from reminders import binding, consents, holders
from reminders.holders import Mine
from wxbot import bind_wording, wording
from wxbot.talk import Answer, Talk, numbered


def unbind(session: Session, talk: Talk, mine: Mine) -> Answer:
    """Says what to reply; nothing ends before the confirmation with its six digits."""
    if not mine.licenses:
        return Answer(wording.NOTHING_BOUND)
    if len(mine.licenses) > 1 and not talk.heard.words:
        return Answer(wording.unbind_choices(mine))
    if talk.heard.words == "全部":
        ids = holders.active_bindings(session, talk.openid)
        token = holders.unbind_token(session, ids)
        return Answer(wording.unbind_sure(mine.licenses, token, is_all=True))
    own = numbered(mine, talk.heard.words or "1")
    if own is None:
        return Answer(wording.NO_SUCH_NUMBER)
    token = holders.unbind_token(session, [own.binding_id])
    return Answer(wording.unbind_sure([own], token, is_all=False))


def unbind_sure(session: Session, talk: Talk, follower_id: int) -> str:
    meant = holders.bindings_meant(session, follower_id, talk.heard.words)
    count = binding.unbind(session, follower_id, meant, now=talk.now) if meant else 0
    return wording.unbound(count) if count else wording.NOTHING_TO_UNBIND


def come_back(session: Session, talk: Talk, follower_id: int) -> str:
    """What they unbound last, in one go; the page has what they unbound before."""
    if not consents.is_given(session, follower_id):
        return bind_wording.consent_asked(talk.settings)
    count, more = binding.come_back_to_last(session, follower_id, now=talk.now)
    return bind_wording.come_back(count, more, talk.settings)
