"""The holders' pages inside WeChat: their licenses, and the five facts of one."""

import re
from datetime import date, datetime

from flask import Blueprint, Flask, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from reminders import binding, clock, feedback, holders
from reminders.errors import NotFound, ReminderError
from reminders.feedback import Offered
from reminders.holders import Shown
from reminders.holders.finding import LONGEST
from reminders.holders.own_licenses import NOT_FOUND, Mine
from reminders.rules.answers import WORDS as ANSWER_WORDS
from wxbot import answer_wording, whence, wording
from wxbot.site import site
from wxbot.voice import day, html_lang, kind, retell, say, window

bp = Blueprint("pages", __name__)
MOST_LISTED = 20
FEW = 8  # so many are seen at a glance
LICENSES, ANSWERS, DATA, SETTINGS, SUBSCRIBE = "licenses", "answers", "data", "settings", "subscribe"
BIND, APPEAL, PEOPLE, VISITS, FEEDBACK = "bind", "bind/appeal", "people", "visits", "feedback"
SEEN, NEWCOMERS, OTHERS, LEFT = "data/seen", "people/new", "bind/others", "left"
PAGES = frozenset(
    {
        OTHERS,
        LICENSES,
        LEFT,
        ANSWERS,
        DATA,
        SEEN,
        SETTINGS,
        SUBSCRIBE,
        BIND,
        APPEAL,
        PEOPLE,
        VISITS,
        FEEDBACK,
        NEWCOMERS,
    }
)
# What is done for an account of WeChat; a phone that proved itself in a browser has no use for it.
ONLY_IN_WECHAT = frozenset({OTHERS, SUBSCRIBE, APPEAL, PEOPLE, NEWCOMERS})
SIGN_IN_AGAIN = "页面打开太久，需要重新认一下您是谁。点下面再打开一次，刚才填的请再填一遍。"
LICENSE_WORD = re.compile(r"license-(\d{1,18})")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})")


@bp.get("/h5/licenses")
def licenses() -> ResponseReturnValue:
    me, after = openid(), _after(request.args.get("after", ""))
    if me is None:
        return to_login(LICENSES)
    now = clock.now()
    with site().database.read() as reading:
        mine = holders.my_licenses(reading, me, most=MOST_LISTED, after=after, now=now)
        unjudged = _unjudged(reading, me, mine, now) if after is None else []
        news = _news(reading, me) if mine.licenses and after is None else 0
        left = _left(reading, me, now) if mine.is_known and after is None else 0
    if not mine.is_known:
        return redirect(page_address(LICENSES)) if after else follow_first()
    return render_template(
        "licenses.html",
        mine=mine,
        unjudged=unjudged,
        news=news,
        left=left,
        is_first=after is None,
        urgent=sum(own.status.key in wording.TO_DO_NOW for own in mine.licenses),
        next_page=_cursor(mine.next_after),
        in_wechat=account() is not None,
        found=None,
        may_find=len(mine.licenses) > FEW or after is not None,
    )


@bp.post("/h5/licenses")
def find() -> ResponseReturnValue:
    """By a form, because names and numbers do not belong into an address."""
    me, now = somebody(), clock.now()
    words, shown = request.form.get("words", "").strip(), request.form.get("shown", "")
    chosen = Shown(shown) if shown in set(Shown) else Shown.ALL
    if not words and chosen is Shown.ALL:
        return redirect("/h5/licenses", 303)
    after = _after(request.form.get("after", ""))
    with site().database.read() as reading:
        mine = holders.find_licenses(reading, me, words, chosen, most=MOST_LISTED, after=after, now=now)
    if not mine.is_known:
        return follow_first()
    return render_template(
        "licenses.html",
        mine=mine,
        unjudged=[],
        news=0,
        left=0,
        is_first=after is None,
        urgent=0,
        next_page=_cursor(mine.next_after),
        in_wechat=account() is not None,
        found={"words": words[:LONGEST], "shown": chosen},
        may_find=True,
    )


def _unjudged(reading: Session, me: str, mine: Mine, now: datetime) -> list[Offered]:
    return feedback.offered(reading, holders.follower_id(reading, me), now=now) if mine.licenses else []


def _news(reading: Session, me: str) -> int:
    """How many were bound to their licenses since they looked; nothing in a browser, which lets nobody in."""
    return 0 if binding.is_by_phone(me) else binding.news(reading, holders.follower_id(reading, me))


