"""Answers one message of a holder: one function per intent, one transaction per message."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from config.settings import Settings
from reminders import binding, catalogue, checking, consents, holders, kept_replies
from reminders.binding import Outcome
from reminders.db import Database
from reminders.errors import Invalid
from reminders.holders import Mine, OwnLicense
from reminders.rules import identity
from reminders.rules.keywords import Intent
from reminders.rules.lifecycle import Language
from reminders.rules.tidings import WRITES_KNOWN_WITHIN
from wxbot import (
    answer_talk,
    bind_wording,
    check_wording,
    consent_talk,
    find_talk,
    invite_talk,
    language_talk,
    leave_talk,
    more_talk,
    pass_talk,
    progress_talk,
    small_talk,
    voice,
    voice_talk,
    wording,
)
from wxbot.talk import MOST_LISTED, Answer, Talk, numbered
from wxbot.voice import retell, say

IN_ENGLISH = "In English: reply “English”"


def answer(database: Database, talk: Talk) -> str:
    """Questions are read and computed anew; what has an effect happens once and is answered alike again."""
    if talk.heard.intent in EFFECTS:
        return _once(database, talk, EFFECTS[talk.heard.intent])
    with database.read() as session:
        voice.speak(holders.language(session, talk.openid))
        if talk.heard.intent in FIXED:
            return _in_english_too(talk, FIXED[talk.heard.intent](talk.settings))
        mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
        found = QUESTIONS[talk.heard.intent](session, talk, mine)
    asked = [own.license_id for own in found.told if own.wants_sign]
    if asked or ((mine.needs_hearing or _wrote_anew(talk, mine)) and mine.licenses):
        with database.begin() as session:
            holders.heard_from(session, talk.openid, wrote=talk.is_typed, now=talk.happened_at)
            holders.note_asked(session, talk.openid, asked, now=talk.now)
    return _in_english_too(talk, retell(found.text))


def _in_english_too(talk: Talk, text: str) -> str:
    """Whoever writes English and hears Chinese is told in one line how to hear English."""
    if not talk.heard.is_english or voice.spoken() is Language.EN or IN_ENGLISH in text:
        return text
    return f"{text}\n{IN_ENGLISH}"


def _once(database: Database, talk: Talk, act: Callable[[Session, Talk, int], str]) -> str:
    with database.begin() as session:
        earlier = kept_replies.claim(session, talk.digest, now=talk.now)
        if earlier is not None:
            return earlier
        voice.speak(holders.language(session, talk.openid))
        follower_id = holders.heard_from(session, talk.openid, wrote=talk.is_typed, now=talk.happened_at)
        text = retell(act(session, talk, follower_id))
        kept_replies.keep(session, talk.digest, text)
        return text


# --- questions ---


def my_licenses(session: Session, talk: Talk, mine: Mine) -> Answer:
    if not mine.licenses:
        return Answer(wording.NOTHING_BOUND)
    news = invite_talk.news(session, talk)
    if len(mine.licenses) == 1:
        return Answer(news + wording.license_text(mine.licenses[0], talk.settings), mine.licenses[:1])
    return Answer(news + wording.licenses(mine, talk.settings), mine.licenses)


def choice(_session: Session, talk: Talk, mine: Mine) -> Answer:
    if not mine.licenses:
        return Answer(wording.NOTHING_BOUND)
    own = numbered(mine, talk.heard.words)
    return _one(talk, own) if own else Answer(wording.NO_SUCH_NUMBER)


def how_to_renew(session: Session, talk: Talk, mine: Mine) -> Answer:
    own = numbered(mine, talk.heard.words) or _named(mine, talk.heard.words)
    guide = None if own else _kind_guide(session, talk)
    if guide is not None:
        return Answer(guide)
    if not mine.licenses:
        return Answer(wording.WHICH_KIND)
    own = own or mine.licenses[0]
    return Answer(wording.how_to_renew(own, talk.settings, len(mine.licenses) - 1), (own,))


def materials(session: Session, talk: Talk, mine: Mine) -> Answer:
    own = numbered(mine, talk.heard.words) or _named(mine, talk.heard.words)
    guide = None if own else _kind_guide(session, talk)
    if guide is not None:
        return Answer(guide)
    if not mine.licenses:
        return Answer(wording.WHICH_KIND)
    own = own or mine.licenses[0]
    return Answer(wording.materials(own, talk.settings), (own,))


def address(_session: Session, talk: Talk, mine: Mine) -> Answer:
    return Answer(wording.places(mine, talk.settings) if mine.licenses else wording.WHICH_KIND)


def human(_session: Session, talk: Talk, mine: Mine) -> Answer:
    told = small_talk.by_phone if talk.heard.words else wording.human
    return Answer(told(mine, talk.settings))


# --- effects ---


def bind_with(session: Session, talk: Talk, follower_id: int) -> str:
    if not consents.is_given(session, follower_id):
        return bind_wording.consent_asked(talk.settings)
    locked_until = binding.start(session, follower_id, talk.heard.words, now=talk.now)
    if locked_until is not None:
        return wording.locked(locked_until, talk.settings)
    return wording.code_asked(talk.settings)


def identifier(session: Session, talk: Talk, follower_id: int) -> str:
    """A number of their own is a question about it, ten signs may be a check code; others ask to bind."""
    if checking.is_given_out(session, talk.heard.words):
        return check(session, talk, follower_id)
    own = holders.own_by_identifier(
        session,
        talk.openid,
        identity.number_key(talk.heard.words),
        _credit_code(talk.heard.words),
        now=talk.now,
    )
    if own is None and binding.is_given_out(session, talk.heard.words):
        return pass_talk.bring(session, talk, follower_id)
    if own is None:
        return bind_with(session, talk, follower_id)
    holders.note_asked(session, talk.openid, [own.license_id], now=talk.now)
    return wording.license_text(own, talk.settings)


def code(session: Session, talk: Talk, follower_id: int) -> str:
    if not consents.is_given(session, follower_id):
        return bind_wording.consent_asked(talk.settings)
    result = binding.confirm(session, follower_id, talk.heard.words, now=talk.now)
    if result.outcome is Outcome.BOUND:
        text = pass_talk.bound_text(session, talk, result.license_ids, result.next_due_on)
        more = more_talk.offered(session, follower_id, talk)
        others = more_talk.elsewhere(session, follower_id, talk)
        return "\n".join(filter(None, [text, more, others, say(more_talk.WHO)]))
    if result.outcome is Outcome.LOCKED and result.locked_until:
        return wording.locked(result.locked_until, talk.settings)
    if result.outcome is Outcome.WRONG:
        return wording.wrong_code(result.tries_left)
    return wording.NO_CODE_WAITING


def check(session: Session, talk: Talk, follower_id: int) -> str:
    """Whether a message is ours, and whether it was written to this person."""
    if not talk.heard.words:
        return check_wording.how_to(talk.settings)
    asker = f"follower:{follower_id}"
    told = checking.check(session, talk.heard.words, asker=asker, follower_id=follower_id, now=talk.now)
    return check_wording.ours(told, talk.settings) if told else check_wording.not_ours(talk.settings)


def cancel(session: Session, talk: Talk, follower_id: int) -> str:
    was_open = binding.cancel(session, follower_id, now=talk.now)
    return wording.CANCELLED if was_open else wording.NOT_WAITING


def unknown(session: Session, talk: Talk, follower_id: int) -> str:
    """Help, but not again and again: the second time within ten minutes a person is nearer."""
    if not holders.is_puzzled_again(session, follower_id, now=talk.now):
        return _in_english_too(talk, wording.unknown(talk.settings))
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    return _in_english_too(talk, wording.still_unknown(mine, talk.settings))


def _wrote_anew(talk: Talk, mine: Mine) -> bool:
    """Written down a few times a day only: most questions are answered without a write."""
    return talk.is_typed and (
        mine.wrote_at is None or talk.happened_at - mine.wrote_at >= WRITES_KNOWN_WITHIN
    )


def _one(talk: Talk, own: OwnLicense) -> Answer:
    return Answer(wording.license_text(own, talk.settings), (own,))


def _named(mine: Mine, words: str) -> OwnLicense | None:
    """By the kind, as it is called or with other words around it."""
    names = ((own, own.facts.license_name) for own in mine.licenses if len(words) > 1)
    return next((own for own, name in names if words in name or name in words), None)


def _kind_guide(session: Session, talk: Talk) -> str | None:
    words = talk.heard.words
    if len(words) < 2:
        return None
    kinds = [
        kind
        for kind in catalogue.entries(session)
        if words in kind.license_name or kind.license_name in words
    ]
    return wording.kind_guide(kinds[0], talk.settings) if kinds else None


def _credit_code(words: str) -> str | None:
    try:
        return identity.credit_code(words)
    except Invalid:
        return None


FIXED: dict[Intent, Callable[[Settings], str]] = {
    Intent.HELP: wording.help_text,
    Intent.GREETING: small_talk.greeting,
    Intent.THANKS: small_talk.thanks,
    Intent.STOP: small_talk.stop,
    Intent.FEEDBACK: small_talk.feedback,
}
QUESTIONS: dict[Intent, Callable[[Session, Talk, Mine], Answer]] = {
    Intent.BIND: consent_talk.bind,
    Intent.MY_DATA: consent_talk.my_data,
    Intent.MY_LICENSES: my_licenses,
    Intent.CHOICE: choice,
    Intent.FIND: find_talk.find,
    Intent.PROGRESS: progress_talk.progress,
    Intent.HOW_TO_RENEW: how_to_renew,
    Intent.MATERIALS: materials,
    Intent.ADDRESS: address,
    Intent.HUMAN: human,
    Intent.UNBIND: leave_talk.unbind,
    Intent.UNBIND_ONE: leave_talk.unbind,
    Intent.SUGGEST: small_talk.suggest,
    Intent.SUGGEST_BIND: small_talk.suggest_bind,
}
EFFECTS: dict[Intent, Callable[[Session, Talk, int], str]] = {
    Intent.BIND_WITH: bind_with,
    Intent.BIND_CODE: pass_talk.bring,
    Intent.BIND_ALL: more_talk.bind_all,
    Intent.ROLE: more_talk.role,
    Intent.INVITE: invite_talk.invite,
    Intent.HAND_OVER: invite_talk.hand_over,
    Intent.APPEAL: invite_talk.appeal,
    Intent.STRANGER: invite_talk.stranger,
    Intent.IDENTIFIER: identifier,
    Intent.CODE: code,
    Intent.UNBIND_SURE: leave_talk.unbind_sure,
    Intent.COME_BACK: leave_talk.come_back,
    Intent.VOICE_CODE: voice_talk.call,
    Intent.CANCEL: cancel,
    Intent.CHECK: check,
    Intent.ANSWER: answer_talk.give,
    Intent.TAKE_BACK: answer_talk.take_back,
    Intent.UNKNOWN: unknown,
    Intent.LANGUAGE: language_talk.switch,
    Intent.CARE: language_talk.care,
    Intent.PLAIN: language_talk.care,
    Intent.CONSENT: consent_talk.agree,
    Intent.END_CONSENT: consent_talk.end,
}
