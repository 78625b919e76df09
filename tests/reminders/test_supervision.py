"""Supervision: figures that open exactly the rows they count, samples drawn again, orders to their end."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import clock, supervision
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import Channel, DeliveryState, Expiry, LicenseState, Role
from reminders.rules.permissions import Actor
from reminders.rules.supervision import Figure, Period, Verdict
from reminders.supervision import Wanted
from reminders.tables.audit import AuditEntry
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery
from reminders.tables.supervision import RectificationOrder
from tests import builders
from tests.reminders import test_figures as past

PERIOD = Period(date(2026, 9, 1), date(2026, 9, 30))
TODAY = date(2026, 11, 2)
NOW = clock.civil_moment(TODAY, time(10))


def supervisor(session: Session) -> Actor:
    return builders.actor(builders.staff(session, role=Role.SUPERVISOR))


def town(session: Session) -> tuple[CatalogueEntry, CatalogueEntry]:
    """Two departments with a kind each: 6 expired licenses here (4 renewed, 3 told), 2 there, nobody told."""
    first, second = builders.entry(session), builders.entry(session)
    for number in range(6):
        renewed = number < 4
        row = past.expired(
            session,
            first.id,
            now_on=past.RENEWED_ON if renewed else past.EXPIRED_ON,
            issued_on=date(2026, 9, 1),
        )
        if number < 3 or renewed:
            state = DeliveryState.DELIVERED if number < 3 else DeliveryState.UNCONFIRMED
            past.told(session, row, state=state)
    for _ in range(2):
        past.expired(session, second.id)
    return first, second


def parts(session: Session, figure: Figure, *, actor: Actor) -> tuple[int, int]:
    return supervision.overview(session, PERIOD, actor=actor, now=NOW).all.parts(figure)


def test_figures_of_a_period_count_each_expiry_once(database: Database) -> None:
    with database.begin() as session:
        town(session)
        actor = supervisor(session)
        found = supervision.overview(session, PERIOD, actor=actor, now=NOW)
        shown = {figure: found.all.parts(figure) for figure in Figure}
        assert shown[Figure.ON_TIME] == (4, 8)
        assert shown[Figure.LAPSE] == (4, 8)
        assert shown[Figure.REACH] == (3, 8)
        assert shown[Figure.TIMELINESS] == (4, 8)
        assert shown[Figure.COVERAGE] == (2, 2)
        ahead = (past.APPLY_BY - clock.civil_date(past.IN_TIME)).days
        assert shown[Figure.DAYS_AHEAD] == (4 * ahead, 4)
        assert [one.counts.expired for one in found.departments] == [6, 2]
        assert [one.counts.expired for one in found.kinds] == [6, 2]
        assert found.all.shown(Figure.ON_TIME) == "50.0%"


def test_every_figure_opens_exactly_the_rows_it_counts(database: Database) -> None:
    with database.begin() as session:
        town(session)
        builders.entry(session)  # a kind of nobody
        actor = supervisor(session)
        found = supervision.overview(session, PERIOD, actor=actor, now=NOW)
        for line in (None, *found.departments, *found.kinds):
            counts = line.counts if line else found.all
            place = {"department_id": line.department_id, "entry_id": line.entry_id} if line else {}
            for figure in Figure:
                above, below = counts.parts(figure)
                every, met = (
                    supervision.rows(
                        session, Wanted(figure, PERIOD, counted, **place), actor=actor, now=NOW
                    ).rows
                    for counted in (None, True)
                )
                assert len(every) == below, figure
                if figure is Figure.DAYS_AHEAD:
                    assert sum(row.days_ahead or 0 for row in every) == above
                else:
                    assert len(met) == above, figure
                    assert [row for row in every if row.is_counted] == list(met)


def test_completeness_asks_for_date_number_and_a_phone_that_works(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        good = builders.contact(session)
        wrong = builders.contact(session)
        wrong.wrong_at = NOW
        day = date(2027, 3, 1)

        def add(**more: object) -> None:
            builders.license(session, entry_id=entry.id, **{"expires_on": day, "contact_id": good.id, **more})  # type: ignore[arg-type]

        add()
        add(expires_on=None, expiry=Expiry.NONE)
        add(expires_on=None, expiry=Expiry.UNKNOWN)
        add(license_no=None)
        add(contact_id=None)
        add(contact_id=wrong.id)
        add(state=LicenseState.CANCELLED)
        assert parts(session, Figure.COMPLETENESS, actor=supervisor(session)) == (2, 6)


def test_department_sees_its_own_figures_only(database: Database) -> None:
    with database.begin() as session:
        first, second = town(session)
        lead = builders.actor(builders.staff(session, role=Role.LEAD, department_id=second.department_id))
        found = supervision.overview(session, PERIOD, actor=lead, now=NOW)
        assert [one.department_id for one in found.departments] == [second.department_id]
        assert found.channels == ()
        stranger = Wanted(Figure.ON_TIME, PERIOD, department_id=first.department_id)
        assert supervision.rows(session, stranger, actor=lead, now=NOW).rows == ()
        assert len(supervision.rows(session, Wanted(Figure.ON_TIME, PERIOD), actor=lead, now=NOW).rows) == 2


def test_channels_count_what_left_and_open_their_messages(database: Database) -> None:
    with database.begin() as session:
        town(session)
        actor = supervisor(session)
        july = Period(date(2026, 7, 1), date(2026, 7, 31))
        (line,) = supervision.overview(session, july, actor=actor, now=NOW).channels
        assert (line.channel, line.delivered, line.left) == (Channel.WECHAT, 3, 4)
        for arrived, count in ((None, 4), (True, 3), (False, 1)):
            page = supervision.messages(session, july, Channel.WECHAT, has_arrived=arrived, actor=actor)
            assert len(page.rows) == count
        waiting = session.execute(select(Delivery)).scalars().first()
        assert waiting is not None
        waiting.state = DeliveryState.READY
        session.flush()
        (line,) = supervision.overview(session, july, actor=actor, now=NOW).channels
        assert line.left == 3


def test_rows_are_read_page_by_page(database: Database) -> None:
    with database.begin() as session:
        town(session)
        actor = supervisor(session)
        seen, after = [], 0
        while True:
            wanted = Wanted(Figure.ON_TIME, PERIOD, after=after)
            page = supervision.rows(session, wanted, actor=actor, now=NOW, limit=3)
            seen += [row.id for row in page.rows]
            if page.after is None:
                break
            after = page.after
        assert len(seen) == len(set(seen)) == 8


def test_sample_is_drawn_again_by_its_seed_and_put_on_record(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(30):
            builders.license(session, entry_id=entry.id, expires_on=date(2027, 3, 1))
        actor = supervisor(session)
        ids = [
            supervision.draw_sample(session, None, 5, seed, actor=actor, now=NOW)
            for seed in ("七月", "七月", "八月")
        ]
        first, again, other = (
            [one.license_id for one in supervision.findings(session, sample_id, actor=actor)]
            for sample_id in ids
        )
        assert first == again != other
        assert len(set(first)) == 5
        drawn = session.execute(select(AuditEntry.detail).where(AuditEntry.action == "sample.draw")).scalars()
        assert all('"population": 30' in detail for detail in drawn)
        for size in (0, 201):
            with pytest.raises(Invalid):
                supervision.draw_sample(session, None, size, "", actor=actor, now=NOW)
        with pytest.raises(Conflict):
            empty = builders.department(session).id
            supervision.draw_sample(session, empty, 5, "", actor=actor, now=NOW)


def test_findings_count_in_the_sample_and_belong_to_its_rows(database: Database) -> None:
    with database.begin() as session:
        first, second = builders.entry(session), builders.entry(session)
        rows = [
            builders.license(session, entry_id=one.id, expires_on=date(2027, 3, 1)) for one in (first, second)
        ]
        actor = supervisor(session)
        sample_id = supervision.draw_sample(session, None, 2, "x", actor=actor, now=NOW)
        with pytest.raises(Invalid):
            supervision.record_finding(
                session, sample_id, rows[0].id, Verdict.PROBLEM, " ", actor=actor, now=NOW
            )
        with pytest.raises(NotFound):
            supervision.record_finding(session, sample_id, 9999, Verdict.GOOD, "", actor=actor, now=NOW)
        for row, verdict in zip(rows, (Verdict.PROBLEM, Verdict.GOOD), strict=True):
            supervision.record_finding(
                session, sample_id, row.id, verdict, "号码是空号", actor=actor, now=NOW
            )
        (line,) = supervision.samples(session, actor=actor)
        assert (line.size, line.checked, line.problems) == (2, 2, 1)
        lead = builders.actor(builders.staff(session, role=Role.LEAD, department_id=first.department_id))
        (own,) = supervision.findings(session, sample_id, actor=lead)
        assert own.license_id == rows[0].id
        third = builders.actor(builders.staff(session, department_id=builders.department(session).id))
        assert supervision.samples(session, actor=third) == []
        with pytest.raises(NotFound):
            supervision.findings(session, sample_id, actor=third)


def test_order_is_answered_sent_back_and_closed(database: Database) -> None:
    with database.begin() as session:
        department = builders.department(session)
        actor = supervisor(session)
        officer = builders.actor(builders.staff(session, department_id=department.id))
        stranger = builders.actor(builders.staff(session, department_id=builders.department(session).id))
        deadline = TODAY + timedelta(days=7)
        for text, day in (("", deadline), ("补报台账", TODAY)):
            with pytest.raises(Invalid):
                supervision.issue_order(session, department.id, text, day, actor=actor, now=NOW)
        order_id = supervision.issue_order(session, department.id, "补报台账", deadline, actor=actor, now=NOW)
        assert supervision.orders(session, actor=stranger, now=NOW) == []
        with pytest.raises(NotFound):
            supervision.answer_order(session, order_id, "已报", actor=stranger, now=NOW)
        with pytest.raises(Conflict):
            supervision.close_order(session, order_id, actor=actor, now=NOW)
        late = NOW + timedelta(days=8)
        assert [one.is_late for one in supervision.orders(session, actor=officer, now=late)] == [True]
        supervision.answer_order(session, order_id, "已报", actor=officer, now=late)
        next_day = TODAY + timedelta(days=20)
        supervision.send_back(session, order_id, next_day, actor=actor, now=late)
        assert session.get_one(RectificationOrder, order_id).replied_at is None
        supervision.answer_order(session, order_id, "全部补报", actor=officer, now=late)
        supervision.close_order(session, order_id, actor=actor, now=late)
        (done,) = supervision.orders(session, actor=officer, now=late)
        assert (done.reply, done.closed_by, done.is_late) == ("全部补报", actor.name, False)
        with pytest.raises(Conflict):
            supervision.answer_order(session, order_id, "再说一句", actor=officer, now=late)
