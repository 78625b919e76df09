"""Rows of the ledger are chosen by filters that agree with what the list shows, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from reminders import indexing, ledger
from reminders.db import Database
from reminders.ledger import Line
from reminders.ledger_filters import NEVER_TOLD, STATES, Filters
from reminders.rules.lifecycle import Channel, DeliveryState, Expiry, LicenseState
from reminders.rules.permissions import Actor
from reminders.rules.search_keys import initials
from reminders.rules.status import license_status
from reminders.rules.window import Window
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from tests import builders
from tests.builders_console import Corner, call
from tests.builders_ledger import annex1

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
CLERK = Actor(ref="command:test", name="测试")
PHARMACY, FOOD = 1, 2


def found(books: Database, filters: Filters) -> list[Line]:
    with books.read() as session:
        return list(ledger.rows(session, filters, actor=CLERK, today=TODAY).lines)


def names(books: Database, search: str) -> list[str]:
    return sorted(line.holder_name for line in found(books, Filters(search=search)))


@pytest.fixture
def books(database: Database) -> Database:
    with database.begin() as session:
        annex1(session)
        for name, phone, number in (
            ("示例大药房有限公司", "13800001234", "鲁示例900001"),
            ("示例诊所", "13800005678", "鲁示例901234"),
            ("SL示例食品厂", "13800009999", "鲁示例905555"),
        ):
            holder = builders.holder(session, name=name)
            contact = builders.contact(session, holder_id=holder.id, phone=phone)
            builders.license(
                session, entry_id=PHARMACY, expires_on=TODAY + timedelta(days=100), holder_id=holder.id,
                contact_id=contact.id, license_no=number,
            )  # fmt: skip
    return database


def test_search_finds_name_initials_and_the_last_four_of_phone_or_number(books: Database) -> None:
    assert names(books, "大药房") == ["示例大药房有限公司"]
    assert names(books, "sldyf") == ["示例大药房有限公司"]
    assert names(books, "SLZS") == ["示例诊所"]
    assert names(books, "slsl") == ["SL示例食品厂"]
    assert names(books, "5678") == ["示例诊所"]
    assert names(books, "1234") == ["示例大药房有限公司", "示例诊所"]
    assert names(books, "鲁示例9012") == ["示例诊所"]
    assert names(books, "0000") == names(books, "%") == []


def test_search_for_a_phone_unseals_nothing(books: Database) -> None:
    """The contact of another row is not readable any more, and is passed by as if it were."""
    with books.begin() as session:
        spoilt = update(Contact).where(
            Contact.name == "张示例", Contact.id != _contact_of(session, "示例诊所")
        )
        session.execute(spoilt.values(phone_cipher=b"spoilt"))
    assert names(books, "5678") == ["示例诊所"]


def test_initials_keep_letters_and_digits() -> None:
    assert initials("示例1号（威海）药房") == "sl1hwhyf"
    assert initials("ABC 示例") == "abcsl"
    assert initials("·") == ""


def test_rows_older_than_the_keys_get_them(books: Database) -> None:
    with books.begin() as session:
        session.execute(update(Holder).values(initials=None))
        session.execute(update(Contact).values(tail_hash=None))
        session.execute(update(License).values(number_tail=None))
    assert names(books, "slzs") == names(books, "5678") == []
    with books.begin() as session:
        assert indexing.fill_some(session) is True
        assert indexing.fill_some(session) is False
    assert names(books, "slzs") == names(books, "5678") == ["示例诊所"]


def test_each_state_holds_exactly_the_rows_that_show_it(books: Database) -> None:
    days = (-400, -1, 0, 1, 20, 40, 60, 75, 89, 93, 120, 500)
    with books.begin() as session:
        for entry_id in (PHARMACY, FOOD):
            for day in days:
                builders.license(session, entry_id=entry_id, expires_on=TODAY + timedelta(days=day))
            builders.license(session, entry_id=entry_id, expires_on=None)
            builders.license(session, entry_id=entry_id, expires_on=None, expiry=Expiry.NONE)
            for state in (LicenseState.RENEWING, LicenseState.CANCELLED):
                builders.license(session, entry_id=entry_id, expires_on=TODAY, state=state)
    everything = found(books, Filters(limit=500))
    assert len(everything) == 3 + 2 * (len(days) + 4)
    seen = 0
    for status in STATES:
        ids = {line.license_id for line in found(books, Filters(status=status, limit=500))}
        assert ids == {line.license_id for line in everything if key_of(line) is status}, status
        seen += len(ids)
    assert seen == len(everything)


def key_of(line: Line) -> object:
    window = Window(line.opens_on, line.apply_by, None, line.is_estimate) if line.apply_by else None
    return license_status(
        state=line.state, expiry=line.expiry, expires_on=line.expires_on, window=window, today=TODAY
    ).key


def test_channel_is_that_by_which_the_present_date_was_told(books: Database) -> None:
    with books.begin() as session:
        told = session.get_one(Delivery, call(session, Corner(PHARMACY, "被告知示例", NOW)))
        told.state, told.final_at, told.closed_by = DeliveryState.DELIVERED, NOW, "staff:0"
        call(session, Corner(PHARMACY, "在等示例", NOW))
    (line,) = found(books, Filters(channel=Channel.PHONE))
    assert "被告知示例" in line.holder_name
    assert line.said is not None
    assert (line.said.on, line.said.by) == (TODAY, "电话")
    assert found(books, Filters(channel=Channel.LETTER)) == []
    assert len(found(books, Filters(channel=NEVER_TOLD))) == 4
    with books.begin() as session:
        renewed = update(License).where(License.id == line.license_id)
        session.execute(renewed.values(expires_on=TODAY + timedelta(days=1500)))
    assert found(books, Filters(channel=Channel.PHONE)) == []


def test_bound_rows_and_the_months_ahead(books: Database) -> None:
    with books.begin() as session:
        license_id = session.execute(select(License.id).order_by(License.id).limit(1)).scalar_one()
        builders.binding(session, license_id=license_id)
        builders.license(session, entry_id=PHARMACY, expires_on=TODAY + timedelta(days=20))
        builders.license(session, entry_id=PHARMACY, expires_on=TODAY - timedelta(days=1))
    assert [line.license_id for line in found(books, Filters(is_bound=True))] == [license_id]
    assert len(found(books, Filters(is_bound=False))) == 4
    assert len(found(books, Filters(within_months=1))) == 1
    assert len(found(books, Filters(within_months=6))) == 4


def test_position_counts_on_over_pages(books: Database) -> None:
    first = Filters(limit=2)
    with books.read() as session:
        page = ledger.rows(session, first, actor=CLERK, today=TODAY)
    assert page.after is not None
    assert [line.position for line in page.lines] == [1, 2]
    assert [line.position for line in found(books, Filters(limit=2, after=page.after))] == [3]


@pytest.mark.parametrize(
    "filters", [Filters(), Filters(after="2026-12-01_5_50"), Filters(entry_id=PHARMACY)], ids=range(3)
)
def test_a_page_is_read_in_the_order_of_an_index(sqlite_database: Database, filters: Filters) -> None:
    """No sort of the whole ledger stands before the first row; PostgreSQL may sort a table of no rows."""
    sent: list[tuple[str, Any]] = []

    def keep(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(sqlite_database.engine, "before_cursor_execute", keep)
    found(sqlite_database, filters)
    event.remove(sqlite_database.engine, "before_cursor_execute", keep)
    (paged,) = (one for one in sent if "ORDER BY license.expires_on" in one[0])
    with sqlite_database.engine.connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {paged[0]}", paged[1]).all()
    assert not any("TEMP B-TREE" in str(step) for step in steps), steps


def _contact_of(session: Session, name: str) -> int:
    return session.execute(
        select(Contact.id).join(Holder, Holder.id == Contact.holder_id).where(Holder.name == name)
    ).scalar_one()
