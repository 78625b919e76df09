"""Shows the doors to a page to whoever reads it outside of WeChat: a code to the phone, or WeChat."""

import segno
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from wxbot import pages
from wxbot.site import site

bp = Blueprint("doors", __name__)


@bp.get("/h5/enter")
def enter() -> ResponseReturnValue:
    """`next` is a word for a page, as for `/h5/login`. The picture is for whoever sits at a computer."""
    word = pages.page_word(request.args.get("next", ""))
    address = f"{site().settings.wxbot_url}{pages.page_address(word)}"
    return render_template(
        "enter.html",
        word=word,
        is_for_wechat=word in pages.ONLY_IN_WECHAT,
        picture=segno.make(address, error="m").svg_data_uri(scale=4, border=3),
    )
