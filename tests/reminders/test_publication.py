"""A publication is claimed once, finished by whoever holds it, and follows the newest wish."""

from datetime import timedelta

from sqlalchemy import func, select

from reminders import publication
from reminders.db import Database
from reminders.publication import Claimed
from reminders.publication.cargo import DIGEST_REASON, GUARD_REASON
from reminders.rules import rendition
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState, Role
from reminders.tables.notices import Notice, OutletEvent, Publication
from tests import builders
from tests.builders import CLOCK, NOW

LEASE_S = publication.LEASE.total_seconds()


def published(database: Database, body: str = "请尽早办理。") -> int:
    with database.begin() as session:
        author = builders.staff(session, role=Role.OFFICE)
        notice = Notice(
            title="标题",
            body=body,
            public_list="[]",
            state=NoticeState.PUBLISHED,
            author_id=author.id,
            digest=rendition.digest(rendition.render("标题", body, "[]", (), ("办公室", ""))),
            created_at=NOW,
            published_at=NOW,
        )
        session.add(notice)
        session.flush()
        session.add(
            Publication(
                notice_id=notice.id,
                outlet=Outlet.GOVERNMENT_SITE,
                wanted=PublicationState.LIVE,
                state=PublicationState.READY,
                external_id=f"notice-{notice.id}-v1",
                next_at=NOW,
                updated_at=NOW,
            )
        )
        return notice.id


def claim(database: Database, seconds: float = 0) -> list[Claimed]:
    with database.begin() as session:
        claimed = publication.claim(session, now=NOW + timedelta(seconds=seconds))
    return [claimed] if claimed else []


def row(database: Database) -> Publication:
    with database.read() as session:
        return session.execute(select(Publication)).scalar_one()


def test_due_publication_is_claimed_once_and_finished(database: Database) -> None:
    notice_id = published(database)
    with database.read() as session:
        assert publication.due(session, now=NOW)
    first, second = claim(database), claim(database)
    assert [one.external_id for one in first] == [f"notice-{notice_id}-v1"]
    assert second == []
    assert "请尽早办理" in first[0].article.html
    with database.begin() as session:
        assert publication.finish(session, first[0], "https://example.com/1", now=NOW)
        assert not publication.due(session, now=NOW + timedelta(days=1))
    done = row(database)
    assert (done.state, done.url, done.lease_until) == (
        PublicationState.LIVE,
        "https://example.com/1",
        None,
    )


def test_row_of_a_lost_process_is_claimed_again_and_the_old_one_is_fenced(database: Database) -> None:
    published(database)
    lost = claim(database)[0]
    assert claim(database, seconds=LEASE_S - 1) == []
    again = claim(database, seconds=LEASE_S)[0]
    with database.begin() as session:
        assert not publication.finish(session, lost, "https://example.com/old", now=NOW)
        assert not publication.failed(session, lost, "late", permanent=True, now=NOW)
        assert publication.finish(session, again, "https://example.com/new", now=NOW)
    assert row(database).url == "https://example.com/new"


def test_failure_waits_longer_each_time_and_a_permanent_one_stops(sqlite_database: Database) -> None:
    published(sqlite_database)
    at = 0.0
    for expected in (0.3, 0.6, 1, 2, 4, 8):
        claimed = claim(sqlite_database, at)[0]
        now = NOW + timedelta(seconds=at)
        with sqlite_database.begin() as session:
            publication.failed(session, claimed, "http-503", permanent=False, now=now)
        assert claim(sqlite_database, at + expected - 0.1) == []
        at += expected
    claimed = claim(sqlite_database, at)[0]
    with sqlite_database.begin() as session:
        publication.failed(session, claimed, "http-401", permanent=True, now=NOW)
        assert not publication.due(session, now=NOW + timedelta(days=9))
        notice_id = claimed.notice_id
        publication.retry(session, notice_id, Outlet.GOVERNMENT_SITE, actor=CLOCK, now=NOW)
        assert publication.due(session, now=NOW)
    assert publication.pause(99) == timedelta(minutes=15)


def test_withdrawal_while_sending_is_carried_out_afterwards(sqlite_database: Database) -> None:
    published(sqlite_database)
    claimed = claim(sqlite_database)[0]
    with sqlite_database.begin() as session:
        session.execute(select(Publication)).scalar_one().wanted = PublicationState.GONE
    with sqlite_database.begin() as session:
        publication.finish(session, claimed, "https://example.com/1", now=NOW)
    removal = claim(sqlite_database)[0]
    assert removal.wanted is PublicationState.GONE
    with sqlite_database.begin() as session:
        publication.finish(session, removal, "", now=NOW)
    assert row(sqlite_database).state is PublicationState.GONE


def test_text_changed_after_approval_or_personal_does_not_leave(sqlite_database: Database) -> None:
    published(sqlite_database)
    with sqlite_database.begin() as session:
        session.execute(select(Notice)).scalar_one().body = "换过的正文"
    assert claim(sqlite_database)[0].refused == DIGEST_REASON
    with sqlite_database.begin() as session:
        session.execute(select(Publication)).scalar_one().state = PublicationState.FAILED
    published(sqlite_database, body="电话 138**0000**0001")
    assert claim(sqlite_database)[0].refused == GUARD_REASON


def test_outlet_is_left_alone_while_somebody_is_busy_with_it(database: Database) -> None:
    first, second = published(database), published(database)
    held = claim(database)[0]
    assert held.notice_id == first
    assert claim(database) == []
    with database.begin() as session:
        assert not publication.due(session, now=NOW), "nobody is rung for what cannot be claimed"
        publication.finish(session, held, "", now=NOW)
        assert publication.due(session, now=NOW)
    assert claim(database)[0].notice_id == second


def test_lease_of_the_living_is_put_off_and_what_was_told_is_remembered(database: Database) -> None:
    published(database)
    held = claim(database)[0]
    later = NOW + timedelta(seconds=LEASE_S - 1)
    with database.begin() as session:
        assert publication.renew(session, held, now=later)
        assert publication.keep(session, held, {"draft": "m1"}, job_ref="2247", now=later)
    assert claim(database, seconds=LEASE_S + 0.5) == []
    again = claim(database, seconds=2 * LEASE_S)[0]
    assert again.steps == {"draft": "m1"}
    with database.begin() as session:
        assert not publication.renew(session, held, now=later)
        assert not publication.keep(session, held, {"draft": "m2"}, job_ref="", now=later)


def test_event_of_the_outlet_makes_us_look_at_once_and_counts_once(database: Database) -> None:
    published(database)
    held = claim(database)[0]
    with database.begin() as session:
        publication.keep(session, held, {"job": "2247"}, job_ref="2247", now=NOW)
        publication.wait(session, held, 60, now=NOW)
        assert not publication.due(session, now=NOW)
    for _ in range(2):
        with database.begin() as session:
            publication.heard(session, "publish", "2247", "0", "d" * 64, now=NOW)
    with database.begin() as session:
        assert publication.due(session, now=NOW)
        assert session.execute(select(func.count()).select_from(OutletEvent)).scalar_one() == 1
    assert claim(database)[0].waits == 1


def test_other_notices_of_the_outlet_travel_along_for_its_index(sqlite_database: Database) -> None:
    first = published(sqlite_database)
    with sqlite_database.begin() as session:
        publication.finish(session, publication.claim(session, now=NOW), "", now=NOW)  # type: ignore[arg-type]
    published(sqlite_database)
    assert [line.external_id for line in claim(sqlite_database)[0].others] == [f"notice-{first}-v1"]
