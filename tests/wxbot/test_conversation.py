"""What people say to the official account, and what they hear."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from reminders import clock
from reminders.db import Database
from reminders.rules.keywords import Intent
from reminders.rules.lifecycle import ContactSign
from reminders.tables.bindings import AnsweredMessage, Binding, Confirmation, Follower
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.wxbot.browser import Reader
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from wxbot.conversation import EFFECTS, FIXED, QUESTIONS
from wxbot.taps import visible


def confirmation(question: str) -> str:
    """The words a person is told to reply."""
    found = re.search("“(确认解绑[0-9]{6})”", question)
    assert found, question
    return found[1]


def test_follow_is_welcomed_with_the_first_step(wang: Holder) -> None:
    for told in (wang.event("subscribe"), wang.event("subscribe", EventKey="qrscene_letter-1", Ticket="t")):
        assert told.split("\n")[1].startswith("下一步：回复“绑定”")
        assert "/h5/bind" in told
        assert len(visible(told)) <= 200


def test_who_comes_back_hears_that_everything_is_still_there(wang: Holder, pharmacy: Pharmacy) -> None:
    wang.event("subscribe")
    pharmacy.bind(wang)
    wang.event("unsubscribe")
    told = wang.event("subscribe")
    assert told.startswith("欢迎回来。您绑定的 2 本证照都还在")
    assert "关着" not in told
    reader = Reader(wang.app, wang.openid)
    reader.get("/h5/settings")
    reader.post("/h5/settings/wechat", is_on="0")
    assert "现在还是关着的" in wang.event("subscribe")
    wang.say("退订")
    assert "下一步：回复“绑定”" in wang.event("subscribe")


def test_holder_binds_with_the_code_from_the_phone(wang: Holder, pharmacy: Pharmacy) -> None:
    wang.event("subscribe")
    assert "隐私告知" in wang.say("绑定")
    assert "证照编号" in wang.say("同意")
    assert "如果信息相符" in wang.say(pharmacy.numbers[0])
    done = wang.say(pharmacy.codes()[-1])
    assert "绑定成功，已绑定 2 本" in done
    assert f"还剩 {pharmacy.days_left} 天可申请" in done
    assert pharmacy.numbers[2] not in done


def test_credit_code_and_lower_case_and_blanks_are_understood(wang: Holder, pharmacy: Pharmacy) -> None:
    wang.say("同意")
    assert "如果信息相符" in wang.say(" 鲁da631000001 ")
    assert len(pharmacy.codes()) == 1


@pytest.mark.parametrize("text", ["我的证照", "到期", "查询", "我的证什么时候到期？"])
def test_bound_holder_asks_when_it_expires(wang: Holder, pharmacy: Pharmacy, text: str) -> None:
    pharmacy.bind(wang)
    answer = wang.say(text)
    assert answer.index("示例药品经营许可证") < answer.index("示例医疗器械经营许可证")
    assert f"还剩 {pharmacy.days_left} 天可申请" in answer


def test_number_shows_one_license_last_day_before_expiry(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    answer = wang.say("1")
    assert answer.index("最迟申请日") < answer.index("期满日期")
    assert "鲁DA631000001" not in answer
    assert f"/h5/licenses/{pharmacy.ids[0]}" in answer
    assert "没有这个序号" in wang.say("9")


def test_own_number_is_a_question_not_a_claim(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    assert "最迟申请日" in wang.say(pharmacy.numbers[0])
    assert len(pharmacy.codes()) == 1


def test_how_to_renew_tells_window_place_phone_and_materials(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    answer = wang.say("怎么续")
    for told in ("示例药品经营许可证", "最迟", "示例大厅 1 号窗口", "0631-5000001", "延续申请书"):
        assert told in answer
    assert "示例医疗器械经营许可证" in wang.say("怎么续 2")
    assert "1. 延续申请书" in wang.say("材料")


def test_stranger_may_ask_how_a_kind_is_renewed(wang: Holder, pharmacy: Pharmacy) -> None:
    assert "延续申请书" in wang.say("怎么续 医疗器械经营")
    assert "怎么续 食品生产许可证" in wang.say("怎么续")


@pytest.mark.parametrize("key", ["MY_LICENSES", "HOW_TO_RENEW", "MATERIALS", "ADDRESS", "UNBIND"])
def test_menu_tap_without_binding_says_how_to_bind(wang: Holder, key: str) -> None:
    assert "绑定" in wang.tap(key)


def test_asking_counts_as_a_sign_once_reminding_began(
    database: Database, wang: Holder, pharmacy: Pharmacy
) -> None:
    pharmacy.bind(wang)
    wang.say("我的证照")
    wang.say("1")
    wang.say("2")  # more than a year ahead: no sign
    with database.read() as session:
        found = session.execute(select(Confirmation.license_id, Confirmation.sign)).all()
    assert found == [(pharmacy.ids[0], ContactSign.ASKED)]


def test_unbind_ends_exactly_what_was_confirmed(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    assert "解绑1" in wang.say("解绑")
    question = wang.say("解绑1")
    assert "示例药品经营许可证" in question
    sure = confirmation(question)
    assert "已解除 1 本" in wang.say(sure)
    assert "没有找到" in wang.say(sure)
    assert "示例医疗器械经营许可证" in wang.say("我的证照")


def test_unbind_all(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    question = wang.say("解绑全部")
    assert "已解除 2 本" in wang.say(confirmation(question))
    assert "还没有绑定" in wang.say("我的证照")


def test_confirmation_of_another_person_unbinds_nothing(
    person: Callable[[str], Holder], pharmacy: Pharmacy
) -> None:
    one, two = person("oExample-one"), person("oExample-two")
    pharmacy.bind(one)
    question = one.say("解绑全部")
    assert "没有找到" in two.say(confirmation(question))


def test_retry_hears_the_same_words_and_has_no_second_effect(
    database: Database, wang: Holder, pharmacy: Pharmacy
) -> None:
    wang.say("同意")
    first = wang.say(pharmacy.numbers[0])
    assert wang.again() == first
    assert len(pharmacy.codes()) == 1
    bound = wang.say(pharmacy.codes()[0])
    assert "绑定成功" in bound
    assert [wang.again() for _ in range(3)] == [bound] * 3
    with database.read() as session:
        assert session.execute(select(func.count(Binding.id))).scalar_one() == 2
        sealed = session.execute(select(AnsweredMessage.reply_cipher)).scalars().all()
    assert all("绑定" not in reply.decode(errors="ignore") for reply in sealed)


def test_same_message_a_thousand_times_has_one_effect(sqlite_app: Flask, sqlite_database: Database) -> None:
    pharmacy, wang = Pharmacy(sqlite_database), Holder(sqlite_app, "oExample-wang")
    wang.say("同意")
    answers = {wang.say(pharmacy.numbers[0])} | {wang.again() for _ in range(1000)}
    assert len(answers) == 1
    assert len(pharmacy.codes()) == 1


def test_unfollow_keeps_bindings_and_stops_pushes(
    database: Database, wang: Holder, pharmacy: Pharmacy
) -> None:
    wang.event("subscribe")
    pharmacy.bind(wang)
    assert wang.event("unsubscribe") == "success"
    with database.read() as session:
        assert session.execute(select(Follower.unfollowed_at)).scalar_one() is not None
        assert (
            session.execute(select(func.count(Binding.id)).where(Binding.unbound_at.is_(None))).scalar() == 2
        )
    wang.event("subscribe")
    assert "示例药品经营许可证" in wang.say("我的证照")


def test_late_copy_of_an_unfollow_does_not_undo_a_new_follow(database: Database, wang: Holder) -> None:
    wang.event("subscribe")
    late = wang.message("event", Event="unsubscribe")
    late["CreateTime"] = str(int(late["CreateTime"]) - 30)
    wang.send(late)
    with database.read() as session:
        assert session.execute(select(Follower.unfollowed_at)).scalar_one() is None


def test_what_is_no_text_is_answered_with_a_next_step(wang: Holder, pharmacy: Pharmacy) -> None:
    assert "证照编号打成字" in wang.send(wang.message("image", MediaId="m"))
    assert "没听清" in wang.send(wang.message("voice", MediaId="m"))
    assert "先打电话问清" in wang.send(wang.message("location", Location_X="37.5"))
    pharmacy.bind(wang)
    assert "示例大厅 1 号窗口" in wang.send(wang.message("location", Location_X="37.5"))
    spoken = wang.message("voice", MediaId="m", Recognition="我的证什么时候到期。")
    assert "示例药品经营许可证" in wang.send(spoken)


@pytest.mark.parametrize("event", ["VIEW", "user_info_modified", "PUBLISHJOBFINISH", "", "中文"])
def test_other_events_are_taken_silently(wang: Holder, event: str) -> None:
    assert wang.event(event, EventKey="k") == "success"


def test_unknown_text_gets_help(wang: Holder) -> None:
    assert "绑定：" in wang.say("今天天气真好")
    assert "绑定：" in wang.say("？")


def test_help_comes_once_then_a_person(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    assert "绑定：" in wang.say("今天天气真好")
    again = wang.say("那明天呢")
    assert "直接问人更快" in again
    assert "0631-5000001（工作日 9:00-17:00）" in again
    assert wang.again() == again
    assert "绑定：" in wang.say("帮助")


def test_renewed_license_is_called_renewed(wang: Holder, pharmacy: Pharmacy, database: Database) -> None:
    pharmacy.bind(wang)
    with database.begin() as session:
        row = session.get_one(License, pharmacy.ids[0])
        builders_queue.reminder(session, row)
        assert row.expires_on is not None
        row.expires_on, row.updated_at = row.expires_on + timedelta(days=1800), clock.now()
        builders.set_due(session, row)
    assert "已换新证" in wang.say("我的证照")


def test_english_speaker_hears_the_dates_in_english(wang: Holder, pharmacy: Pharmacy) -> None:
    assert "reply “bind”" in wang.say("English")
    pharmacy.bind(wang)
    told = wang.say("english")
    assert "apply by" in told
    assert "以后都用中文" in wang.say("中文")


def test_every_intent_has_an_answer(wang: Holder) -> None:
    assert set(Intent) == FIXED.keys() | QUESTIONS.keys() | EFFECTS.keys()
