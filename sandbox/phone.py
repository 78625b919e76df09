"""The page on which a newcomer plays a holder: a phone, its SMS inbox, a guide, the wires behind."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import actions, authenticator, guide, wording
from sandbox.people import Person, as_json
from sandbox.world import World, world

bp = Blueprint("phone", __name__)
NEWEST = 200


@bp.get("/phone")
def page() -> str:
    scan = request.args.get("scan", "")
    hints = world().latest.get("hints") or {}
    return render_template(
        "phone.html", people=world().people.all(), scan=scan, hints=hints, code_of=authenticator.code
    )


@bp.get("/phone/feed")
def feed() -> ResponseReturnValue:
    """All that the page shows of one person; polled once a second."""
    person = world().people.find(request.args.get("openid", ""))
    if person is None:
        return jsonify(error="没有这个人"), 404
    return jsonify(_feed(world(), person, request.args.get("since", 0, type=int)))


def _feed(known: World, person: Person, since: int) -> dict[str, Any]:
    chat = list(known.chats.get(person.openid, ()))[-NEWEST:]
    items = [item for item in map(wording.chat_item, chat) if item and item["seq"] > since]
    inbox = [entry for entry in list(known.sms) if entry["phone"] == person.phone][-20:]
    return {
        "person": as_json(person),
        "subscribed": known.notices.said(person.openid),
        "notices": [item for item in map(wording.chat_item, chat) if item and item.get("source")],
        "items": items,
        "sms": [wording.sms_item(entry) for entry in reversed(inbox)],
        "menu": actions.menu(known),
        "steps": guide.steps(known, person),
        "traces": list(known.courier.traces.get(person.openid, ()))[::-1],
    }
