"""Knows who reads a page: in which language, how large and in which colours; changed on the spot by a tap."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Flask, g, redirect, request, session
from flask.typing import ResponseReturnValue

from reminders import holders
from reminders.holders import Look
from reminders.rules.lifecycle import Language
from wxbot import pages, security, voice
from wxbot.site import site

bp = Blueprint("reader", __name__)
LANGUAGES = [language.value for language in Language]
OF_PHONES = ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-Hans", "zh-Hant", "en", "en-US", "en-GB")
OWN_NAMES = {Language.ZH: "中文", Language.EN: "English"}


def greet(app: Flask) -> None:
    """Before every page: whoever signed in chose how to read; a stranger's language is in the phone."""

    @app.before_request
    def look() -> None:
        if request.path.startswith(security.PAGES) and not request.path.startswith(security.ASSETS):
            g.look = _look()
            voice.speak(g.look.language)

    @app.context_processor
    def other_ways() -> dict[str, object]:
        """The way to the same page in another language or size; after a form it leads to the list."""
        other = Language.ZH if voice.spoken() is Language.EN else Language.EN
        query = request.query_string.decode()
        back = request.path + (f"?{query}" if query else "") if request.method == "GET" else "/h5/licenses"
        return {
            "look": g.get("look", Look()),
            "own_names": [(one.value, name) for one, name in OWN_NAMES.items()],
            "other_language": other,
            "other_language_name": OWN_NAMES[other],
            "way_back": urlencode({"back": back}),
        }


@bp.get("/h5/look")
def change() -> ResponseReturnValue:
    """Kept with the person when we know them, else with the browser."""
    language, care = request.args.get("lang", ""), request.args.get("care", "")
    chosen: Look = g.look
    if language in LANGUAGES:
        chosen = replace(chosen, language=Language(language))
    if care in ("0", "1"):
        chosen = replace(chosen, is_care=care == "1")
    keep(chosen)
    back = request.args.get("back", "")
    return redirect(back if back.startswith("/h5/") else "/h5/licenses", 303)


def keep(chosen: Look) -> None:
    session["language"], session["care"] = chosen.language.value, int(chosen.is_care)
    me = pages.openid()
    if me is not None:
        with site().database.begin() as writing:
            holders.set_look(writing, holders.follower_id(writing, me), chosen)


def _look() -> Look:
    me = pages.openid()
    if me is not None:
        with site().database.read() as reading:
            chosen = holders.look(reading, me)
        return replace(chosen, language=_asked() or chosen.language)
    told = str(session.get("language", ""))
    by_browser = Language(told) if told in LANGUAGES else _of_phone()
    return Look(language=_asked() or by_browser, is_care=bool(session.get("care", 0)))


def _asked() -> Language | None:
    """Named in the address, as the links of our messages do."""
    word = request.args.get("lang", "") if request.endpoint != "reader.change" else ""
    return Language(word) if word in LANGUAGES else None


def _of_phone() -> Language:
    return Language(request.accept_languages.best_match(OF_PHONES, Language.ZH.value)[:2])
