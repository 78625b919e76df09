"""The platform says when a publication or a mass send ended: kept once, and whoever waits looks at once."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from reminders import clock
from reminders.db import Database
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState, Role
from reminders.tables.notices import Notice, OutletEvent, Publication
from tests import builders
from tests.wxbot.platform import Holder, xml


def waiting(database: Database, job_ref: str, outlet: Outlet) -> None:
    now = clock.now()
    with database.begin() as session:
        author = builders.staff(session, role=Role.OFFICE)
        notice = Notice(
            title="标题", body="正文", state=NoticeState.PUBLISHED, author_id=author.id, created_at=now
        )
        session.add(notice)
        session.flush()
        session.add(
            Publication(
                notice_id=notice.id,
                outlet=outlet,
                wanted=PublicationState.LIVE,
                state=PublicationState.READY,
                next_at=now + timedelta(hours=1),
                job_ref=job_ref,
                updated_at=now,
            )
        )


def test_end_of_a_publication_rings_once(app: Flask, database: Database) -> None:
    waiting(database, "2247483651", Outlet.OFFICIAL_ACCOUNT)
    holder = Holder(app, "o-administrator")
    fields = holder.message("event", Event="PUBLISHJOBFINISH")
    nested = (
        "<PublishEventInfo><publish_id>2247483651</publish_id><publish_status>0</publish_status>"
        "<article_detail><count>1</count></article_detail></PublishEventInfo></xml>"
    )
    for _ in range(3):
        answer = holder.post(xml(fields).replace("</xml>", nested))
        assert (answer.status_code, answer.text) == (200, "success")
    with database.read() as session:
        [event] = session.execute(select(OutletEvent)).scalars()
        row = session.execute(select(Publication)).scalar_one()
    assert (event.kind, event.job_ref, event.status) == ("publishjobfinish", "2247483651", "0")
    assert row.next_at <= clock.now()


def test_end_of_a_mass_send_rings(app: Flask, database: Database) -> None:
    waiting(database, "1000000001", Outlet.MASS_SEND)
    holder = Holder(app, "o-administrator")
    assert holder.event("MASSSENDJOBFINISH", MsgID="1000000001", Status="send success") == "success"
    with database.read() as session:
        row = session.execute(select(Publication)).scalar_one()
    assert row.next_at <= clock.now()


def test_event_of_a_job_nobody_knows_is_kept(app: Flask, database: Database) -> None:
    holder = Holder(app, "o-administrator")
    assert holder.event("MASSSENDJOBFINISH", MsgID="7", Status="err(40002)") == "success"
    with database.read() as session:
        [event] = session.execute(select(OutletEvent)).scalars()
    assert event.status == "err(40002)"
