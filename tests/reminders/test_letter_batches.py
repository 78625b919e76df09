"""Batches of letters: signed by another person, numbered without a gap or double, frozen, posted, voided."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import clock, planning, worklist
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import Channel, DeliveryState, LicenseState, Role
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from reminders.tables.letters import LetterPaper
from reminders.tables.passes import BindPass
from tests import builders

TODAY = date(2026, 12, 1)
NOW = clock.civil_moment(TODAY, time(10))
SITE = "https://example.cn"


def office(session: Session, holders: int, *, name: str = "") -> tuple[Actor, Actor]:
    """Officer and lead of a department that writes letters, one to each of its holders."""
    department = builders.department(session, name=name, method=Channel.LETTER)
    entry = builders.entry(session, department_id=department.id)
    for _ in range(holders):
        builders.license(session, entry_id=entry.id, expires_on=date(2027, 3, 1))
    moment = clock.civil_moment(TODAY, time(9))
    planning.plan(session, TODAY, sending_hours=(time(8), time(20)), actor=builders.CLOCK, now=moment)
    return (
        builders.actor(builders.staff(session, department_id=department.id)),
        builders.actor(builders.staff(session, department_id=department.id, role=Role.LEAD)),
    )


def signed(session: Session, officer: Actor, lead: Actor, *, now: datetime = NOW) -> int:
    batch_id = worklist.prepare(session, None, actor=officer, now=now)
    worklist.issue(session, batch_id, SITE, actor=lead, now=now)
    return batch_id


def numbers(session: Session) -> list[tuple[int | None, int | None]]:
    query = select(LetterPaper.year, LetterPaper.number).order_by(LetterPaper.id)
    return [tuple(row) for row in session.execute(query)]


def test_signing_numbers_letters_and_freezes_their_words(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 3, name="示例社会民生科")
        batch_id = signed(session, officer, lead)
        before = worklist.printed(session, batch_id, actor=officer, now=NOW)
        assert [one.number for one in before] == [f"示例社会民生科函〔2026〕{n}号" for n in (1, 2, 3)]
        session.get_one(License, before[0].license_ids[0]).expires_on = date(2029, 1, 1)
        later = worklist.printed(session, batch_id, actor=officer, now=NOW + timedelta(days=2))
        assert [one.text for one in later] == [one.text for one in before]
        assert all("2027-03-01" in str(one.text.about) for one in before)
        assert worklist.to_write(session, actor=officer).letters == ()
        assert session.execute(select(func.count()).select_from(BindPass)).scalar_one() == 3


def test_maker_cannot_sign_nor_anybody_twice(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 1)
        batch_id = worklist.prepare(session, None, actor=officer, now=NOW)
        with pytest.raises(Conflict, match="拟稿的人"):
            worklist.issue(session, batch_id, SITE, actor=officer, now=NOW)
        with pytest.raises(Conflict, match="还没有签发"):
            worklist.printed(session, batch_id, actor=officer, now=NOW)
        worklist.issue(session, batch_id, SITE, actor=lead, now=NOW)
        with pytest.raises(Conflict, match="已经签发"):
            worklist.issue(session, batch_id, SITE, actor=lead, now=NOW)


def test_each_department_and_year_counts_for_itself(database: Database) -> None:
    with database.begin() as session:
        for _ in range(2):
            signed(session, *office(session, 2))
        new_year = clock.civil_moment(date(2027, 1, 1), time(0, 30))
        signed(session, *office(session, 1), now=new_year)
        assert numbers(session) == [(2026, 1), (2026, 2), (2026, 1), (2026, 2), (2027, 1)]


def test_letter_that_says_nothing_any_more_takes_no_number(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 3)
        batch_id = worklist.prepare(session, None, actor=officer, now=NOW)
        second = session.execute(select(License).order_by(License.id)).scalars().all()[1]
        second.state = LicenseState.RENEWING
        session.flush()
        assert worklist.issue(session, batch_id, SITE, actor=lead, now=NOW) == 2
        assert numbers(session) == [(2026, 1), (2026, 2)]


def test_signing_that_fails_gives_its_numbers_back(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 2)
        batch_id = worklist.prepare(session, None, actor=officer, now=NOW)
    with pytest.raises(RuntimeError), database.begin() as session:
        worklist.issue(session, batch_id, SITE, actor=lead, now=NOW)
        raise RuntimeError("the machine stops before the commit")
    with database.begin() as session:
        worklist.issue(session, batch_id, SITE, actor=lead, now=NOW)
        assert numbers(session) == [(2026, 1), (2026, 2)]


def test_numbers_stay_gapless_when_many_sign_at_once(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 24)
        waiting = [one.delivery_id for one in worklist.to_write(session, actor=officer, limit=24).letters]
        batches = [
            worklist.prepare(session, waiting[place : place + 3], actor=officer, now=NOW)
            for place in range(0, 24, 3)
        ]
    gate, failed = threading.Barrier(len(batches)), []

    def sign(batch_id: int) -> None:
        gate.wait()
        try:
            with database.begin() as session:
                worklist.issue(session, batch_id, SITE, actor=lead, now=NOW)
        except Exception as fault:
            failed.append(fault)

    threads = [threading.Thread(target=sign, args=(batch_id,)) for batch_id in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert failed == []
        assert sorted(numbers(session)) == [(2026, number) for number in range(1, 25)]


def test_a_letter_stands_in_one_batch_only(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 2)
        first, second = (one.delivery_id for one in worklist.to_write(session, actor=officer).letters)
        batch_id = worklist.prepare(session, [first], actor=officer, now=NOW)
        with pytest.raises(Conflict, match="别的批次"):
            worklist.prepare(session, [first, second], actor=officer, now=NOW)
        worklist.dissolve(session, batch_id, actor=officer, now=NOW)
        again = worklist.prepare(session, [first, second], actor=officer, now=NOW)
        worklist.issue(session, again, SITE, actor=lead, now=NOW)
        with pytest.raises(Conflict, match="不能拆散"):
            worklist.dissolve(session, again, actor=officer, now=NOW)


def test_unsigned_letter_cannot_be_posted(database: Database) -> None:
    with database.begin() as session:
        officer, _ = office(session, 1)
        (letter,) = worklist.to_write(session, actor=officer).letters
        worklist.prepare(session, None, actor=officer, now=NOW)
        licenses = [item.license_id for item in letter.items]
        with pytest.raises(Conflict, match="还没有签发"):
            worklist.record_posted(
                session,
                letter.delivery_id,
                "1234567890123",
                TODAY,
                license_ids=licenses,
                actor=officer,
                now=NOW,
            )


def test_posted_batch_is_found_by_either_number_and_may_come_back(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 2, name="示例社会民生科")
        batch_id = signed(session, officer, lead)
        first, second = worklist.batch(session, batch_id, actor=officer).to_post
        sent = {first.id: "EA123456789CN", second.id: ""}
        assert worklist.record_batch_posted(session, batch_id, sent, TODAY, actor=officer, now=NOW) == 1
        assert [one.id for one in worklist.batch(session, batch_id, actor=officer).to_post] == [second.id]
        for asked in ("ea 123456789cn", "〔2026〕1号", "示例社会民生科函[2026]1", first.number):
            found = worklist.find_posted(session, asked, actor=officer)
            assert (found.delivery_id, found.number) == (first.delivery_id, first.number)
        stranger, _ = office(session, 0)
        for asked in ("EA123456789CN", "〔2026〕1号", first.number):
            with pytest.raises(NotFound):
                worklist.find_posted(session, asked, actor=stranger)
        worklist.record_returned(session, first.delivery_id, "迁移新址不明", actor=officer, now=NOW)
        with pytest.raises(NotFound):
            worklist.find_posted(session, "EA123456789CN", actor=officer)


def test_faults_of_posting_are_told_at_once_and_nothing_is_recorded(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 2)
        batch_id = signed(session, officer, lead)
        first, second = worklist.batch(session, batch_id, actor=officer).to_post
    for typed in (
        {},
        {first.id: "12"},
        {first.id: "1234567890", second.id: "1234567890"},
        {9999: "1234567890"},
    ):
        with pytest.raises(Invalid), database.begin() as session:
            worklist.record_batch_posted(session, batch_id, typed, TODAY, actor=officer, now=NOW)
    with pytest.raises(Invalid) as refused, database.begin() as session:
        typed = {first.id: "1234567890", second.id: "1"}
        worklist.record_batch_posted(session, batch_id, typed, TODAY, actor=officer, now=NOW)
    assert second.number in refused.value.message
    with database.read() as session:
        states = set(session.execute(select(Delivery.state)).scalars())
    assert states == {DeliveryState.READY}


def test_voided_number_is_not_given_again(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 1)
        batch_id = signed(session, officer, lead)
        (paper,) = worklist.batch(session, batch_id, actor=officer).papers
        with pytest.raises(Invalid):
            worklist.void(session, paper.id, " ", actor=officer, now=NOW)
        worklist.void(session, paper.id, "地址写错", actor=officer, now=NOW)
        with pytest.raises(Conflict):
            worklist.void(session, paper.id, "再来", actor=officer, now=NOW)
        assert len(worklist.to_write(session, actor=officer).letters) == 1
        assert session.execute(select(BindPass.ended_at)).scalar_one() is not None
        signed(session, officer, lead)
        assert numbers(session) == [(2026, 1), (2026, 2)]


def test_other_departments_neither_see_nor_touch_a_batch(database: Database) -> None:
    with database.begin() as session:
        officer, lead = office(session, 1)
        batch_id = signed(session, officer, lead)
        (paper,) = worklist.batch(session, batch_id, actor=officer).papers
        stranger, other_lead = office(session, 0)
        supervisor = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
        assert worklist.batches(session, actor=stranger) == []
        assert len(worklist.batches(session, actor=supervisor)) == 1
        with pytest.raises(NotFound):
            worklist.batch(session, batch_id, actor=stranger)
        with pytest.raises(NotFound):
            worklist.issue(session, batch_id, SITE, actor=other_lead, now=NOW)
        with pytest.raises(NotFound):
            worklist.void(session, paper.id, "原因", actor=stranger, now=NOW)
        with pytest.raises(Conflict):
            worklist.prepare(session, None, actor=supervisor, now=NOW)
