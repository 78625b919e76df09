"""How a visitor wants to read, remembered in two cookies: 长辈模式 and the size of an article's letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import settings
from portal.public import bp

CARE, SIZE = "care", "size"  # the names of the cookies
KEPT_S = 365 * 24 * 3600


class Size(StrEnum):
    LARGE = "l"
    MIDDLE = "m"
    SMALL = "s"


SIZES = frozenset(Size)


@dataclass(frozen=True)
class View:
    is_care: bool
    size: Size


def view() -> View:
    return view_of(request.cookies)


def view_of(cookies: Mapping[str, str]) -> View:
    size = cookies.get(SIZE, "")
    return View(cookies.get(CARE) == "1", Size(size) if size in SIZES else Size.MIDDLE)


def here() -> str:
    """The page to come back to after a change; an answer about one check code is not named in its links."""
    if "code" in (request.view_args or {}):
        return request.path.rpartition("/")[0] + "/"
    return request.full_path.rstrip("?") if request.query_string else request.path


@bp.get("/view")
def choose() -> ResponseReturnValue:
    """Plain links lead here, so that it works without scripts; it changes nothing but how pages look."""
    response = redirect(_own_path(request.args.get("back", "")), 303)
    for name, allowed in ((CARE, {"0", "1"}), (SIZE, set(Size))):
        value = request.args.get(name, "")
        if value in allowed:
            response.set_cookie(
                name,
                value,
                max_age=KEPT_S,
                httponly=True,
                samesite="Lax",
                secure=settings().portal_url.startswith("https://"),
            )
    response.headers["Cache-Control"] = "no-store"
    return response


def _own_path(back: str) -> str:
    """Never another site: browsers read `//host` and `/\\host` as one."""
    is_own = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if is_own and not back.startswith("/view") else url_for("public.home")
