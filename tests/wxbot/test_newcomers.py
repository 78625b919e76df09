"""Who is new among the recipients is told and shown; one word makes a stranger an officer's task."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from reminders.db import Database
from reminders.rules.lifecycle import Channel, Purpose
from reminders.rules.service_words import AppealKind
from reminders.tables.appeals import Appeal
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.test_inviting import LI, ME, code_in, joins, person_id


def appeals(database: Database) -> list[tuple[AppealKind, int | None]]:
    with database.read() as session:
        return [(one.kind, one.license_id) for one in session.execute(select(Appeal)).scalars()]


def test_binding_queues_one_message_to_whoever_was_there(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    joins(person(LI), code_in(wang.say("邀请同事")))
    with database.read() as session:
        queued = session.execute(
            select(Follower.openid, Delivery.channel)
            .join(Follower, Follower.id == Delivery.follower_id)
            .where(Delivery.purpose == Purpose.NEWS)
        ).all()
        wrote = dict(session.execute(select(Follower.openid, Follower.wrote_at)).all())
    assert [tuple(row) for row in queued] == [(ME, Channel.WECHAT)]
    assert wrote[ME] is not None
    wang.tap("MY_LICENSES")
    assert "看是谁，不认识就点这里" in wang.say("我的证照")


def test_one_word_makes_the_newcomer_an_officers_task_once(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    assert "没有新绑定的人" in wang.say("不是我们的人")
    joins(person(LI), code_in(wang.say("邀请同事")))
    told = wang.say("不是我们的人")
    assert "已交给工作人员" in told
    assert "总咨询：0631-5000000" in told
    assert wang.again() == told
    assert wang.say("“不认识”") == told
    assert appeals(database) == [(AppealKind.STRANGER, pharmacy.ids[0])]


def test_of_several_newcomers_the_page_asks_which(
    app: Flask, wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    for openid in (LI, "oExample-third"):
        joins(person(openid), code_in(wang.say("邀请同事")))
    assert "最近新绑定了 2 位" in wang.say("不是我们的人")
    assert appeals(database) == []
    reader = Reader(app, ME)
    assert "又有 2 个人绑定了您的证照" in reader.get("/h5/licenses")
    page = reader.get("/h5/people/new")
    assert page.count("不是我们的人，请核对") == 2
    assert "又有" not in reader.get("/h5/licenses")
    reader.get("/h5/people/new")
    told = reader.post("/h5/people/1/report", person=person_id(database, LI))
    assert "已交给工作人员" in told
    assert len(appeals(database)) == 1


def test_newcomer_sees_nobody_new_and_nobody_else_is_told(
    app: Flask, wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    joins(person(LI), code_in(wang.say("邀请同事")))
    assert "最近 30 天没有新绑定的人" in Reader(app, LI).get("/h5/people/new")
    assert "没有新绑定的人" in person(LI).say("不认识")
    joins(person("oExample-third"), code_in(person(LI).say("邀请同事")))
    with database.read() as session:
        told = session.execute(
            select(Delivery.follower_id).where(Delivery.purpose == Purpose.NEWS).order_by(Delivery.id)
        ).scalars()
        assert len(list(told)) == 2  # the message to the first one waits, and will say both
