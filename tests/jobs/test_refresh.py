"""The ledger keeps up with the e-license library by itself, down to the SMS that goes out (duty 7)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from config.settings import Settings
from jobs import refresh, wiring
from jobs.clock import Clock
from jobs.gateways.e_license import ELicenseGateway
from reminders import alarms, clock, library, planning, roads
from reminders.db import Database
from reminders.errors import GatewayError
from reminders.rules.lifecycle import AlarmKind, Channel, LicenseState
from reminders.rules.share_state import ShareState
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import LedgerImport, License
from reminders.tables.renewals import DecisionShare
from tests import builders_renewals as made
from tests.builders_ledger import annex1
from tests.builders_queue import ALL_DAY
from tests.builders_renewals import MACHINE
from tests.jobs.conftest import Platform
from tests.jobs.test_share import Rung
from tests.sandbox.bot import E_LICENSE_KEY

HOUR = timedelta(hours=1)
CHANGES = "/e-license-api/changes"
SAMPLES = 12  # the library of the sandbox begins with these
FAR = date(2031, 12, 20)


@pytest.fixture
def reached(told: Settings, platform: Platform) -> Settings:
    more = {"e_license_url": f"{platform.url}/e-license-api", "e_license_key": E_LICENSE_KEY}
    return told.model_copy(update=more)


@pytest.fixture
def gateway(reached: Settings) -> Iterator[ELicenseGateway]:
    found = wiring.e_license(reached)
    assert found is not None
    yield found
    found.close()


@pytest.fixture
def books(database: Database) -> Database:
    with database.begin() as session:
        annex1(session)
    return database


def tell(platform: Platform, *records: dict[str, Any]) -> None:
    answer = requests.post(f"{platform.url}/e-license/api/licenses", json=list(records), timeout=5)
    assert answer.status_code == 200


def again(database: Database, gateway: ELicenseGateway) -> int:
    """Another round at once."""
    with database.begin() as session:
        library.ask_now(session, actor=MACHINE, now=clock.now())
    return refresh.refresh(database, gateway, every=HOUR)


def known(database: Database) -> dict[str, License]:
    with database.read() as session:
        return {row.license_no or "": row for row in session.execute(select(License)).scalars()}


def standing(database: Database) -> library.Standing:
    with database.read() as session:
        found = library.standing(session)
    assert found is not None
    return found


def test_new_changed_renewed_and_cancelled_licenses_come_by_themselves(
    books: Database, gateway: ELicenseGateway, platform: Platform
) -> None:
    tell(platform, made.record(1, FAR), made.record(2, FAR), made.record(3, FAR, license_name="没有这种证"))
    assert refresh.refresh(books, gateway, every=HOUR) == SAMPLES + 3
    assert len(known(books)) == SAMPLES + 2
    assert {"read": 15, "new": 14, "faulty": 1}.items() <= standing(books).counts.items()
    assert refresh.refresh(books, gateway, every=HOUR) == 0  # not due yet
    assert again(books, gateway) == 0  # nothing changed
    tell(platform, made.record(1, date(2036, 12, 20)), made.record(2, FAR, state="注销"))
    assert again(books, gateway) == 2
    now = known(books)
    assert now["SC2000000001"].expires_on == date(2036, 12, 20)
    assert now["SC2000000002"].state is LicenseState.CANCELLED
    with books.read() as session:
        shares = session.execute(select(DecisionShare)).scalars().all()
        assert [(one.license_id, one.state) for one in shares] == [(now["SC2000000001"].id, ShareState.READY)]
    assert standing(books).total == 17


def test_phone_of_the_library_is_reminded_by_sms_with_nobody_in_between(
    books: Database, gateway: ELicenseGateway, platform: Platform, reached: Settings
) -> None:
    today, moment = clock.civil_date(clock.now()), clock.now()
    tell(platform, made.record(7, today + timedelta(days=70)))
    refresh.refresh(books, gateway, every=HOUR)
    with books.begin() as session:
        roads.open_roads(session, wiring.means(reached))
        planning.plan(session, today, sending_hours=ALL_DAY, actor=MACHINE, now=moment)
        queued = session.execute(select(Delivery)).scalars().all()
    assert [one.channel for one in queued] == [Channel.SMS]


def test_lost_pages_are_read_again_and_counted_once(
    books: Database, gateway: ELicenseGateway, platform: Platform
) -> None:
    for kind in ("reset_before", "reset_after", "html_after", "empty_after"):
        platform.fault(kind, CHANGES, times=1)
        before = standing(books).failures if kind != "reset_before" else 0
        again(books, gateway)
        assert standing(books).failures == before + 1, kind
        assert known(books) == {}
    assert again(books, gateway) == SAMPLES
    assert (standing(books).failures, standing(books).last_error) == (0, "")
    assert len(known(books)) == SAMPLES


def test_page_met_by_two_jobs_enters_the_ledger_once(
    books: Database, gateway: ELicenseGateway, platform: Platform
) -> None:
    found = gateway.changes("", 500)
    with books.begin() as session:
        assert library.begin(session, now=clock.now()) == ""
    assert refresh.take_page(books, "", found, HOUR) is None
    assert refresh.take_page(books, "", found, HOUR) is None  # late: the cursor moved on
    with books.read() as session:
        assert session.execute(select(func.count()).select_from(LedgerImport)).scalar_one() == 1
    assert standing(books).total == SAMPLES


def test_many_pages_are_one_round(
    sqlite_database: Database, gateway: ELicenseGateway, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.begin() as session:
        annex1(session)
    ask = gateway.changes
    monkeypatch.setattr(gateway, "changes", lambda cursor: ask(cursor, 5))
    assert refresh.refresh(sqlite_database, gateway, every=HOUR) == SAMPLES
    assert platform.counts()["library_pages"] == 3
    assert standing(sqlite_database).counts["new"] == SAMPLES


@pytest.mark.parametrize(
    ("answer", "reason"),
    [({"items": "x"}, "no-items"), ({"items": [{}], "cursor": ""}, "cursor"), ({"items": [{}]}, "cursor")],
)
def test_answer_that_is_none_of_the_contract_is_refused(
    gateway: ELicenseGateway, platform: Platform, answer: dict[str, Any], reason: str
) -> None:
    platform.fault("json", CHANGES, value=answer)
    with pytest.raises(GatewayError) as caught:
        gateway.changes("")
    assert (caught.value.reason, caught.value.permanent) == (reason, True)


def test_silence_of_the_library_rings(books: Database, gateway: ELicenseGateway) -> None:
    refresh.refresh(books, gateway, every=HOUR)
    with books.begin() as session:
        assert AlarmKind.LIBRARY_SILENT not in alarms.watch(session, now=clock.now())
        assert AlarmKind.LIBRARY_SILENT in alarms.watch(session, now=clock.now() + timedelta(hours=27))


def test_clock_rings_when_a_round_is_due(sqlite_database: Database, reached: Settings) -> None:
    bell = Rung()
    Clock(reached, sqlite_database, bell).ring_refresh()  # type: ignore[arg-type]
    Clock(reached.model_copy(update={"e_license_url": ""}), sqlite_database, bell).ring_refresh()  # type: ignore[arg-type]
    assert bell.entries == [refresh.ENTRY]
