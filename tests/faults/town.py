"""A ledger of bound followers, one due license each, whose every personal word is a canary."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, insert, select

from reminders import clock, planning, roads, windows
from reminders.db import Database
from reminders.roads import Means
from reminders.rules.lifecycle import BindHow, Channel, DateKind, Expiry, HolderKind, LicenseState
from reminders.tables.bindings import Binding, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from tests.bench import ground
from tests.builders_queue import ALL_DAY

CHUNK = 5_000
# A month before the last day to apply: nothing is in such a hurry that it takes another road.
DUE_IN = timedelta(days=60)
FIRST_PHONE = 13_970_000_000
# What must never be seen outside the database, the message itself and the sender's memory.
CANARIES = ("示例金丝雀", "o-canary-", "1397000", "JSQ0")
PLANNERS = 100
PLANNERS_AT_ONCE = 8


@dataclass(frozen=True)
class Planned:
    """What all planner runs together wrote."""

    reminders: int
    deliveries: int
    items: int


def openid(number: int) -> str:
    return f"o-canary-{number:07d}"


def phone(number: int) -> str:
    return str(FIRST_PHONE + number)


def people_of_sandbox(number: int) -> list[dict[str, object]]:
    return [
        {"name": f"示例金丝雀{n}", "phone": phone(n), "openid": openid(n), "follows": True}
        for n in range(1, number + 1)
    ]


def name_of(channel: Channel, number: int) -> str:
    """How the outside world knows person `number`."""
    return phone(number) if channel is Channel.SMS else openid(number)


def fill(database: Database, number: int, channel: Channel = Channel.WECHAT) -> None:
    """Person n holds license n and is follower n; by SMS they are contact n, and nobody is bound."""
    ground.prepare(database)
    today = clock.civil_date(clock.now())
    with database.begin() as session:
        entry = session.execute(
            select(func.min(CatalogueEntry.id))
            .join(Department, Department.id == CatalogueEntry.department_id)
            .where(CatalogueEntry.renewal_latest == 30, CatalogueEntry.unit == "日")
            .where(Department.method == Channel.SMS)
        ).scalar_one()
        windows.ensure(session, [(entry, DateKind.MAIN, today + DUE_IN)])
    for start in range(1, number + 1, CHUNK):
        ids = range(start, min(start + CHUNK, number + 1))
        with database.begin() as session:
            session.execute(insert(Holder), [_holder(n) for n in ids])
            session.execute(insert(Contact), [_contact(database, n) for n in ids])
            session.execute(insert(License), [_license(n, entry) for n in ids])
            if channel is Channel.WECHAT:
                session.execute(insert(Follower), [_follower(database, n) for n in ids])
                session.execute(insert(Binding), [_binding(n) for n in ids])


def plan_many_times(database: Database, runs: int = PLANNERS) -> Planned:
    """The real planner, again and again and several at once: only the first one adds anything."""
    with ThreadPoolExecutor(PLANNERS_AT_ONCE) as threads:
        list(threads.map(lambda _: plan_once(database), range(runs)))
    with database.read() as session:
        counts = [
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Reminder, Delivery, DeliveryItem)
        ]
    return Planned(*counts)


def plan_once(database: Database) -> None:
    now = clock.now()
    with database.begin() as session:
        roads.open_roads(session, {Channel.SMS: Means()})
    with database.begin() as session:
        planning.plan(session, clock.civil_date(now), sending_hours=ALL_DAY, actor=ground.ACTOR, now=now)


def _holder(n: int) -> dict[str, object]:
    name = f"示例金丝雀{n}号有限公司"
    return {"id": n, "kind": HolderKind.COMPANY, "created_at": clock.now(), "identity_key": f"name:{n}"} | {
        "name": name,
        "name_key": name,
    }


def _contact(database: Database, n: int) -> dict[str, object]:
    vault = database.vault
    return {"id": n, "holder_id": n, "name": f"示例金丝雀{n}", "created_at": clock.now()} | {
        "phone_cipher": vault.seal(phone(n)),
        "phone_hash": vault.blind(phone(n)),
    }


def _follower(database: Database, n: int) -> dict[str, object]:
    return {"id": n, "openid": openid(n), "openid_hash": database.vault.blind(f"openid:{openid(n)}")} | {
        "followed_at": clock.now(),
        "push_stopped_reason": "",
        "created_at": clock.now(),
    }


def _license(n: int, entry: int) -> dict[str, object]:
    now, number = clock.now(), f"JSQ{n:09d}"
    return {
        "id": n, "catalogue_entry_id": entry, "holder_id": n, "contact_id": n, "license_no": number,
        "number_key": number, "identity_key": f"no:{number}", "expiry": Expiry.DATED,
        "expires_on": clock.civil_date(now) + DUE_IN, "state": LicenseState.ACTIVE, "version": 1,
        "next_due_on": clock.civil_date(now), "created_at": now, "updated_at": now,
    }  # fmt: skip


def _binding(n: int) -> dict[str, object]:
    return {"follower_id": n, "license_id": n, "how": BindHow.PHONE_CODE, "bound_at": clock.now()}
