"""The people of the sandbox: made-up holders with a phone, who may or may not follow the account."""

import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.log import Entry, Log, moment

DEFAULT_PEOPLE = (
    {
        "name": "张示例",
        "phone": "13800000001",
        "license_no": "",
        "license_name": "",
        "note": "一家公司的经办人",
    },
    {
        "name": "李示例",
        "phone": "13800000002",
        "license_no": "",
        "license_name": "",
        "note": "还没有关注公众号",
    },
    {"name": "王示例", "phone": "13800000003", "license_no": "", "license_name": "", "note": "个体工商户"},
)


class NoSuchPerson(LookupError):
    """No person has this openid."""


@dataclass(frozen=True)
class Person:
    openid: str
    name: str
    phone: str
    license_no: str = ""
    license_name: str = ""
    note: str = ""
    follows: bool = False
    followed_at: float = 0.0
    scene: str = ""
    snapshot: bool = False  # opens pages in WeChat's snapshot mode, with an openid that is not theirs


FIELDS = frozenset({"name", "phone", "license_no", "license_name", "note", "follows", "snapshot"})


class People:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._people: dict[str, Person] = {}
        log.add_reader(self._read)

    def all(self) -> list[Person]:
        return list(self._people.values())

    def get(self, openid: str) -> Person:
        """Raises NoSuchPerson."""
        try:
            return self._people[openid]
        except KeyError:
            raise NoSuchPerson(openid) from None

    def find(self, openid: str) -> Person | None:
        return self._people.get(openid)

    def add(self, fields: dict[str, Any]) -> Person:
        """A new person; the openid is made up unless one is given."""
        openid = str(fields.get("openid") or new_openid())
        known = {name: value for name, value in fields.items() if name in FIELDS}
        self._log.append("person", openid=openid, **{"name": "示例持证人", "phone": "", **known})
        return self.get(openid)

    def change(self, openid: str, **fields: Any) -> Person:
        self.get(openid)
        self._log.append("person", openid=openid, **fields)
        return self.get(openid)

    def follow(self, openid: str, scene: str = "") -> None:
        self._log.append("follow", openid=openid, scene=scene)

    def unfollow(self, openid: str) -> None:
        self._log.append("unfollow", openid=openid)

    def take_hints(self, wanted: list[dict[str, Any]]) -> None:
        """People of the sample ledger take the place of the default ones nobody has played yet."""
        phones = {str(fields.get("phone")) for fields in wanted}
        defaults = {fields["phone"] for fields in DEFAULT_PEOPLE}
        for person in self.all():
            if person.phone in defaults - phones and not person.followed_at:
                self._log.append("person_gone", openid=person.openid)
        for fields in wanted:
            same = next((p for p in self.all() if p.phone == fields.get("phone")), None)
            if same is None:
                self.add(fields)
            else:
                self.change(same.openid, **{k: v for k, v in fields.items() if k in FIELDS})

    def ensure_somebody(self) -> None:
        if not self._people:
            for fields in DEFAULT_PEOPLE:
                self.add(dict(fields))

    def _read(self, entry: Entry) -> None:
        kind, openid = entry["kind"], entry.get("openid", "")
        if kind == "person":
            fields = {name: value for name, value in entry.items() if name in FIELDS}
            known = self._people.get(openid)
            if known is None:
                known = Person(openid, fields.get("name", ""), fields.get("phone", ""))
            if fields.get("follows") and not known.follows:
                fields["followed_at"] = moment(entry)
            self._people[openid] = replace(known, **fields)
        elif kind == "person_gone":
            self._people.pop(openid, None)
        elif kind == "follow":
            change = {"follows": True, "followed_at": moment(entry), "scene": entry["scene"]}
            self._people[openid] = replace(self._people[openid], **change)
        elif kind == "unfollow":
            self._people[openid] = replace(self._people[openid], follows=False)


def new_openid() -> str:
    """28 characters beginning with o, as the platform's look."""
    return "o" + secrets.token_hex(20)[:27]


def as_json(person: Person) -> dict[str, Any]:
    return asdict(person)
