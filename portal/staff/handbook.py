"""操作手册: read, searched and printed by whoever is signed in."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal import handbook
from portal.public.search import marked
from portal.session import actor, requires
from reminders.rules import text_search
from reminders.rules.permissions import Permission
from reminders.rules.text_search import Hit

bp = Blueprint("handbook", __name__, url_prefix="/handbook")


@bp.get("/")
@requires(Permission.SEE_HOME)
def index() -> ResponseReturnValue:
    """The chapters of one's own role first; with `q`, what was found."""
    query = request.args.get("q", "")[: text_search.LONGEST_QUERY].strip()
    found = [
        (hit.document, marked(hit.document.title, hit), marked(_snippet(hit), hit))
        for hit in handbook.search(query)
    ]
    return render_template(
        "staff/handbook.html",
        chapters=handbook.chapters(),
        query=query,
        found=found,
        role=actor().role,
    )


@bp.get("/<slug>")
@requires(Permission.SEE_HOME)
def show(slug: str) -> ResponseReturnValue:
    chapter = handbook.chapter(slug)
    if chapter is None:
        abort(404)
    return render_template("staff/handbook_chapter.html", chapter=chapter)


@bp.get("/all")
@requires(Permission.SEE_HOME)
def printed() -> ResponseReturnValue:
    """Everything on one page, for paper."""
    return render_template("staff/handbook_all.html", chapters=handbook.chapters())


def _snippet(hit: Hit) -> str:
    return text_search.snippet(hit.document, hit.words)
