"""Followers, their licenses and the signs they leave."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from reminders import binding, holders
from reminders.db import Database
from reminders.errors import NotFound
from reminders.rules.lifecycle import ContactSign, DateKind, Expiry, HolderKind, LicenseState
from reminders.rules.status import StatusKey
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Confirmation, Follower
from tests import builders
from tests.builders import NOW

ME = "oExample-me"
TODAY = date(2026, 11, 2)
LATER = NOW + timedelta(minutes=1)


def bound_license(database: Database, openid: str = ME, **more: object) -> int:
    with database.begin() as session:
        entry = builders.entry(session, companion_name="校验期满", companion_latest=30, companion_unit="日")
        values = {"expires_on": TODAY + timedelta(days=60), "holder_id": None} | more
        row = builders.license(session, entry_id=entry.id, **values)  # type: ignore[arg-type]
        follower_id = holders.heard_from(session, openid, now=NOW)
        builders.binding(session, license_id=row.id, follower_id=follower_id)
        return row.id


def signs(database: Database) -> list[tuple[DateKind, ContactSign]]:
    with database.read() as session:
        rows = session.execute(select(Confirmation.date_kind, Confirmation.sign).order_by(Confirmation.id))
        return [(row.date_kind, row.sign) for row in rows]


def test_follow_and_unfollow_are_idempotent_and_recorded(database: Database) -> None:
    for change in (holders.follow, holders.follow, holders.unfollow, holders.unfollow):
        with database.begin() as session:
            change(session, ME, now=NOW)
    with database.read() as session:
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
        assert actions == ["follower.follow", "follower.unfollow"]
        row = session.execute(select(Follower)).scalar_one()
        assert (row.followed_at, row.unfollowed_at) == (NOW, NOW)


def test_speaking_again_lifts_an_unfollow_and_a_stop(database: Database) -> None:
    with database.begin() as session:
        holders.unfollow(session, ME, now=NOW)
        row = session.execute(select(Follower)).scalar_one()
        row.push_stopped_at, row.push_stopped_reason = NOW, "43101"
    with database.begin() as session:
        holders.heard_from(session, ME, now=LATER)
    with database.read() as session:
        row = session.execute(select(Follower)).scalar_one()
        assert (row.unfollowed_at, row.push_stopped_at, row.push_stopped_reason) == (None, None, "")


def test_most_urgent_comes_first_and_pages_follow_each_other(database: Database) -> None:
    for days in (300, 40, 700, -5):
        bound_license(database, expires_on=TODAY + timedelta(days=days))
    bound_license(database, expires_on=None, expiry=Expiry.NONE)
    bound_license(database, state=LicenseState.RENEWING)
    seen, after = [], None
    for _ in range(4):
        with database.read() as session:
            mine = holders.my_licenses(session, ME, most=2, after=after, now=NOW)
        seen += [(own.facts.expires_on, own.status.key) for own in mine.licenses]
        after = mine.next_after
        if after is None:
            break
    days = [(on - TODAY).days if on else None for on, _ in seen]
    assert days == [-5, 40, 300, 700, None, 60]
    assert [key for _, key in seen][4:] == [StatusKey.NO_EXPIRY, StatusKey.RENEWING]


def test_equal_dates_lose_nothing_between_pages(database: Database) -> None:
    ids = {bound_license(database) for _ in range(5)}
    seen, after = set(), None
    for _ in range(3):
        with database.read() as session:
            mine = holders.my_licenses(session, ME, most=2, after=after, now=NOW)
        seen |= {own.license_id for own in mine.licenses}
        after = mine.next_after
    assert (seen, after) == (ids, None)


def test_stranger_and_empty_handed_follower_are_told_apart(database: Database) -> None:
    with database.begin() as session:
        holders.follow(session, ME, now=NOW)
    with database.read() as session:
        assert not holders.my_licenses(session, "oExample-other", most=5, now=NOW).is_known
        mine = holders.my_licenses(session, ME, most=5, now=NOW)
    assert (mine.is_known, mine.needs_hearing, mine.licenses) == (True, False, ())


def test_page_holds_the_five_facts_and_masks_names_and_numbers(database: Database) -> None:
    with database.begin() as session:
        person = builders.holder(session, name="张示例", kind=HolderKind.PERSON).id
    license_id = bound_license(
        database, holder_id=person, license_no="201337000001", companion_on=TODAY + timedelta(days=20)
    )
    with database.read() as session:
        own = holders.license_page(session, ME, license_id, now=NOW)
    assert own.facts.missing() == ()
    assert (own.facts.holder_name, own.facts.license_no) == ("张＊", "2013＊＊＊＊0001")
    assert own.companion is not None
    assert (own.companion.date_name, own.companion.missing()) == ("校验期满", ())


def test_foreign_ended_and_missing_licenses_are_not_found_alike(database: Database) -> None:
    foreign = bound_license(database, openid="oExample-other")
    mine = bound_license(database)
    with database.begin() as session:
        ids = holders.active_bindings(session, ME)
        binding.unbind(session, holders.heard_from(session, ME, now=NOW), ids, now=NOW)
    said = set()
    for license_id in (foreign, mine, 10**9, 0):
        with database.read() as session, pytest.raises(NotFound) as refused:
            holders.license_page(session, ME, license_id, now=NOW)
        said.add(refused.value.message)
    assert len(said) == 1


def test_who_left_sees_no_page(database: Database) -> None:
    license_id = bound_license(database)
    with database.begin() as session:
        holders.unfollow(session, ME, now=LATER)
    with database.read() as session, pytest.raises(NotFound):
        holders.license_page(session, ME, license_id, now=LATER)


def test_signs_count_once_for_each_date_that_is_being_reminded(database: Database) -> None:
    license_id = bound_license(database, companion_on=TODAY + timedelta(days=40))
    for _ in range(2):
        with database.begin() as session:
            holders.note_opened(session, ME, license_id, now=NOW)
            holders.note_asked(session, ME, [license_id], now=LATER)
    assert sorted(signs(database)) == sorted(
        (kind, sign) for kind in DateKind for sign in (ContactSign.OPENED_PAGE, ContactSign.ASKED)
    )


def test_page_wants_a_sign_until_it_has_one(database: Database) -> None:
    license_id = bound_license(database)
    with database.read() as session:
        assert holders.license_page(session, ME, license_id, now=NOW).wants_sign
    with database.begin() as session:
        holders.note_opened(session, ME, license_id, now=NOW)
    with database.read() as session:
        assert not holders.license_page(session, ME, license_id, now=NOW).wants_sign


def test_no_sign_years_ahead_nor_from_somebody_else(database: Database) -> None:
    early = bound_license(database, expires_on=TODAY + timedelta(days=900))
    mine = bound_license(database)
    with database.begin() as session:
        holders.follow(session, "oExample-other", now=NOW)
        holders.note_opened(session, "oExample-other", mine, now=NOW)
        holders.note_opened(session, ME, early, now=NOW)
        assert not holders.license_page(session, ME, early, now=NOW).wants_sign
    assert signs(database) == []


def test_renewed_date_wants_a_sign_of_its_own(database: Database) -> None:
    license_id = bound_license(database)
    with database.begin() as session:
        holders.note_opened(session, ME, license_id, now=NOW)
        row = session.get(builders.License, license_id)
        assert row is not None
        row.expires_on = TODAY + timedelta(days=50)
        builders.set_due(session, row)
    with database.read() as session:
        assert holders.license_page(session, ME, license_id, now=NOW).wants_sign
