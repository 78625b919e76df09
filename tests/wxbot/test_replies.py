"""Replies: no text breaks out of its place, none is longer than WeChat shows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from reminders.holders import Mine, OwnLicense
from reminders.rules.facts import FiveFacts
from reminders.rules.lifecycle import Confidence
from reminders.rules.status import LicenseStatus, StatusKey, Tone
from tests.wxbot.platform import ORIGINAL_ID
from wxbot import replies, taps, wording

ASKED = {"ToUserName": ORIGINAL_ID, "FromUserName": "oExample"}
NASTY = st.text(
    st.one_of(st.sampled_from("]]>]]><![CDATA[&<xml/>\x08\x00\n"), st.characters(codec="utf-8")), max_size=900
)


@given(NASTY)
def test_any_text_stays_inside_its_element(text: str) -> None:
    read = ElementTree.fromstring(replies.text_reply(ASKED, text, 1))
    assert [child.tag for child in read] == list(dict.fromkeys(child.tag for child in read))
    assert {child.tag for child in read} == {"MsgType", "FromUserName", "ToUserName", "CreateTime", "Content"}
    assert not any(len(child) for child in read)
    assert read.findtext("MsgType") == "text"
    assert read.findtext("ToUserName") == "oExample"


@given(NASTY)
def test_nothing_is_longer_than_a_phone_shows(text: str) -> None:
    shown = replies.fit(text)
    assert len(shown) <= 600
    assert len(shown.encode()) <= 2000


def test_short_text_is_untouched_and_a_long_one_keeps_its_last_line() -> None:
    assert replies.fit("短") == "短"
    shown = replies.fit("\n".join([*("行" * 50 for _ in range(30)), "回复“帮助”"]))
    assert shown.endswith("回复“帮助”")
    assert "……" in shown


def own(place: int, materials: tuple[str, ...]) -> OwnLicense:
    facts = FiveFacts(
        license_name="证" * 40,
        holder_name="名" * 100,
        license_no="鲁DA6＊＊＊＊0001",
        date_name="期满日期",
        expires_on=date(2027, 3, 1),
        opens_on=date(2026, 12, 1),
        apply_by=date(2027, 1, 29),
        is_estimate=True,
        confidence=Confidence.MEMORY,
        counter="楼" * 60,
        counter_hours="时" * 30,
        service_phone="0631-5000001",
        materials=materials,
        department="科" * 20,
        basis="法" * 60,
        basis_article="第一条",
    )
    status = LicenseStatus("已过申请期，请联系科室", Tone.RED, StatusKey.CLOSED)
    return OwnLicense(10**12 + place, place, 1, date(2027, 1, 29), facts, status, facts, wants_sign=False)


def test_longest_fields_still_leave_whole_links(site_settings: Settings) -> None:
    many = tuple(own(place, ("料" * 30,) * 20) for place in range(5))
    mine = Mine(is_known=True, needs_hearing=False, licenses=many, next_after=(date(2027, 1, 1), 1))
    texts = [
        wording.licenses(mine, site_settings),
        wording.license_text(many[0], site_settings),
        wording.how_to_renew(many[0], site_settings, 4),
        wording.materials(many[0], site_settings),
        wording.bound(5, many, date(2027, 1, 1), date(2026, 12, 1)),
        wording.unbind_choices(mine),
        wording.locked(datetime(2027, 1, 1, tzinfo=UTC), site_settings),
        wording.help_text(site_settings),
    ]
    for text in texts:
        shown = replies.fit(text)
        assert len(taps.visible(shown)) <= 600
        assert shown.count("<a ") == shown.count("</a>")
        assert taps.visible(shown.split("\n")[-1]) == taps.visible(text.split("\n")[-1])


def test_who_must_act_now_is_not_told_to_wait(site_settings: Settings) -> None:
    calm = replace(own(1, ()), status=LicenseStatus("有效", Tone.GREEN, StatusKey.VALID))
    urgent = replace(own(2, ()), status=LicenseStatus("还剩 8 天可申请", Tone.RED, StatusKey.CLOSING))
    later, today = date(2027, 1, 1), date(2026, 12, 1)
    for next_due_on in (None, later, today):
        told = wording.bound(2, (urgent, calm), next_due_on, today)
        assert "不用做什么" not in told
        assert "怎么续" in told
    assert "不用做什么" in wording.bound(1, (calm,), later, today)
