"""A publication is claimed once, finished by whoever holds it, and follows the newest wish."""

from datetime import timedelta

from sqlalchemy import select

from reminders import publication
from reminders.db import Database
from reminders.publication import Claimed
from reminders.rules import notice_text
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState, Role
from reminders.tables.notices import Notice, Publication
from tests import builders
from tests.builders import CLOCK, NOW


def published(database: Database, body: str = "请尽早办理。") -> int:
    with database.begin() as session:
        author = builders.staff(session, role=Role.OFFICE)
        notice = Notice(
            title="标题",
            body=body,
            public_list="[]",
            state=NoticeState.PUBLISHED,
            author_id=author.id,
            digest=notice_text.digest("标题", body, "[]"),
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
                external_id=f"notice-{notice.id}",
                next_at=NOW,
                updated_at=NOW,
            )
        )
        return notice.id


def claim(database: Database, seconds: float = 0) -> list[Claimed]:
    with database.begin() as session:
        return publication.claim(session, now=NOW + timedelta(seconds=seconds))


def row(database: Database) -> Publication:
    with database.read() as session:
        return session.execute(select(Publication)).scalar_one()


def test_due_publication_is_claimed_once_and_finished(database: Database) -> None:
    notice_id = published(database)
    with database.read() as session:
        assert publication.due(session, now=NOW)
    first, second = claim(database), claim(database)
    assert [one.external_id for one in first] == [f"notice-{notice_id}"]
    assert second == []
    assert "请尽早办理" in first[0].html
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
    assert claim(database, seconds=59) == []
    again = claim(database, seconds=60)[0]
    with database.begin() as session:
        assert not publication.finish(session, lost, "https://example.com/old", now=NOW)
        assert not publication.failed(session, lost, "late", permanent=True, now=NOW)
        assert publication.finish(session, again, "https://example.com/new", now=NOW)
    assert row(database).url == "https://example.com/new"


def test_failure_waits_longer_each_time_and_a_permanent_one_stops(sqlite_database: Database) -> None:
    published(sqlite_database)
    at = 0.0
    for expected in (5, 10, 20):
        claimed = claim(sqlite_database, at)[0]
        now = NOW + timedelta(seconds=at)
        with sqlite_database.begin() as session:
            publication.failed(session, claimed, "http-503", permanent=False, now=now)
        assert claim(sqlite_database, at + expected - 1) == []
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
    assert claim(sqlite_database)[0].refused == "digest-changed"
    published(sqlite_database, body="电话 138**0000**0001")
    assert claim(sqlite_database)[0].refused == publication.GUARD_REASON
