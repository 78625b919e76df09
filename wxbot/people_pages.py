"""Who receives the reminders of a holder: inviting, handing over, removing; and the table of many holders."""

import segno
from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import binding, clock, holders, passes
from reminders.errors import Invalid, NotFound
from reminders.rules.lifecycle import BindRole
from reminders.rules.pass_code import printed
from wxbot import more_talk, pages
from wxbot.site import site

bp = Blueprint("people", __name__)
NOT_UNDERSTOOD = "没有看懂这个选择，请回到上一页重新点一次。"
HOWS = {
    "phone_code": "手机验证码",
    "letter_qr": "函件上的二维码",
    "receipt_qr": "窗口回执上的二维码",
    "paper_code": "纸质绑定码",
    "invitation": "同事邀请",
    "appeal": "工作人员核对",
}


@bp.get("/h5/people")
def index() -> ResponseReturnValue:
    """One table for somebody who looks after many; whoever has one holder goes there at once."""
    me = pages.account()
    if me is None:
        return pages.to_login(pages.PEOPLE)
    after = request.args.get("after", 0, type=int)
    with site().database.read() as reading:
        clients, following = binding.my_holders(reading, holders.follower_id(reading, me), after=after)
    if len(clients) == 1 and not after:
        return redirect(f"/h5/people/{clients[0].holder_id}")
    return render_template(
        "people_table.html",
        clients=clients,
        following=following,
        is_first=not after,
        roles=more_talk.ROLES,
    )


@bp.get("/h5/people/new")
def newcomers() -> ResponseReturnValue:
    """Everybody bound lately, whichever holder it is: where the message of a newcomer leads."""
    me, now = pages.account(), clock.now()
    if me is None:
        return pages.to_login(pages.NEWCOMERS)
    with site().database.begin() as writing:
        follower_id = holders.follower_id(writing, me)
        found = binding.newcomers(writing, follower_id, now=now)
        binding.mark_news_seen(writing, follower_id, now=now)
    return render_template(
        "newcomers.html", newcomers=found, roles=more_talk.ROLES, hows=HOWS, civil=clock.civil_date
    )


@bp.get("/h5/people/<int:holder_id>")
def show(holder_id: int) -> ResponseReturnValue:
    me, now = pages.account(), clock.now()
    if me is None:
        return pages.to_login(pages.PEOPLE)
    with site().database.begin() as writing:
        follower_id = holders.follower_id(writing, me)
        receivers = binding.receivers(writing, follower_id, holder_id)
        binding.mark_news_seen(writing, follower_id, now=now)
    mine = next((one.role for one in receivers.people if one.is_me), None)
    return render_template(
        "people.html",
        receivers=receivers,
        roles=more_talk.ROLES,
        my_role=mine,
        hows=HOWS,
        civil=clock.civil_date,
        done=request.args.get("done", ""),
    )


@bp.post("/h5/people/<int:holder_id>/role")
def choose_role(holder_id: int) -> ResponseReturnValue:
    me, role = pages.somebody(), request.form.get("role", "")
    if not role:
        return redirect(f"/h5/people/{holder_id}#role", 303)
    if role not in set(BindRole):
        raise Invalid(NOT_UNDERSTOOD)
    with site().database.begin() as writing:
        binding.set_role_of(writing, holders.follower_id(writing, me), holder_id, BindRole(role))
    return redirect(f"/h5/people/{holder_id}?done=role", 303)


@bp.post("/h5/people/<int:holder_id>/leave")
def leave(holder_id: int) -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        count = binding.leave_holder(writing, holders.follower_id(writing, me), holder_id, now=now)
    return redirect(f"/h5/left?ended={count}", 303)


@bp.post("/h5/people/<int:holder_id>/invite")
def invite(holder_id: int) -> ResponseReturnValue:
    """The code is in this answer only; a QR code is drawn first and shown on its own page."""
    me, now = pages.somebody(), clock.now()
    hands_over = request.form.get("hands_over") == "yes"
    with site().database.begin() as writing:
        follower_id = holders.follower_id(writing, me)
        if request.form.get("as") == "qr":
            pass_id = binding.invite_by_qr(writing, follower_id, holder_id, hands_over=hands_over, now=now)
            return redirect(f"/h5/people/invitations/{pass_id}", 303)
        code = binding.invite(writing, follower_id, holder_id, hands_over=hands_over, now=now)
    return render_template("invitation.html", code=printed(code), hands_over=hands_over, holder_id=holder_id)


@bp.get("/h5/people/invitations/<int:pass_id>")
def invitation(pass_id: int) -> ResponseReturnValue:
    me = pages.account()
    if me is None:
        return pages.to_login(pages.PEOPLE)
    with site().database.read() as reading:
        binding.own_invitation(reading, holders.follower_id(reading, me), pass_id)
        qr = passes.qr_of(reading, pass_id, now=clock.now())
    if qr is None:
        raise NotFound("这个邀请已经用过或过期了，请重新邀请。")
    picture = segno.make(qr.says, error="m").svg_data_uri(scale=5, border=3) if qr.says else ""
    return render_template("invitation_qr.html", picture=picture)


@bp.post("/h5/people/<int:holder_id>/remove")
def remove(holder_id: int) -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        person = request.form.get("person", 0, type=int)
        binding.remove(writing, holders.follower_id(writing, me), person, now=now)
    return redirect(f"/h5/people/{holder_id}", 303)


@bp.post("/h5/people/<int:holder_id>/report")
def report(holder_id: int) -> ResponseReturnValue:
    """A stranger is an officer's task; nobody who came later can push out who was here before."""
    me, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        person = request.form.get("person", 0, type=int)
        binding.report_stranger(writing, holders.follower_id(writing, me), person, now=now)
    return pages.message(
        "已交给工作人员",
        "工作人员会在 1 个工作日内核对这个接收人，核实不是您单位的人就会移除。",
        "可以关闭这一页了。",
        200,
    )
