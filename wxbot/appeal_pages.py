"""The appeal of somebody whom no code reaches: a few words, and an officer calls."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from reminders import binding, clock, consents, holders
from reminders.errors import Invalid
from reminders.rules import consent
from wxbot import bind_pages, pages
from wxbot.site import site
from wxbot.voice import spoken

bp = Blueprint("appeal", __name__)
FIELDS = ("identifier", "name", "phone", "note")


@bp.get("/h5/bind/appeal")
def show() -> ResponseReturnValue:
    """Only in WeChat: an officer's yes binds the account that asked."""
    return pages.to_login(pages.APPEAL) if pages.account() is None else _form()


@bp.post("/h5/bind/appeal")
def take() -> ResponseReturnValue:
    me, now = pages.account(), clock.now()
    if me is None:
        return pages.to_login(pages.APPEAL)
    typed = [request.form.get(name, "") for name in FIELDS]
    if request.form.get("agree") != "yes" and not _has_agreed(me):
        return _form(bind_pages.AGREE)
    bind_pages.spend_address(now)
    try:
        with site().database.begin() as writing:
            follower_id = holders.follower_id(writing, me)
            consents.give(writing, follower_id, now=now)
            binding.appeal(writing, follower_id, *typed, now=now)
    except Invalid as error:
        return _form(error.message)
    return pages.message(
        "已收到",
        "工作人员会在 1 个工作日内拨打您留的手机号核对，属实就帮您绑定。",
        "请留意来电。我们不会索要验证码、密码或银行卡号。",
        200,
    )


def _form(fault: str = "") -> ResponseReturnValue:
    me = pages.somebody()
    told = render_template(
        "appeal.html",
        fault=fault,
        typed={name: request.form.get(name, "")[:300] for name in FIELDS},
        must_agree=not _has_agreed(me),
        notice=consent.current(spoken()).short,
    )
    return told, 422 if fault else 200


def _has_agreed(me: str) -> bool:
    with site().database.read() as reading:
        return consents.is_given(reading, holders.follower_id(reading, me))
