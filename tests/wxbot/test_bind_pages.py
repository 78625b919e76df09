"""Binding on pages without a script, in WeChat and outside: equal for whatever is asked, and limited."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from reminders import binding, clock, holders, passes, resting
from reminders.db import Database
from reminders.holders import Choices
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow, BindRole, QuietUntil
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding, BindRequest, Consent, Follower
from reminders.tables.choices import LicenseChoice
from reminders.tables.ledger import License
from tests import builders
from tests.builders import CLOCK
from tests.wxbot.browser import WECHAT, Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

ME = "oExample-wang"
PRINTED = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
SECRETS = re.compile(r'value="[^"]{40,}"')  # form tokens


def bound(database: Database) -> set[tuple[str, int]]:
    with database.read() as session:
        rows = session.execute(
            select(Follower.openid, Binding.license_id)
            .join(Binding, Binding.follower_id == Follower.id)
            .where(Binding.unbound_at.is_(None))
        )
        return {(row.openid, row.license_id) for row in rows}


def ask(reader: Reader, number: str) -> str:
    reader.get("/h5/bind")
    return reader.post("/h5/bind", identifier=number, agree="yes")


def type_code(reader: Reader, code: str) -> str:
    reader.get("/h5/bind/code")
    return reader.post("/h5/bind/code", code=code)


def clients(database: Database, pharmacy: Pharmacy, count: int) -> list[int]:
    """More holders whose ledger names the same phone: those of an agent."""
    with database.begin() as session:
        entry = builders.entry(session, license_name="示例食品经营许可证")
        made = []
        for number in range(count):
            holder = builders.holder(session, name=f"示例客户{number:03d}号商店")
            contact = builders.contact(session, holder_id=holder.id, phone=pharmacy.phone)
            license = builders.license(
                session,
                entry_id=entry.id,
                expires_on=clock.civil_date(clock.now()) + timedelta(days=200 + number),
                holder_id=holder.id,
                contact_id=contact.id,
                license_no=f"鲁示例客户{number:04d}",
            )
            made.append(license.id)
        return made


def test_person_in_wechat_binds_on_pages(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    reader = Reader(app, ME)
    assert "第 1 步" in reader.get("/h5/bind")
    assert "请先勾选同意" in reader.post("/h5/bind", identifier=pharmacy.numbers[0])
    assert reader.status == 422
    assert f'value="{pharmacy.numbers[0]}"' in reader.page  # what was typed stays
    ask(reader, pharmacy.numbers[0])
    assert (reader.status, reader.goes_to) == (303, "/h5/bind/code")
    assert "验证码不对，还可以再试 4 次" in type_code(
        reader, "000000" if pharmacy.codes()[-1] != "000000" else "1"
    )
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == "/h5/bind/choose"
    assert "绑定好了" in reader.get("/h5/bind/choose")
    reader.post("/h5/bind/choose", role="accountant")
    assert reader.goes_to == "/h5/licenses"
    assert bound(database) == {(ME, pharmacy.ids[0]), (ME, pharmacy.ids[1])}
    with database.read() as session:
        roles = session.execute(select(Binding.role)).scalars().all()
        assert roles == [BindRole.ACCOUNTANT] * 2
    assert "隐私告知" not in reader.get("/h5/bind").replace("/h5/privacy", "")  # agreed before


def test_ways_and_quiet_hours_are_chosen_in_the_step_of_binding(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    reader = Reader(app, ME)
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    page = reader.get("/h5/bind/choose")
    for words in ("已绑定 2 本证照。", "怎样提醒您", "长期提醒", "邀请同事一起接收"):
        assert words in page
    assert (page.count('type="checkbox"'), page.count(" checked")) == (3, 4)  # the ways, and the usual hour
    assert "请至少留一种提醒方式" in reader.post("/h5/bind/choose", ways="1")
    assert reader.status == 422
    reader.post("/h5/bind/choose", ways="1", wechat="1", calls="1", until="noon")
    assert reader.goes_to == "/h5/licenses"
    with database.begin() as session:
        me = holders.follower_id(session, ME)
        assert holders.quiet_until(session, me) is QuietUntil.NOON
        for license_id in pharmacy.ids[:2]:
            assert holders.choices(session, me, license_id) == Choices(sms=False)
        session.execute(update(Binding).values(bound_at=clock.now() - timedelta(hours=1)))
    assert "怎样提醒您" not in reader.get("/h5/bind/choose")
    reader.post(
        "/h5/bind/choose", ways="1", sms="1", until="noon"
    )  # of what was bound long ago nothing changes
    with database.read() as session:
        assert holders.choices(session, me, pharmacy.ids[0]) == Choices(sms=False)


def test_what_others_chose_for_the_phone_stands_until_somebody_changes_it(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    with database.begin() as session:
        other = builders.follower(session).id
        chosen = {"no_sms": True, "no_calls": False, "fewer": True, "follower_id": other}
        for one in pharmacy.ids[:2]:
            session.add(LicenseChoice(license_id=one, changed_at=clock.now(), **chosen))
    reader = Reader(app, ME)
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    assert 'name="sms" value="1">' in reader.get("/h5/bind/choose")
    reader.post("/h5/bind/choose", ways="1", wechat="1", calls="1", until="opening")
    with database.read() as session:
        me = holders.follower_id(session, ME)
        assert holders.choices(session, me, pharmacy.ids[0]) == Choices(sms=False, fewer=True)
        assert session.execute(select(AuditEntry.id).where(AuditEntry.action == "license.choose")).all() == []


def test_another_code_is_asked_for_after_a_minute_and_may_be_said_by_a_call(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    told = []
    for number in (pharmacy.numbers[0], "鲁示例不存在00001"):
        reader = Reader(app, ME)
        ask(reader, number)
        page = reader.get("/h5/bind/code")
        early = SECRETS.sub("", re.sub(r"\d+ 秒", "", reader.post("/h5/bind/again", how="voice")))
        assert reader.status == 422
        with database.begin() as session:
            session.execute(update(BindRequest).values(created_at=clock.now() - timedelta(minutes=2)))
            session.connection().exec_driver_sql("DELETE FROM limit_count")
        reader.get("/h5/bind/code")
        reader.post("/h5/bind/again", how="voice")
        told.append((SECRETS.sub("", re.sub(r"\d+ 秒", "", page)), early, reader.goes_to))
    assert told[0] == told[1]
    assert told[0][2] == "/h5/bind/code?sent=voice"
    assert "正在给登记的手机打电话" in reader.get(told[0][2])
    assert [code.startswith("voice:") for code in pharmacy.codes()] == [False, True]


def test_browser_outside_of_wechat_sees_licenses_and_gets_no_push(
    app: Flask, database: Database, pharmacy: Pharmacy
) -> None:
    reader = Reader(app)
    assert "用微信身份绑定" in reader.get("/h5/bind")
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    assert reader.goes_to == "/h5/bind/choose"
    assert "两小时内有效" in reader.get("/h5/bind/choose")
    assert "示例药品经营许可证" in reader.get("/h5/licenses")
    assert "提交材料清单" in reader.get(f"/h5/licenses/{pharmacy.ids[0]}")
    assert reader.get(f"/h5/licenses/{pharmacy.ids[2]}")
    assert reader.status == 404
    with database.read() as session:
        pushed = session.execute(select(Follower.id).where(resting.accepts_messages())).all()
        assert pushed == []
        people = session.execute(select(Follower.openid).join(Binding)).scalars().all()
        assert all(openid.startswith("phone-") for openid in people)
        assert pharmacy.phone not in "".join(people)


def test_same_phone_is_the_same_person_in_another_browser_and_only_for_what_it_still_proves(
    app: Flask, database: Database, pharmacy: Pharmacy
) -> None:
    first = Reader(app)
    ask(first, pharmacy.numbers[0])
    type_code(first, pharmacy.codes()[-1])
    with database.begin() as session:
        moved = builders.contact(session, holder_id=1, phone="13800000009")
        session.execute(update(License).where(License.id == pharmacy.ids[1]).values(contact_id=moved.id))
        session.execute(update(BindRequest).values(created_at=clock.now() - timedelta(hours=1)))
    with database.begin() as session:  # the phone may be asked once a minute
        for table in ("limit_count",):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    second = Reader(app, address="192.0.2.2")
    ask(second, pharmacy.numbers[0])
    type_code(second, pharmacy.codes()[-1])
    assert second.goes_to == "/h5/bind/choose"
    (person,) = {openid for openid, _ in bound(database)}
    assert bound(database) == {(person, pharmacy.ids[0])}


def test_browser_carries_its_proof_to_wechat(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    reader = Reader(app)
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    reader.get("/h5/bind/choose")
    found = PRINTED.search(reader.post("/h5/bind/connect"))
    assert found
    assert "隐私告知" in wang.say(found[0])
    assert "已绑定 2 本证照" in wang.say("同意")
    assert {(ME, pharmacy.ids[0]), (ME, pharmacy.ids[1])} <= bound(database)
    assert "不能用了" in wang.say(found[0])


def test_paper_code_is_taken_on_a_page_in_wechat_only(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    with database.begin() as session:
        code = passes.issue_code(
            session, BindHow.PAPER_CODE, pharmacy.ids[2:3], timedelta(days=3), actor=CLOCK, now=clock.now()
        )
    outside = Reader(app)
    assert "用绑定码绑定" not in outside.get("/h5/bind")
    outside.post("/h5/bind/pass", **{"pass": code, "agree": "yes"})
    assert outside.status != 303
    reader = Reader(app, ME)
    assert "用绑定码绑定" in reader.get("/h5/bind")
    assert "12 位字母和数字" in reader.post("/h5/bind/pass", **{"pass": "abc", "agree": "yes"})
    assert "不能用了" in reader.post("/h5/bind/pass", **{"pass": pass_code.new_code(), "agree": "yes"})
    reader.post("/h5/bind/pass", **{"pass": pass_code.printed(code).lower(), "agree": "yes"})
    assert reader.goes_to == "/h5/bind/choose"
    assert bound(database) == {(ME, pharmacy.ids[2])}


def test_pages_are_equal_for_a_hit_and_a_miss(app: Flask, pharmacy: Pharmacy) -> None:
    told = []
    for place, number in enumerate((pharmacy.numbers[0], "鲁DA631999999", pharmacy.numbers[3])):
        reader = Reader(app, address=f"192.0.2.{place + 10}")
        heard = [ask(reader, number), str(reader.status), reader.goes_to, reader.get("/h5/bind/code")]
        bad = next(f"{n:06d}" for n in range(1000) if f"{n:06d}" not in pharmacy.codes())
        heard += [type_code(reader, bad) for _ in range(4)]
        heard += [str(reader.status), reader.goes_to, ask(reader, number), reader.goes_to]
        told.append([SECRETS.sub("", text) for text in heard])
    assert told[0] == told[1] == told[2]


def test_five_wrong_codes_lock_the_browser(app: Flask, pharmacy: Pharmacy) -> None:
    reader = Reader(app)
    ask(reader, pharmacy.numbers[0])
    code = pharmacy.codes()[-1]
    bad = f"{(int(code) + 1) % 1_000_000:06d}"
    assert "绑定暂停到" in [type_code(reader, bad) for _ in range(5)][-1]
    assert "绑定暂停到" in type_code(reader, code)
    assert "绑定暂停到" in ask(reader, pharmacy.numbers[0])


def test_an_address_may_try_thirty_times_an_hour(app: Flask, database: Database, pharmacy: Pharmacy) -> None:
    for place in range(30):
        ask(Reader(app), f"鲁DA63199{place:04d}")
    reader = Reader(app)
    assert "从这个网络试的次数太多" in ask(reader, pharmacy.numbers[0])
    assert pharmacy.codes() == []
    ask(Reader(app, address="192.0.2.99"), pharmacy.numbers[0])
    assert len(pharmacy.codes()) == 1


def test_agent_binds_all_clients_of_the_phone_at_once(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    theirs = clients(database, pharmacy, 200)
    wang.say("绑定")
    wang.say("同意")
    wang.say(pharmacy.numbers[0])
    told = wang.say(pharmacy.codes()[-1])
    assert "还登记着 200 个持证人的 200 本证照" in told
    assert "又绑定了 200 本证照" in wang.say("全部绑定")
    assert "已记下您是代理" in wang.say("我是代理")
    assert {license_id for _, license_id in bound(database)} == {*pharmacy.ids[:2], *theirs}
    assert "没有别的证照" in wang.say("全部绑定")


def test_page_offers_the_others_of_the_phone_and_takes_only_those(
    app: Flask, database: Database, pharmacy: Pharmacy
) -> None:
    theirs = clients(database, pharmacy, 3)
    reader = Reader(app)
    ask(reader, pharmacy.numbers[0])
    type_code(reader, pharmacy.codes()[-1])
    assert "3 个持证人的 3 本证照" in reader.get("/h5/bind/choose")
    reader.post("/h5/bind/choose", license=[theirs[1], pharmacy.ids[2]])  # the last is not this phone's
    assert {license_id for _, license_id in bound(database)} == {*pharmacy.ids[:2], theirs[1]}


def test_proof_of_the_phone_lasts_half_an_hour(wang: Holder, database: Database, pharmacy: Pharmacy) -> None:
    clients(database, pharmacy, 2)
    pharmacy.bind(wang)
    with database.begin() as session:
        session.execute(update(BindRequest).values(closed_at=clock.now() - timedelta(minutes=31)))
    assert "已经超过 30 分钟" in wang.say("全部绑定")
    assert "已经超过 30 分钟" in Holder(wang.app, "oExample-other").say("全部绑定")


def test_wechat_browser_is_sent_to_wechat_first(app: Flask) -> None:
    reader = Reader(app)
    reader.get("/h5/bind", agent=WECHAT)
    assert reader.goes_to == "/h5/login?next=bind"


def test_browsers_that_never_proved_anything_are_forgotten(
    app: Flask, database: Database, pharmacy: Pharmacy
) -> None:
    ask(Reader(app), pharmacy.numbers[0])
    proved = Reader(app, address="192.0.2.2")
    with database.begin() as session:
        session.connection().exec_driver_sql("DELETE FROM limit_count")
    ask(proved, pharmacy.numbers[0])
    type_code(proved, pharmacy.codes()[-1])
    with database.begin() as session:
        assert binding.forget_visitors(session, now=clock.now()) == 0
        assert binding.forget_visitors(session, now=clock.now() + timedelta(days=3)) == 2
    with database.read() as session:
        (left,) = session.execute(select(Follower.openid)).scalars()
        assert left.startswith("phone-")
        assert len(session.execute(select(Consent)).scalars().all()) == 1
