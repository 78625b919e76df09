"""The test driver's side: plays people, reads what was shown, switches faults, hands over hints."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from sandbox import actions
from sandbox.actions import NotFollowing
from sandbox.callbacks import Answer
from sandbox.oauth import COOKIE
from sandbox.people import FIELDS, NoSuchPerson, as_json
from sandbox.world import World, world

bp = Blueprint("control", __name__, url_prefix="/sandbox")
COUNTS = ("sends", "deduped", "stable_token_calls", "token_calls", "callbacks", "sms")  # always told
BOT_SESSION_PATHS = ("/h5", "/")
BOT_SESSION = "wxbot_session"  # another person is another phone: the last one's session does not come along

ACTIONS: dict[str, Callable[[World, str, dict[str, Any]], Answer]] = {
    "follow": lambda known, openid, given: actions.follow(known, openid, str(given.get("scene") or "")),
    "unfollow": lambda known, openid, given: actions.unfollow(known, openid),
    "scan": lambda known, openid, given: actions.scan(known, openid, str(given["scene"])),
    "text": lambda known, openid, given: actions.text(known, openid, str(given["content"])),
    "click": lambda known, openid, given: actions.click(known, openid, str(given["key"])),
    "media": lambda known, openid, given: actions.media(known, openid, str(given["kind"])),
    "accept": lambda known, openid, given: actions.subscribe(known, openid, "accept", given),
    "reject": lambda known, openid, given: actions.subscribe(known, openid, "reject", given),
    "raw": lambda known, openid, given: actions.raw(known, openid, given["fields"]),
}


@bp.errorhandler(NoSuchPerson)
def no_such_person(error: NoSuchPerson) -> tuple[Response, int]:
    return jsonify(error=f"没有这个人：{error}"), 404


@bp.errorhandler(NotFollowing)
def not_following(error: NotFollowing) -> tuple[Response, int]:
    return jsonify(error="还没有关注公众号，请先关注"), 409


@bp.errorhandler(KeyError)
@bp.errorhandler(TypeError)
@bp.errorhandler(ValueError)
def not_understood(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


@bp.get("/shown")
def shown() -> Response:
    """What each person was really shown, one JSON object a line; `?since=SEQ` gives only what came after."""
    entries = world().log.shown(request.args.get("since", 0, type=int))
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    return Response(lines, content_type="application/x-ndjson; charset=utf-8")


@bp.get("/tickets")
def tickets() -> Response:
    """The QR codes the platform drew, oldest first."""
    names = ("ticket", "scene", "seconds", "ends")
    return jsonify([{name: entry.get(name) for name in names} for entry in list(world().tickets.values())])


@bp.get("/state")
def state() -> Response:
    known = world()
    people = known.people.all()
    counts = {
        **dict.fromkeys(COUNTS, 0),
        **known.counts,
        **known.templates.counts,
        **known.courier.counts,
        **known.account.counts,
        "events_waiting": known.courier.waiting(),
        "people": len(people),
        "followers": sum(person.follows for person in people),
        "articles_live": sum(article["live"] for article in list(known.articles.values())),
    }
    return jsonify(counts)


@bp.route("/faults", methods=["GET", "POST", "DELETE"])
def faults() -> Response:
    known = world().faults
    if request.method == "DELETE":
        known.clear()
    elif request.method == "POST":
        given = _given()
        known.add(given if isinstance(given, list) else [given])
    return jsonify(known.rules())


@bp.post("/templates")
def templates() -> Response:
    world().templates.restrict(_given())
    return jsonify(list(world().templates.known))


@bp.post("/tokens")
def tokens() -> Response:
    """{"forget": true}: every token is unknown (40001) from now on; false: every one has expired (42001)."""
    world().tokens.end_all(forget=bool(_given().get("forget")))
    return jsonify(ok=True)


@bp.post("/verify")
def verify() -> Response:
    problem = world().courier.verify_url()
    return jsonify(ok=not problem, problem=problem)


@bp.route("/hints", methods=["GET", "POST"])
def hints() -> Response:
    """What the guide beside the phone tells a newcomer: people, addresses, staff accounts."""
    if request.method == "POST":
        given = _given()
        world().log.append("hints", value=given)
        world().people.take_hints(given.get("people") or [])
    return jsonify(world().latest.get("hints") or {})


@bp.route("/people", methods=["GET", "POST"])
def people() -> Response:
    """POST one person, or a list of them: {name, phone, openid?, follows?}."""
    if request.method == "POST":
        given = _given()
        added = [world().people.add(fields) for fields in (given if isinstance(given, list) else [given])]
        made = [as_json(person) for person in added]
        return jsonify(made if isinstance(given, list) else made[0])
    return jsonify([as_json(person) for person in world().people.all()])


@bp.route("/people/<openid>", methods=["GET", "POST"])
def person(openid: str) -> Response:
    """POST changes any of people.FIELDS, without telling the bot."""
    if request.method == "POST":
        world().people.change(openid, **{k: v for k, v in _given().items() if k in FIELDS})
    return jsonify(as_json(world().people.get(openid)))


@bp.get("/people/<openid>/chat")
def chat(openid: str) -> Response:
    world().people.get(openid)
    return jsonify(list(world().chats.get(openid, ())))


@bp.post("/people/<openid>/take-away-grant")
def take_away_grant(openid: str) -> Response:
    world().people.get(openid)
    world().notices.take_away(openid)
    return jsonify(ok=True)


@bp.post("/people/<openid>/view")
def view(openid: str) -> Response:
    world().people.get(openid)
    actions.view(world(), openid, str(_given()["url"]))
    return jsonify(ok=True)


@bp.route("/people/<openid>/open", methods=["GET", "POST"])
def open_page(openid: str) -> ResponseReturnValue:
    """Opens a page as this person: GET goes there, POST only sets the cookie and tells the address."""
    holder = world().people.get(openid)
    url = str(request.args["url"] if request.method == "GET" else _given()["url"])
    if not url.startswith(("http://", "https://")):
        raise ValueError("only http and https addresses open")
    world().log.append("opened", openid=openid, url=url)
    answer = redirect(url) if request.method == "GET" else jsonify(url=url)
    if request.cookies.get(COOKIE) != holder.openid:
        for path in BOT_SESSION_PATHS:
            answer.delete_cookie(BOT_SESSION, path=path)
    answer.set_cookie(COOKIE, holder.openid, httponly=True, samesite="Lax")
    answer.headers["Referrer-Policy"] = "origin"  # no browser here is WeChat's, so we say who opens the page
    return answer


@bp.post("/people/<openid>/<action>")
def act(openid: str, action: str) -> ResponseReturnValue:
    world().people.get(openid)
    if action not in ACTIONS:
        return jsonify(error=f"不会做：{action}；会做：{'、'.join(ACTIONS)}"), 404
    return jsonify(answered(ACTIONS[action](world(), openid, _given())))


def answered(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": answer.outcome,
        "text": answer.reply.get("Content", ""),
        "reply": answer.reply,
        "reason": answer.reason,
        "tries": answer.tries,
        "ms": answer.ms,
    }


def _given() -> Any:
    data = request.get_data()
    return json.loads(data) if data else {}