def _left(reading: Session, me: str, now: datetime) -> int:
    return binding.count_left(reading, holders.follower_id(reading, me), now=now)


@bp.app_template_filter()
def dates(text: object) -> Markup:
    """The text with dates that are not broken at the end of a line."""
    return Markup(DATE.sub(r'<span class="date">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


def page_word(text: str) -> str:
    """A page people may be sent to after signing in; anything else becomes the list."""
    return text if text in PAGES or LICENSE_WORD.fullmatch(text) else LICENSES


def page_address(word: str) -> str:
    found = LICENSE_WORD.fullmatch(word)
    return f"/h5/licenses/{found[1]}" if found else f"/h5/{word if word in PAGES else LICENSES}"


def use_full_service() -> ResponseReturnValue:
    return message(
        "请点右下角“使用完整服务”",
        "您现在看到的是微信的快照页，它不知道您是谁，所以不能显示证照。",
        "点右下角“使用完整服务”后，页面会自动打开。",
        403,
    )


def follow_first() -> ResponseReturnValue:
    name = site().settings.wechat_account_name
    return message(
        "请先关注公众号",
        say("这里只给关注了“{name}”的人看自己的证照。", name=name),
        say("在微信里搜索“{name}”，关注后回复“我的证照”。", name=name),
        403,
    )


def login_failed() -> ResponseReturnValue:
    return message(
        "没能认出您",
        "微信没有告诉我们您是谁，可能是页面打开太久，或者网络断了一下。",
        "请回到公众号，重新点一次消息里的链接。",
        400,
        retry=True,
    )


def message(title: str, text: str, next_step: str, status: int, *, retry: bool = False) -> tuple[str, int]:
    """The three are Chinese sentences, or said already. `retry` shows both doors: WeChat, and the phone."""
    told = {"title": retell(title), "text": retell(text), "next_step": retell(next_step)}
    return render_template("message.html", **told, retry=retry), status


def show_errors(app: Flask) -> None:
    """Every error under /h5 is a page that says what to do next; machines get plain text."""

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> ResponseReturnValue:
        return _not_found() if error.message == NOT_FOUND else refused(error)

    @app.errorhandler(ReminderError)
    def refused(error: ReminderError) -> ResponseReturnValue:
        if error.message == SIGN_IN_AGAIN:
            return message("请再打开一次", SIGN_IN_AGAIN, "刚才的操作没有生效。", 409, retry=True)
        return message("没有办成", error.message, "请回到上一页再试，或在公众号里回复“人工”。", 409)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if not request.path.startswith("/h5/"):
            return f"{error.code} {error.name}\n", error.code or 500, {"Content-Type": "text/plain"}
        if error.code == 404:
            return _not_found()
        return message(
            "页面没有打开",
            "系统现在有点忙，或者这个地址不对。",
            "请过一会儿再试，或在公众号里回复“我的证照”。",
            error.code or 500,
        )

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "settings": site().settings,
            "say": say,
            "retell": retell,
            "kind": kind,
            "day": day,
            "window": window,
            "html_lang": html_lang,
            "today": lambda: clock.civil_date(clock.now()),
            "answer_word": lambda one: retell(ANSWER_WORDS[one]),
            "understood": answer_wording.understood,
        }


def _not_found() -> ResponseReturnValue:
    return message("没有找到这本证照", NOT_FOUND, "在公众号里回复“我的证照”，可以看到绑定了哪些。", 404)


def openid() -> str | None:
    openid = session.get("openid")
    return openid if isinstance(openid, str) and openid else None


def account() -> str | None:
    """Whom WeChat vouches for; nobody who is known by a phone only."""
    me = openid()
    return None if me is None or binding.is_by_phone(me) else me


def somebody() -> str:
    """Raises NotFound where nobody is signed in any more."""
    me = openid()
    if me is None:
        raise NotFound(SIGN_IN_AGAIN)
    return me


def to_login(word: str) -> ResponseReturnValue:
    """Silently inside WeChat; elsewhere its sign-in leads nowhere, so the doors are shown."""
    return redirect(f"/h5/{'login' if whence.is_wechat() else 'enter'}?next={word}")


def _after(text: str) -> tuple[date, int] | None:
    found = CURSOR.fullmatch(text)
    try:
        return (date.fromisoformat(found[1]), int(found[2])) if found else None
    except ValueError:
        return None


def _cursor(after: tuple[date, int] | None) -> str:
    return f"{after[0]}.{after[1]}" if after else ""
