"""The desk of templates as officers use it: write, look, agree, approve, compare, restore."""

import re

import pytest

from reminders import clock, message_templates, wordings
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TEXT, TemplateKind, Wording
from tests import builders_console as made
from tests.builders import CLOCK
from tests.portal.conftest import FOOD, Portal

SMS = Wording(
    TemplateKind.SMS_SINGLE,
    {TEXT: "{subject}{expires_on}期满，{advice}。咨询{service_phone}，校验码{check_code}，退订回T"},
    "T-1",
    params=("subject", "expires_on", "advice", "service_phone", "check_code"),
)
PLACE = "/staff/templates/sms_single"


def loaded(portal: Portal) -> None:
    with portal.database.begin() as session:
        message_templates.take_over(session, [SMS, *FIRST.values()], actor=CLOCK, now=clock.now())


def typed(text: str, **other: str) -> dict[str, object]:
    return {"template_id": "T-1", f"part_{TEXT}": text, "reason": "短一些", **other}


def test_template_is_written_by_one_person_and_let_out_by_another(portal: Portal) -> None:
    loaded(portal)
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    page = officer.get(PLACE)
    assert '<mark class="slot" title="校验码">{校验码}</mark>' in page
    assert "按 2 条计费" in page or "按 1 条计费" in page
    assert "示例0号食品有限公司" in page  # a choice of the preview
    shorter = SMS.parts[TEXT].replace("退订回T", "退订T")
    page = officer.post(f"{PLACE}/look", typed(shorter))
    assert "今后 30 天试算" in page and "退订T" in page
    assert "等待批准" in officer.post(PLACE, typed(shorter))
    version = officer.path
    assert "写的人不能自己批准" in officer.get(version)
    officer.post(f"{version}/approve")
    assert officer.status == 403
    page = lead.get(version)
    assert "<del>回</del>" in page
    assert "从现在起照这一版" in lead.post(f"{version}/approve")
    with portal.database.read() as session:
        assert wordings.in_force(session, SMS.kind) == Wording(
            SMS.kind, {TEXT: shorter}, "T-1", params=SMS.params
        )
    history = lead.get(f"{PLACE}/history")
    assert "第 2 版" in history and "第 1 版" in history and "短一些" in history
    old = re.search(r"/staff/templates/versions/\d+(?=\">第 1 版)", history)
    assert old is not None
    lead.get(old[0])
    assert "照它" not in lead.post(f"{old[0]}/restore", {"reason": "还是旧的好"})
    assert "恢复第 1 版" in lead.get(lead.path)


def test_template_without_a_fact_is_refused_with_what_to_write(portal: Portal) -> None:
    loaded(portal)
    officer = portal.signed_in("wang")
    officer.get(PLACE)
    page = officer.post(PLACE, typed("{subject}{advice}，咨询{service_phone}"))
    assert "缺少“期满日期”" in page and "{期满日期}" in page and "缺少“校验码”" in page
    with portal.database.read() as session:
        assert len(message_templates.history(session, SMS.kind)) == 1


def test_change_that_makes_messages_dearer_wants_a_yes(portal: Portal) -> None:
    loaded(portal)
    with portal.database.begin() as session:
        row = made.license(session, made.Corner(FOOD, "本科示例", clock.now()))
        row.next_due_on = clock.civil_date(clock.now())
    officer = portal.signed_in("wang")
    officer.get(PLACE)
    longer = SMS.parts[TEXT] + "，请提前准备好全部材料再到窗口办理，以免来回跑" * 4
    page = officer.post(PLACE, typed(longer))
    assert "知道会有这些变化" in page and "这次改动会让一些消息变差" in page
    assert "等另一位负责人批准" in officer.post(PLACE, typed(longer, sure="yes"))


@pytest.mark.parametrize("kind", [*TemplateKind, "nothing"])
def test_every_kind_has_its_page(portal: Portal, kind: str) -> None:
    visitor = portal.signed_in("sun")
    page = visitor.get(f"/staff/templates/{kind}")
    assert visitor.status == (404 if kind == "nothing" else 200)
    assert "Traceback" not in page
    visitor.get(f"/staff/templates/{kind}/history")


def test_call_says_what_was_saved(portal: Portal) -> None:
    """The script beside the form and the letter on paper read the same versions as the senders."""
    loaded(portal)
    with portal.database.begin() as session:
        corner = made.Corner(FOOD, "本科示例", clock.now())
        made.call(session, corner)
        number = made.proposed_template_over(session, corner)
        message_templates.approve(session, number, actor=CLOCK, now=clock.now())
    assert "您好。请问是" in portal.signed_in("wang").get("/staff/worklist/")


def test_preview_shows_no_other_department(portal: Portal) -> None:
    loaded(portal)
    with portal.database.begin() as session:
        other = made.license_id(session, made.Corner(10, "别科示例", clock.now()))
    officer = portal.signed_in("wang")
    assert "别科示例" not in officer.get(PLACE)
    officer.get(f"{PLACE}?license={other}")
    assert officer.status == 404
