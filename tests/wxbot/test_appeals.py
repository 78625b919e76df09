"""Whoever gets no code may appeal: equal for whatever is named, in WeChat only, a few times a day."""

import json

from flask import Flask
from sqlalchemy import select

from reminders.db import Database
from reminders.tables.appeals import Appeal
from tests.wxbot.browser import WECHAT, Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

TYPED = {"name": "张示例", "phone": "13900000009", "note": "", "agree": "yes"}


def test_appeal_is_taken_alike_for_a_hit_and_a_miss(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    assert "/h5/bind/appeal" in wang.say("申诉")
    reader = Reader(app, wang.openid)
    told = []
    for number in (pharmacy.numbers[0], "鲁示例不存在0001"):
        reader.get("/h5/bind/appeal")
        told.append((reader.post("/h5/bind/appeal", identifier=number, **TYPED), reader.status))
    assert told[0] == told[1]
    assert "1 个工作日内" in told[0][0]
    with database.read() as session:
        hit, miss = session.execute(select(Appeal).order_by(Appeal.id)).scalars()
        assert (hit.license_id, miss.license_id) == (pharmacy.ids[0], None)
        assert json.loads(database.vault.open(hit.typed_cipher))["phone"] == "13900000009"


def test_appeal_wants_a_number_a_name_a_phone_and_consent(
    app: Flask, wang: Holder, database: Database, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    reader = Reader(app, wang.openid)
    reader.get("/h5/bind/appeal")
    whole = {"identifier": pharmacy.numbers[0], **TYPED}
    for left_out in ("identifier", "name", "phone"):
        page = reader.post("/h5/bind/appeal", **{**whole, left_out: ""})
        assert "请填写证照编号、您的姓名" in page
    assert "工作人员要打电话" in reader.post("/h5/bind/appeal", **{**whole, "phone": "123"})
    with database.read() as session:
        assert session.execute(select(Appeal)).first() is None


def test_three_appeals_a_day(app: Flask, wang: Holder, pharmacy: Pharmacy) -> None:
    wang.event("subscribe")
    reader = Reader(app, wang.openid)
    for _ in range(3):
        reader.get("/h5/bind/appeal")
        assert "已收到" in reader.post("/h5/bind/appeal", identifier="1234", **TYPED)
    reader.get("/h5/bind/appeal")
    assert "已经提交过几次" in reader.post("/h5/bind/appeal", identifier="1234", **TYPED)


def test_browser_outside_of_wechat_is_shown_the_way_there(app: Flask) -> None:
    reader = Reader(app)
    reader.get("/h5/bind/appeal")
    assert reader.goes_to == "/h5/enter?next=bind/appeal"
    assert "请在微信里打开" in reader.get(reader.goes_to)
    reader.get("/h5/bind/appeal", agent=WECHAT)
    assert reader.goes_to == "/h5/login?next=bind/appeal"
