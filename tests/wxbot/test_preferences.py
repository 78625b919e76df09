"""What a person prefers is kept with them, and every page is shown that way."""

import re
from datetime import datetime

import pytest
from flask import Flask

from reminders import holders
from reminders.db import Database
from reminders.holders import Look
from reminders.rules.lifecycle import Colours, FontSize, Language, QuietUntil
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from tests.wxbot.signed_in import Reader, side_entrance

SETTINGS = "/h5/settings"


@pytest.fixture
def reader(app: Flask, wang: Holder, pharmacy: Pharmacy) -> Reader:
    side_entrance(app)
    pharmacy.bind(wang)
    return Reader(app, wang.openid)


def look_of(database: Database, openid: str) -> Look:
    with database.read() as session:
        return holders.look(session, openid)


def test_look_is_chosen_on_one_form_and_kept(reader: Reader, database: Database) -> None:
    told = reader.post(f"{SETTINGS}/look", SETTINGS, lang="en", care="1", font="largest", colours="dark")
    assert "Saved." in told.text
    assert look_of(database, reader.openid) == Look(Language.EN, True, FontSize.LARGEST, Colours.DARK)
    assert 'class="care font-largest colours-dark"' in reader.get("/h5/licenses")
    assert '<meta name="color-scheme" content="dark">' in reader.get("/h5/licenses")


@pytest.mark.parametrize(
    "fields", [{}, {"font": "huge", "colours": "auto"}, {"font": "large", "colours": "red"}]
)
def test_look_nobody_offers_is_refused(reader: Reader, database: Database, fields: dict[str, str]) -> None:
    assert reader.post(f"{SETTINGS}/look", SETTINGS, **fields).status_code == 409
    assert look_of(database, reader.openid) == Look()


def test_easy_reading_is_one_tap_on_every_page_and_one_word(
    reader: Reader, database: Database, wang: Holder
) -> None:
    back = reader.client.get("/h5/look?care=1&back=/h5/data")
    assert back.location == "/h5/data"
    assert 'class="care ' in reader.get("/h5/data")
    wang.say("普通模式")
    assert not look_of(database, reader.openid).is_care
    assert "长辈模式已打开" in wang.say("大字")
    assert wang.tap("CARE") == wang.say("长辈版")
    assert 'class="care ' in reader.get("/h5/settings")
    assert "已退出" in wang.say("退出长辈模式")


def test_phone_comes_first_in_easy_reading(reader: Reader, pharmacy: Pharmacy, wang: Holder) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert "拨打服务电话" not in reader.get(path)
    wang.say("长辈模式")
    page = reader.get(path)
    assert page.index("拨打服务电话") < page.index("换证要知道的五件事")


def test_stranger_keeps_easy_reading_in_the_browser(app: Flask) -> None:
    client = app.test_client()
    client.get("/h5/look?care=1&back=/h5/privacy")
    assert 'class="care ' in client.get("/h5/privacy").text


def test_quiet_hours_are_chosen_and_kept(reader: Reader, database: Database) -> None:
    assert "已保存" in reader.post(f"{SETTINGS}/quiet", SETTINGS, until="evening").text
    with database.read() as session:
        me = holders.follower_id(session, reader.openid)
        assert holders.quiet_until(session, me) is QuietUntil.EVENING
    assert reader.post(f"{SETTINGS}/quiet", SETTINGS, until="never").status_code == 409


def test_own_data_tells_preferences(reader: Reader) -> None:
    reader.post(f"{SETTINGS}/quiet", SETTINGS, until="noon")
    kept = reader.client.get("/h5/data/export").get_json()
    assert (kept["不打扰到"], kept["长辈模式"]) == ("noon", "关")
    assert datetime.fromisoformat(kept["关注时间"]) if kept["关注时间"] else True


def test_ways_are_chosen_per_license_or_for_all_and_it_is_said_when_none_is_left(
    reader: Reader, pharmacy: Pharmacy, database: Database
) -> None:
    first, second = (f"/h5/licenses/{one}/reminders" for one in pharmacy.ids[:2])
    assert "怎样提醒这本证照" in reader.get(f"/h5/licenses/{pharmacy.ids[0]}")
    page = reader.get(first)
    assert page.count(" checked") == 4
    assert "没有一种方式能提醒到您" not in page
    off = {"wechat": "0", "sms": "0", "calls": "0", "fewer": "1"}
    told = reader.post(first, first, **off).text
    assert "已保存。" in told
    assert "现在没有一种方式能提醒到您" in told
    assert "没有一种方式" not in reader.get(second)
    assert "对您的全部证照都这样" in reader.post(first, first, all="yes", **off).text
    assert "没有一种方式" in reader.get(second)
    on = {"wechat": "1", "sms": "0", "calls": "0", "fewer": "0"}
    assert "没有一种方式" not in reader.post(second, second, **on).text
    with database.read() as session:
        me = holders.follower_id(session, reader.openid)
        assert holders.choices(session, me, pharmacy.ids[1]) == holders.Choices(sms=False, calls=False)


def test_choice_nobody_offers_or_of_a_foreign_license_is_refused(reader: Reader, pharmacy: Pharmacy) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}/reminders"
    assert reader.post(path, path, wechat="1", sms="maybe", calls="1", fewer="0").status_code == 409
    foreign = f"/h5/licenses/{pharmacy.ids[2]}/reminders"
    assert reader.client.get(foreign).status_code == 404
    assert reader.post(foreign, path, wechat="1", sms="1", calls="1", fewer="0").status_code == 404


def test_one_license_is_unbound_on_its_page_after_what_stops_and_stays(
    reader: Reader, pharmacy: Pharmacy, database: Database, wang: Holder
) -> None:
    path = f"/h5/licenses/{pharmacy.ids[0]}"
    assert f"{path}/unbind" in reader.get(path)
    page = reader.get(f"{path}/unbind")
    for words in ("停下的", "不变的", "确定解除"):
        assert words in page
    left = reader.post(f"{path}/unbind", f"{path}/unbind").text
    assert "已解除 1 本证照" in left and "恢复绑定" in left
    assert reader.client.get(path).status_code == 404
    assert reader.client.get(f"{path}/unbind").status_code == 404
    assert "示例医疗器械经营许可证" in wang.say("我的证照")
    assert "最近解除的 1 本" in reader.get("/h5/licenses")
    (binding_id,) = re.findall(r'name="binding" value="(\d+)"', left)
    assert "已恢复 1 本证照" in reader.post("/h5/left", "/h5/left", binding=binding_id).text
    assert "最近解除的" not in reader.get("/h5/licenses")
    assert reader.client.get(path).status_code == 200
    assert "还能恢复的绑定" in reader.get("/h5/left")
