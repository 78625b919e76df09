"""Binding on pages, in WeChat or any browser, without a script: which license, the code, what else."""

import math
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from reminders import binding, clock, consents, holders
from reminders.binding import CodeResult, Outcome, PassOutcome
from reminders.errors import LimitReached
from reminders.rules import consent, pass_code
from reminders.rules.identity import number_key
from wxbot import pages, pass_talk, security, whence, wording
from wxbot.site import site
from wxbot.voice import say, spoken

bp = Blueprint("bind", __name__)
LONGEST = 100
KEPT = ("language", "care", "next")  # of the browser, when it becomes a person
AGREE = "请先勾选同意隐私告知，再点下一步。"
NOTHING_WAITS = "现在没有等待核对的验证码（验证码 10 分钟内有效，只能用一次）。请返回上一步重新开始。"
NO_NUMBER = "请填写证照编号、统一社会信用代码或持证人名称。"
NO_CODE = "绑定码是 12 位字母和数字，例如 7K3M-2QXP-9TRD，请再看一下。"


@bp.get("/h5/bind")
def show() -> ResponseReturnValue:
    """Somebody known by a phone begins anew each time. `next`: the page asked for, where the code leads."""
    if "next" in request.args:
        word = pages.page_word(request.args["next"])
        session["next"] = pages.LICENSES if word in (pages.BIND, *pages.ONLY_IN_WECHAT) else word
    elif pages.account() is None and whence.is_wechat():
        return pages.to_login(pages.BIND)
    return _first_step()


@bp.post("/h5/bind")
def ask() -> ResponseReturnValue:
    """The next page is the same whether or not the number names anything."""
    typed, now = request.form.get("identifier", "")[:LONGEST], clock.now()
    if not _has_agreed():
        return _first_step(AGREE, typed)
    if not number_key(typed):
        return _first_step(NO_NUMBER, typed)
    spend_address(now)
    with site().database.begin() as writing:
        locked_until = binding.start(writing, _asker(writing, now), typed, now=now)
    if locked_until is not None:
        return _second_step(wording.locked(locked_until, site().settings))
    return redirect("/h5/bind/code", 303)


@bp.get("/h5/bind/code")
def code_form() -> ResponseReturnValue:
    return _second_step()


@bp.post("/h5/bind/code")
def confirm() -> ResponseReturnValue:
    typed, now, me = request.form.get("code", "").strip()[:LONGEST], clock.now(), pages.account()
    spend_address(now)
    person = ""
    with site().database.begin() as writing:
        if me is not None:
            result = binding.confirm(writing, holders.follower_id(writing, me), typed, now=now)
        else:
            asker = binding.known_visitor(writing, str(session.get("visitor", "")))
            result, person = (
                binding.confirm_in_browser(writing, asker, typed, now=now)
                if asker is not None
                else (CodeResult(Outcome.NOTHING_OPEN), "")
            )
    if result.outcome is not Outcome.BOUND:
        return _second_step(_refusal(result))
    if person:
        kept = {name: session[name] for name in KEPT if name in session}
        session.clear()
        session.update(kept)
        session["openid"], session.permanent = person, True
    return redirect(_after_code(person or str(me), result, now), 303)


@bp.post("/h5/bind/again")
def again() -> ResponseReturnValue:
    """Another code, by SMS or by a call; what is said depends on when they asked, not on what was found."""
    now = clock.now()
    is_spoken = request.form.get("how") == "voice" and site().settings.has_voice
    spend_address(now)
    with site().database.begin() as writing:
        me = _known(writing)
        outcome, until = (
            binding.again(writing, me, is_spoken=is_spoken, now=now)
            if me is not None
            else (Outcome.NOTHING_OPEN, None)
        )
    if outcome is Outcome.LOCKED and until:
        return _second_step(wording.locked(until, site().settings))
    if outcome is not None:
        return _second_step(say(NOTHING_WAITS))
    if until is not None:
        wait_s = math.ceil((until - now).total_seconds())
        return _second_step(say("刚发过，再等 {seconds} 秒就可以再要一次。", seconds=wait_s))
    return redirect("/h5/bind/code?sent=" + ("voice" if is_spoken else "sms"), 303)


