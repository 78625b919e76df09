"""What somebody may read who is not known: the doors to a page outside of WeChat, and the help."""

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


@bp.get("/h5/help")
def answers_to_questions() -> ResponseReturnValue:
    return render_template("help.html")
