"""Free texts of the account (客服消息), taken for a while after somebody wrote or tapped."""

from collections.abc import Mapping
from typing import Any

from sandbox.faults import Faults
from sandbox.log import SHOWN, Entry, Log, moment
from sandbox.people import People
from sandbox.template_messages import Refused

PATH = "/cgi-bin/message/custom/send"
# After a text five within 48 hours, after a tap three within a minute: action → seconds, how many.
WINDOWS = {
    **dict.fromkeys(("text", "image", "voice", "location"), (48 * 3600.0, 5)),
    **dict.fromkeys(("click", "follow", "scan"), (60.0, 3)),
}


class CustomerMessages:
    def __init__(self, log: Log, people: People, faults: Faults) -> None:
        self._log = log
        self._people = people
        self._faults = faults
        self._open: dict[str, list[tuple[float, int]]] = {}  # openid -> until when, how many more
        log.add_reader(self._read)

    def send(self, wanted: Mapping[str, Any]) -> None:
        """Shown when this returns; there is no msgid and no receipt. Raises Refused."""
        openid, told = str(wanted.get("touser", "")), wanted.get("text")
        fault = self._faults.strike(PATH, frozenset({"errcode"}), openid)
        if fault:
            raise Refused(int(fault.value), "sandbox fault")
        person = self._people.find(openid)
        if person is None or not person.follows:
            raise Refused(43004 if person else 40003, "require subscribe" if person else "invalid openid")
        content = str(told.get("content", "")) if isinstance(told, dict) else ""
        if wanted.get("msgtype") != "text" or not content:
            raise Refused(40008, "invalid message type")
        with self._log.lock:
            windows = [one for one in self._open.get(openid, []) if one[0] > self._log.now()]
            if not windows:
                raise Refused(45015, "response out of time limit or subscription is canceled")
            if not any(left for _, left in windows):
                raise Refused(45047, "out of response count limit")
            self._log.append(
                SHOWN,
                channel="service",
                openid=openid,
                client_msg_id="",
                msgid=0,
                content={"MsgType": "text", "Content": content},
            )

    def _read(self, entry: Entry) -> None:
        if entry["kind"] == "did" and entry["action"] in WINDOWS:
            span_s, most = WINDOWS[entry["action"]]
            kept = [one for one in self._open.get(entry["openid"], []) if one[0] > moment(entry)]
            self._open[entry["openid"]] = [*kept[-4:], (moment(entry) + span_s, most)]
        elif entry["kind"] == SHOWN and entry["channel"] == "service":
            windows = self._open.get(entry["openid"], [])
            place = next(
                (n for n, (until, left) in enumerate(windows) if left and until > moment(entry)), None
            )
            if place is not None:
                windows[place] = (windows[place][0], windows[place][1] - 1)