@bp.post("/h5/bind/pass")
def bring() -> ResponseReturnValue:
    """A code from paper or from a colleague; only WeChat knows whom it would bind."""
    me, now = pages.somebody(), clock.now()
    secret = pass_code.tidy(request.form.get("pass", ""))
    if not _has_agreed():
        return _first_step(AGREE)
    if secret is None or binding.is_by_phone(me):
        return _first_step(NO_CODE)
    spend_address(now)
    with site().database.begin() as writing:
        result = binding.bring(writing, _asker(writing, now), secret, now=now)
    if result.outcome is not PassOutcome.BOUND:
        return _first_step(pass_talk.TOO_OFTEN if result.outcome is PassOutcome.TOO_OFTEN else pass_talk.GONE)
    return redirect("/h5/bind/choose", 303)


@bp.post("/h5/bind/connect")
def connect() -> ResponseReturnValue:
    """From the browser to WeChat: the code is in this answer only."""
    me, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        code = binding.connect_code(writing, holders.follower_id(writing, me), now=now)
    minutes = int(binding.CONNECT_WITHIN.total_seconds() // 60)
    return render_template("bind_connect.html", code=pass_code.printed(code), minutes=minutes)


def _first_step(fault: str = "", typed: str = "") -> ResponseReturnValue:
    me = pages.account()
    told = render_template(
        "bind.html",
        fault=fault,
        typed=typed,
        in_wechat=me is not None,
        is_wechat=whence.is_wechat(),
        must_agree=not _agreed_before(me),
        notice=consent.current(spoken()).short,
    )
    return told, 422 if fault else 200


def _second_step(fault: str = "") -> ResponseReturnValue:
    now = clock.now()
    with site().database.read() as reading:
        me = _known(reading)
        again_at = None if me is None else binding.again_at(reading, me)
    wait_s = math.ceil((again_at - now).total_seconds()) if again_at else 0
    told = render_template(
        "bind_code.html",
        fault=fault,
        wait_s=max(wait_s, 0),
        sent="" if fault else request.args.get("sent", ""),
    )
    return told, 422 if fault else 200


def _known(session_: Session) -> int | None:
    """Whoever asked for a code: a person of WeChat, or a browser."""
    me = pages.account()
    if me is not None:
        return holders.follower_id(session_, me)
    return binding.known_visitor(session_, str(session.get("visitor", "")))


def _after_code(me: str, result: CodeResult, now: datetime) -> str:
    """The page they asked for, unless the phone proves more that may be bound, or not this license."""
    wanted = pages.page_address(str(session.get("next", "")))
    number = wanted.rpartition("/")[2]
    if number.isdigit() and int(number) not in result.license_ids:
        del session["next"]
    with site().database.read() as reading:
        more = binding.more(reading, holders.follower_id(reading, me), now=now)
    if "next" not in session or more.licenses:
        return "/h5/bind/choose"
    return pages.page_address(session.pop("next"))


def _refusal(result: CodeResult) -> str:
    if result.outcome is Outcome.LOCKED and result.locked_until:
        return wording.locked(result.locked_until, site().settings)
    if result.outcome is Outcome.WRONG:
        return say("验证码不对，还可以再试 {left} 次。请对照短信重新填写。", left=result.tries_left)
    return say(NOTHING_WAITS)


def _has_agreed() -> bool:
    return request.form.get("agree") == "yes" or _agreed_before(pages.account())


def _agreed_before(me: str | None) -> bool:
    if me is None:
        return False
    with site().database.read() as reading:
        return consents.is_given(reading, holders.follower_id(reading, me))


def _asker(writing: Session, now: datetime) -> int:
    """Agreed just now, or before."""
    me = pages.account()
    if me is not None:
        follower_id = holders.follower_id(writing, me)
        consents.give(writing, follower_id, now=now)
        return follower_id
    follower_id, session["visitor"] = binding.visitor(writing, str(session.get("visitor", "")), now=now)
    return follower_id


def spend_address(now: datetime) -> None:
    """Counted in a transaction of its own, so that a refused try stays counted."""
    address = f"address:{security.client_address()}"
    refused: LimitReached | None = None
    with site().database.begin() as writing:
        try:
            binding.spend_address(writing, address, now=now)
        except LimitReached as error:
            refused = error
    if refused is not None:
        raise refused
