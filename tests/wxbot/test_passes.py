"""A scan of a QR code from paper, or the code typed from it, binds after consent; afterwards it explains."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from reminders import clock, passes
from reminders.db import Database
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, Follower
from tests.builders import CLOCK
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder

GONE = "这个二维码或绑定码不能用了"
AGREED = "绑定成功，已绑定 1 本证照"


@pytest.fixture
def scene(database: Database, pharmacy: Pharmacy) -> str:
    """What the QR code of the third license says, whose phone this person does not have."""
    now = clock.now()
    with database.begin() as session:
        passes.issue_qr(session, BindHow.LETTER, pharmacy.ids[2:3], actor=CLOCK, now=now)
        return passes.claim_qrs(session, now=now)[0].scene


def paper_code(database: Database, pharmacy: Pharmacy) -> str:
    with database.begin() as session:
        lifetime = timedelta(days=3)
        return pass_code.printed(
            passes.issue_code(
                session, BindHow.PAPER_CODE, pharmacy.ids[:1], lifetime, actor=CLOCK, now=clock.now()
            )
        )


def bound(database: Database) -> list[tuple[str, int]]:
    with database.read() as session:
        rows = session.execute(
            select(Follower.openid, Binding.license_id).join(Binding, Binding.follower_id == Follower.id)
        )
        return [(row.openid, row.license_id) for row in rows]


def test_newcomer_scans_agrees_and_is_bound(
    wang: Holder, database: Database, pharmacy: Pharmacy, scene: str
) -> None:
    asked = wang.event("subscribe", EventKey=f"qrscene_{scene}", Ticket="gQ-example")
    assert asked.startswith("欢迎关注")
    assert "隐私告知" in asked
    assert "回复“同意”" in asked
    assert wang.again() == asked
    assert bound(database) == []
    told = wang.say("同意")
    assert AGREED in told
    assert pharmacy.numbers[2] not in told  # masked
    assert wang.again() == told
    assert bound(database) == [("oExample-wang", pharmacy.ids[2])]
    assert "最迟申请" in wang.say("我的证照")


def test_follower_who_agreed_is_bound_by_the_scan_alone(
    wang: Holder, database: Database, pharmacy: Pharmacy, scene: str
) -> None:
    pharmacy.bind(wang)
    told = wang.event("SCAN", EventKey=scene, Ticket="gQ-example")
    assert AGREED in told
    assert wang.again() == told
    assert ("oExample-wang", pharmacy.ids[2]) in bound(database)


def test_second_scan_explains_the_other_ways(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy, scene: str
) -> None:
    wang.event("subscribe", EventKey=f"qrscene_{scene}")
    wang.say("同意")
    other = person("oExample-other")
    told = other.event("subscribe", EventKey=f"qrscene_{scene}")
    assert GONE in told
    for way in ("回复“绑定”", "窗口", "邀请"):
        assert way in told
    never_was = person("oExample-third").event("subscribe", EventKey=f"qrscene_{pass_code.new_scene()}")
    assert never_was == told
    assert {openid for openid, _ in bound(database)} == {"oExample-wang"}


def test_qr_of_a_poster_only_welcomes(wang: Holder, pharmacy: Pharmacy) -> None:
    assert "下一步：回复“绑定”" in wang.event("subscribe", EventKey="qrscene_poster")
    assert "您可以直接回复" in wang.event("SCAN", EventKey="poster")


@pytest.mark.parametrize(
    "written",
    ["{0}", "绑定码 {0}", "绑定码：{1}", "邀请码是{0}", "绑定 {0}", "{1}", "{2}", "{3}"],
)
def test_paper_code_is_understood_however_it_is_typed(
    wang: Holder, database: Database, pharmacy: Pharmacy, written: str
) -> None:
    code = paper_code(database, pharmacy)
    wang.say("绑定")
    wang.say("同意")
    text = written.format(code, code.replace("-", ""), code.lower().replace("-", " "), code.lower())
    assert AGREED in wang.say(text)
    assert bound(database) == [("oExample-wang", pharmacy.ids[0])]


def test_wrong_used_and_expired_codes_sound_alike(
    wang: Holder, person: Callable[[str], Holder], database: Database, pharmacy: Pharmacy
) -> None:
    used = paper_code(database, pharmacy)
    wang.say(f"绑定码 {used}")
    wang.say("同意")
    with database.begin() as session:
        past = clock.now() - timedelta(days=4)
        expired = passes.issue_code(
            session, BindHow.PAPER_CODE, pharmacy.ids[:1], timedelta(days=3), actor=CLOCK, now=past
        )
    stranger = person("oExample-stranger")
    codes = (used, expired, pass_code.printed(pass_code.new_code()))
    assert len({stranger.say(f"绑定码 {code}") for code in codes}) == 1
    assert len(bound(database)) == 1
