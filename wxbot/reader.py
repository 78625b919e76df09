"""Knows who reads a page: in which language it is for them, and how a reader changes that on the spot."""

from urllib.parse import urlencode

from flask import Blueprint, Flask, redirect, request, session
from flask.typing import ResponseReturnValue

from reminders import holders
from reminders.rules.lifecycle import Language
from wxbot import pages, security, voice
from wxbot.site import site

bp = Blueprint("reader", __name__)
LANGUAGES = [language.value for language in Language]
OF_PHONES = ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-Hans", "zh-Hant", "en", "en-US", "en-GB")
OWN_NAMES = {Language.ZH: "中文", Language.EN: "English"}


def greet(app: Flask) -> None:
    """Before every page: whoever signed in chose a language; a stranger's is in the address or the phone."""

    @app.before_request
    def speak() -> None:
        if request.path.startswith(security.PAGES) and not request.path.startswith(security.ASSETS):
            voice.speak(_language())

    @app.context_processor
    def other_language() -> dict[str, object]:
        """The way to the same page in the other language; a page that answers a form leads to the list."""
        other = Language.ZH if voice.spoken() is Language.EN else Language.EN
        query = request.query_string.decode()
        back = request.path + (f"?{query}" if query else "") if request.method == "GET" else "/h5/licenses"
        return {
            "other_language": other,
            "other_language_name": OWN_NAMES[other],
            "way_back": urlencode({"back": back}),
        }


@bp.get("/h5/language")
def switch() -> ResponseReturnValue:
    """Kept with the person when we know them, else with the browser."""
    language = request.args.get("lang", "")
    back = request.args.get("back", "")
    if language in LANGUAGES:
        session["language"] = language
        me = pages.openid()
        if me is not None:
            with site().database.begin() as writing:
                holders.set_language(writing, holders.follower_id(writing, me), Language(language))
    return redirect(back if back.startswith("/h5/") else "/h5/licenses", 303)


def _language() -> Language:
    asked = request.args.get("lang", "")
    me = pages.openid()
    if me is not None and asked not in LANGUAGES:
        with site().database.read() as reading:
            return holders.language(reading, me)
    for word in (asked, str(session.get("language", ""))):
        if word in LANGUAGES:
            return Language(word)
    return Language(request.accept_languages.best_match(OF_PHONES, Language.ZH.value)[:2])
