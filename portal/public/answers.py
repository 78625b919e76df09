"""How a public page answers: rendered with its head, kept by caches that ask each time."""

import re

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from portal.public.heads import Head

SMALL = re.compile(r"[0-9]{1,9}")
ASK_EACH_TIME = "public, no-cache"  # because a withdrawal counts at once


def page(template: str, head: Head, code: int = 200, /, **values: object) -> Response:
    return fresh(render_template(f"public/{template}", head=head, **values), code)


def fresh(content: str | bytes, code: int = 200, content_type: str = "text/html; charset=utf-8") -> Response:
    """An anonymous answer with a digest of itself; one that was seen before is not sent again."""
    response = make_response(content, code)
    response.content_type = content_type
    response.headers["Cache-Control"] = ASK_EACH_TIME
    if code == 200:
        response.add_etag(weak=True)  # packed or not, it is the same page
        response.make_conditional(request)
    return response


def number(values: MultiDict[str, str], name: str) -> int | None:
    """A small whole number somebody sent; None for anything else, also for what no database holds."""
    written = values.get(name, "")
    return int(written) if SMALL.fullmatch(written) else None


def private(response: Response) -> Response:
    """An answer to one person's question: kept by nobody."""
    response.headers["Cache-Control"] = "no-store"
    return response
