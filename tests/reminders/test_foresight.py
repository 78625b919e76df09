"""The time machine shows what the planner then really does, and writes nothing."""

from datetime import date, time, timedelta

from sqlalchemy import func, select

from reminders import clock, planning
from reminders.db import Database
from reminders.rules.lifecycle import Channel, Role
from reminders.tables.deliveries import DeliveryItem, PlannerRun, Reminder
from tests import builders
from tests.builders import CLOCK

DAY = date(2026, 12, 1)
HOURS = (time(8, 30), time(20, 0))


def test_foreseen_is_what_is_planned(database: Database) -> None:
    with database.begin() as session:
        place = builders.department(session)
        entry_id = builders.entry(session, department_id=place.id).id
        other = builders.entry(session, materials="").id
        for days in range(40):
            row = builders.license(
                session,
                entry_id=entry_id if days % 5 else other,
                expires_on=date(2027, 1, 20) + timedelta(days=3 * days),
            )
            if days % 3 == 0:
                builders.binding(session, license_id=row.id)
            if days % 3 == 1:
                row.contact_id = builders.contact(session).id
        officer = builders.actor(builders.staff(session, role=Role.OFFICER, department_id=place.id))
        stranger = builders.actor(
            builders.staff(session, role=Role.OFFICER, department_id=builders.department(session).id)
        )
    foreseen, after = [], 0
    while after is not None:
        with database.read() as session:
            page = planning.foresee(session, DAY, after=after, limit=7, actor=officer)
        foreseen += [(line.license_id, line.stage, line.channel) for line in page.lines]
        after = page.after  # type: ignore[assignment]
    with database.read() as session:
        sums = planning.sums(session, DAY, actor=officer)
        assert (sums.is_all, sums.total) == (True, len(foreseen))
        for channel, number in sums.by_channel.items():
            only = planning.by_channel(session, DAY, channel, limit=100, actor=officer)
            mine = [one for one in foreseen if one[2] is channel]
            assert [(line.license_id, line.stage, line.channel) for line in only.lines] == mine
            assert len(mine) == number
            assert all(bool(line.says) == bool(line.people) == (channel is not None) for line in only.lines)
        first = planning.by_channel(session, DAY, Channel.PHONE, limit=2, actor=officer)
        rest = planning.by_channel(session, DAY, Channel.PHONE, after=first.after or 0, actor=officer)
        assert len(first.lines) + len(rest.lines) == sums.by_channel[Channel.PHONE]
        assert planning.foresee(session, DAY, actor=stranger).lines == ()
        assert planning.foresee(session, DAY, actor=CLOCK).incomplete > 0
        assert session.execute(select(func.count()).select_from(PlannerRun)).scalar_one() == 0
    with database.begin() as session:
        now = clock.civil_moment(DAY, time(9))
        planning.plan(session, DAY, sending_hours=HOURS, actor=CLOCK, now=now)
    with database.read() as session:
        planned = session.execute(
            select(Reminder.license_id, Reminder.stage, DeliveryItem.channel)
            .outerjoin(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
            .order_by(Reminder.license_id)
        ).all()
        assert planning.foresee(session, DAY, actor=officer).lines == ()
    assert foreseen == [tuple(row) for row in planned]
    assert {channel for *_, channel in foreseen} == {Channel.WECHAT, Channel.PHONE, None}
