"""Pages for what went wrong: what happened, and what to do next."""

from flask import Flask, Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from reminders import errors
from reminders.errors import ReminderError

PAGES = {
    400: ("没有做成", "提交的内容不完整或已经损坏。请返回上一页，刷新后重新填写。"),
    403: ("没有权限", "您的账号不能打开这个页面。需要时请联系科室负责人或系统管理员开通。"),
    404: ("没有找到", "地址可能不完整，或内容已经移走。请回到首页重新查找。"),
    405: ("不能这样打开", "这个地址只接受页面上的按钮提交。请返回上一页操作。"),
    413: ("文件太大", "一次最多上传 10 MB。请按科室拆成几个文件，分别上传。"),
    429: ("操作太频繁", "请稍等几分钟再试。"),
    500: ("系统出了问题", "已经自动记录。请稍后再试；一直不行，请联系系统管理员，并告知出现的时间。"),
    503: ("暂时不能用", "系统正在维护，请几分钟后再试。"),
}
STATUS: dict[type[ReminderError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.LimitReached: 429,
    errors.WrongDatabase: 503,
}


def show_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(ReminderError, _refused)


def go_back_to(url: str) -> None:
    """Where a refusal of this request is shown: as a message on that page instead of a page of its own."""
    g.back = url


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400 or error.response is not None:
        return error.get_response()  # a redirect of the router, or an answer somebody made on purpose
    if isinstance(error, SecurityError):  # a foreign host: no address of ours may be built for it
        return Response("不认识的网址。", 400, mimetype="text/plain")
    title, advice = PAGES.get(code, PAGES[500] if code >= 500 else PAGES[400])
    return _page(code, title, advice)


def _form_expired(error: CSRFError) -> ResponseReturnValue:
    return _page(400, "页面已过期", "页面打开太久，或您已在别处退出。请返回上一页，刷新后重新提交。")


def _refused(error: ReminderError) -> ResponseReturnValue:
    if request.method == "POST" and "back" in g:
        flash(error.message, "danger")
        return redirect(g.back, 303)
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    return _page(code, PAGES.get(code, PAGES[400])[0] if code != 409 else "情况有变", error.message)


def _page(code: int, title: str, advice: str) -> Response:
    in_console = request.path.startswith("/staff") and "actor" in g
    layout = "staff/layout.html" if in_console else "public/layout.html"
    response = make_response(
        render_template("error.html", layout=layout, code=code, title=title, advice=advice), code
    )
    response.headers["Cache-Control"] = "no-store"
    return response
