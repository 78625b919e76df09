"""A colleague is let in, takes over or is removed; others are told; a stranger is an officer's task."""

import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from reminders import binding, clock, holders, passes
from reminders.db import Database
from reminders.rules.lifecycle import BindHow
from reminders.rules.service_words import AppealKind
from reminders.tables.appeals import Appeal
from reminders.tables.bindings import Binding, Follower
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import bound, clients
from wxbot import assets

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
ME, LI = "oExample-wang", "oExample-li"


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found, text
    return found[0]


def joins(colleague: Holder, code: str) -> str:
    colleague.say(f"邀请码 {code}")
    return colleague.say("同意")


def people(reader: Reader, holder_id: int = 1) -> str:
    return reader.get(f"/h5/people/{holder_id}")


def person_id(database: Database, openid: str) -> int:
    with database.read() as session:
        return (
            session.execute(
                select(Binding.id)
                .join(Follower, Follower.id == Binding.follower_id)
                .where(Follower.openid == openid)
            )
            .scalars()
            .first()
            or 0
        )


def test_colleague_is_invited_and_both_receive(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    invited = wang.say("邀请同事")
    assert "转发给同事" in invited
    assert wang.again() == invited
    li = person(LI)
    assert "已绑定 2 本证照" in joins(li, code_in(invited))
    assert bound(database) == {(openid, one) for openid in (ME, LI) for one in pharmacy.ids[:2]}
    assert "不能用了" in person("oExample-third").say(f"邀请码 {code_in(invited)}")
    with database.read() as session:
        hows = session.execute(select(Binding.how).order_by(Binding.id)).scalars().all()
    assert hows == [BindHow.PHONE_CODE] * 2 + [BindHow.INVITATION] * 2


def test_others_are_told_of_each_new_one_until_they_looked(
    app: Flask, wang: Holder, person: Callable[[str], Holder], pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    assert "又有" not in wang.say("我的证照")
    joins(person(LI), code_in(wang.say("邀请同事")))
    joins(person("oExample-third"), code_in(wang.say("邀请同事")))
    assert "又有 2 个人绑定了您的证照" in wang.say("我的证照")
    reader = Reader(app, ME)
    page = people(reader)
    assert page.count(">新</span>") == 2
    assert "同事邀请" in page
    assert "又有" not in wang.say("我的证照")
    assert people(reader).count(">新</span>") == 0


def test_handing_over_ends_with_the_new_one_bound(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    handed = wang.say("交接")
    assert "接手的人" in handed
    assert {openid for openid, _ in bound(database)} == {ME}  # until then nothing changes
    joins(person(LI), code_in(handed))
    assert {openid for openid, _ in bound(database)} == {LI}
    assert "您还没有绑定证照" in wang.say("我的证照")


def test_invitation_of_somebody_who_left_binds_nobody(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    code = code_in(wang.say("邀请同事"))
    question = wang.say("解绑全部")
    wang.say(question[question.index("确认解绑") :][:10])
    assert "不能用了" in person(LI).say(f"邀请码 {code}")
    assert bound(database) == set()


def test_only_those_i_invited_are_mine_to_remove(
    app: Flask, wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    li = person(LI)
    joins(li, code_in(wang.say("邀请同事")))
    newcomer = Reader(app, LI)
    people(newcomer)
    newcomer.post("/h5/people/1/remove", person=person_id(database, ME))
    assert (newcomer.status, (ME, pharmacy.ids[0]) in bound(database)) == (409, True)
    reader = Reader(app, ME)
    assert "移除（我邀请的）" in people(reader)
    reader.post("/h5/people/1/remove", person=person_id(database, LI))
    assert {openid for openid, _ in bound(database)} == {ME}


def test_stranger_is_reported_to_an_officer(
    app: Flask, wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    li = person(LI)
    joins(li, code_in(wang.say("邀请同事")))
    reader = Reader(app, LI)
    assert "不认识，请工作人员核对" in people(reader)
    told = reader.post("/h5/people/1/report", person=person_id(database, ME))
    assert "已交给工作人员" in told
    outsider = Reader(app, "oExample-third")
    person("oExample-third").event("subscribe")
    outsider.get("/h5/bind")
    outsider.post("/h5/people/1/report", person=person_id(database, ME))
    with database.read() as session:
        (made,) = session.execute(select(Appeal)).scalars()
    assert (made.kind, made.license_id) == (AppealKind.STRANGER, pharmacy.ids[0])


def test_pages_of_others_are_not_found(
    app: Flask, wang: Holder, person: Callable[[str], Holder], pharmacy: Pharmacy, database: Database
) -> None:
    pharmacy.bind(wang)
    person(LI).event("subscribe")
    stranger = Reader(app, LI)
    people(stranger)
    assert stranger.status == 409
    assert "您还没有在微信里绑定证照" in stranger.get("/h5/people")
    stranger.get("/h5/bind")
    stranger.post("/h5/people/1/invite", **{"as": "code"})
    assert stranger.status == 409
    with database.begin() as session:
        me = session.execute(select(Follower.id).where(Follower.openid == ME)).scalar_one()
        pass_id = binding.invite_by_qr(session, me, 1, now=clock.now())
    stranger.get(f"/h5/people/invitations/{pass_id}")
    assert stranger.status == 409


def test_invitation_on_pages_by_code_and_by_qr(
    app: Flask, wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    reader = Reader(app, ME)
    people(reader)
    page = reader.post("/h5/people/1/invite", **{"as": "code", "hands_over": "yes"})
    assert "您就不再接收" in page
    assert code_in(page)
    people(reader)
    reader.post("/h5/people/1/invite", **{"as": "qr"})
    where = reader.goes_to
    assert "正在向微信取二维码" in reader.get(where)
    with database.begin() as session:
        (wanted,) = passes.claim_qrs(session, now=clock.now())
        passes.qr_made(session, wanted.pass_id, "http://weixin.qq.com/q/example")
    assert 'src="data:image/svg+xml' in reader.get(where)
    li = person(LI)
    li.event("subscribe", EventKey=f"qrscene_{wanted.scene}")
    assert "已绑定 2 本证照" in li.say("同意")


def test_agent_of_two_hundred_has_one_table_with_pages(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    clients(database, pharmacy, 200)
    pharmacy.bind(wang)
    wang.say("全部绑定")
    assert "多个持证人" in wang.say("邀请同事")
    reader = Reader(app, ME)
    seen: set[str] = set()
    path, pages = "/h5/people", 0
    while path:
        page = reader.get(path)
        seen |= set(re.findall(r'href="/h5/people/(\d+)"', page))
        assert len(page.encode()) < 60 * 1024
        following = re.search(r'href="(/h5/people\?after=\d+)"', page)
        path, pages = (following[1] if following else ""), pages + 1
    assert (len(seen), pages) == (201, 5)


def test_every_page_of_an_agent_of_two_hundred_stays_light(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    """What the phone loads at most: the page as it is, and every style sheet packed."""
    clients(database, pharmacy, 200)
    pharmacy.bind(wang)
    reader, sheets = Reader(app, ME), sum(len(assets.read(name).packed) for name in assets.NAMES)
    choice = reader.get("/h5/bind/choose")
    assert (choice.count('name="license"'), "还有 140 本没有列在这里" in choice) == (60, True)
    wang.say("全部绑定")
    pages = ("licenses", "people", "data", "data/seen", "data/kept/bindings", "settings", "answers", "visits")
    weights = {path: len(reader.get(f"/h5/{path}").encode()) for path in pages}
    weights["choice"] = len(choice.encode())
    assert "看全部 202 项" in reader.get("/h5/data")
    with database.begin() as session:
        me = holders.follower_id(session, ME)
        mine = [license_id for _, license_id in bound(database)]
        assert binding.leave(session, me, mine, by_themselves=True, now=clock.now()) == 202
    left = reader.get("/h5/left")
    assert "全部恢复（202 本）" in left
    weights["left"] = len(left.encode())
    assert {path: size for path, size in weights.items() if size + sheets > 60 * 1024} == {}


def test_one_person_is_something_else_to_each_holder(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    clients(database, pharmacy, 2)
    pharmacy.bind(wang)
    wang.say("全部绑定")
    wang.say("我是代理")
    reader = Reader(app, ME)
    assert reader.get("/h5/people").count("<td>代理</td>") == 3
    assert 'value="agent" checked' in people(reader, 2)
    reader.post("/h5/people/2/role", role="accountant")
    assert reader.goes_to == "/h5/people/2?done=role"
    assert 'value="accountant" checked' in reader.get(reader.goes_to)
    table = reader.get("/h5/people")
    assert (table.count("<td>代理</td>"), table.count("<td>会计</td>")) == (2, 1)
    reader.post("/h5/people/2/role", role="owner")
    assert reader.status == 409
    people(reader)
    reader.post("/h5/people/99/role", role="agent")
    assert reader.status == 409


def test_one_holder_is_left_and_the_others_stay(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    theirs = clients(database, pharmacy, 1)
    pharmacy.bind(wang)
    wang.say("全部绑定")
    reader = Reader(app, ME)
    people(reader)
    reader.post("/h5/people/1/leave")
    assert "已解除 2 本证照" in reader.get("/h5/left?ended=2")
    assert bound(database) == {(ME, theirs[0])}
    reader.post("/h5/left", all="1")
    assert bound(database) == {(ME, theirs[0]), *((ME, one) for one in pharmacy.ids[:2])}
