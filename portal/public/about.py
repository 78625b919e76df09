"""Pages whose words stand in their templates: how it works, questions, contact, statements."""

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp
from portal.public.answers import page
from portal.public.heads import Head
from portal.public.home import account_qr
from reminders import catalogue


@bp.get("/how-it-works")
def how_it_works() -> ResponseReturnValue:
    head = Head(
        "到期提醒怎么做",
        "提醒机制",
        "从最迟申请日倒着算，微信、短信、电话、函告接着提醒，直到有人答复。",
        url_for("public.how_it_works"),
        "政策解读",
    )
    return page("how_it_works.html", head, qr=account_qr())


@bp.get("/faq")
def faq() -> ResponseReturnValue:
    head = Head(
        "常见问题", "常见问题", "收不到提醒、号码换了、过了期怎么办。", url_for("public.faq"), "互动交流"
    )
    return page("faq.html", head)


@bp.get("/contact")
def contact() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    offices = {entry.department: entry for entry in entries}
    head = Head(
        "联系我们", "联系我们", "各审批科室的地点、时间和电话。", url_for("public.contact"), "机构信息"
    )
    return page("contact.html", head, offices=list(offices.values()))


@bp.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    head = Head("无障碍声明", "网站声明", "本站的无障碍和适老化做法。", url_for("public.accessibility"))
    return page("accessibility.html", head)


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    head = Head("隐私说明", "网站声明", "本站和公众号用哪些个人信息、怎么保护。", url_for("public.privacy"))
    return page("privacy.html", head)
