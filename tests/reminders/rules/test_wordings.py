"""Wordings as data: five facts or no saving, room by the kind of field, and a diff that loses nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules import sms_text
from reminders.rules.template_fields import FieldFault, fit
from reminders.rules.wording_checks import LONGEST_VALUES, ROOM, faults, kind_of, meter, stated
from reminders.rules.wording_diff import compare
from reminders.rules.wording_effect import effect, no_longer_said
from reminders.rules.wording_kinds import FIRST, KINDS, VALUE_WORDS
from reminders.rules.wordings import TEXT, Medium, TemplateKind, Wording, fill, frozen, in_order, thawed

SMS = Wording(
    TemplateKind.SMS_SINGLE,
    {TEXT: "{subject}{expires_on}期满，{advice}。咨询{service_phone}，校验码{check_code}，退订回T"},
    "T-1",
)
WECHAT = Wording(
    TemplateKind.WECHAT_SINGLE,
    {
        "thing1": "{subject_with_holder}",
        "character_string2": "{check_code}",
        "time3": "{apply_by}",
        "time4": "{expires_on}",
        "thing5": "{advice}",
    },
    "T-2",
)
GOOD = {SMS.kind: SMS, WECHAT.kind: WECHAT, **FIRST}
KIND = st.sampled_from(sorted(GOOD))


def without(wording: Wording, names: frozenset[str]) -> Wording:
    parts = dict(wording.parts)
    for name in names:
        parts = {part: text.replace(f"{{{name}}}", "某某") for part, text in parts.items()}
    return replace(wording, parts=parts)


def sentences(wording: Wording) -> str:
    return "".join(one.sentence for one in faults(wording, "示例签名"))


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_first_wordings_may_be_saved(kind: TemplateKind) -> None:
    assert faults(GOOD[kind], "示例签名") == ()
    assert all(is_there for _, is_there in stated(GOOD[kind]))


@given(KIND, st.data())
def test_a_wording_that_lacks_a_fact_is_never_saved(kind: TemplateKind, data: st.DataObject) -> None:
    needs = KINDS[kind].needs
    left_out = data.draw(st.sets(st.sampled_from(needs), min_size=1))
    found = sentences(without(GOOD[kind], frozenset(name for need in left_out for name in need.by)))
    assert all(f"缺少“{need.name}”" in found for need in left_out)
    assert not any(f"缺少“{need.name}”" in found for need in needs if need not in left_out)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_placeholder_of_a_kind_has_its_word(kind: TemplateKind) -> None:
    assert set(KINDS[kind].values) <= set(VALUE_WORDS)
    assert {name for need in KINDS[kind].needs for name in need.by} <= set(KINDS[kind].values)


@pytest.mark.parametrize(
    ("key", "text", "is_good"),
    [
        ("thing5", "一" * 20, True),
        ("thing5", "一" * 21, False),
        ("thing5", "最迟{apply_by}申请", True),
        ("thing5", "{subject_with_holder}请办理", False),
        ("phrase5", "请尽快办", True),
        ("phrase5", "请尽快来办理", False),
        ("phrase5", "ok", False),
        ("character_string5", "x" * 32, True),
        ("character_string5", "x" * 33, False),
        ("character_string5", "汉字", False),
        ("time5", "{expires_on}", True),
        ("time5", "{advice}", False),
        ("date5", "{expires_on}", True),
        ("number5", "{count}", True),
        ("number5", "{count}本", False),
        ("phone_number5", "{service_phone}", True),
        ("name5", "一" * 11, False),
        ("const5", "已到期", False),
        ("first", "{advice}", False),
        ("thing5", "{advice", False),
        ("thing5", "{price}", False),
        ("thing5", " ", False),
    ],
)
def test_field_takes_what_its_kind_holds(key: str, text: str, is_good: bool) -> None:
    parts = {name: value for name, value in WECHAT.parts.items() if name != "thing5"}
    assert (faults(replace(WECHAT, parts={**parts, key: text})) == ()) is is_good


@given(
    st.sampled_from(["thing", "name", "phrase", "character_string", "letter", "symbol"]), st.text(max_size=50)
)
def test_meter_is_over_wherever_the_platform_would_cut_or_refuse(kind: str, text: str) -> None:
    """What the meter lets pass leaves the field whole, or is refused for its signs, never for its length."""
    key = f"{kind}1"
    if "{" in text or "}" in text:
        return
    full = meter(Wording(TemplateKind.WECHAT_SINGLE, {key: text}), key)
    assert full is not None and full.used == len(text)
    if not full.is_over:
        try:
            assert len(fit(key, text, allowed={})) <= ROOM[kind] * (2 if kind == "name" else 1)
            assert "…" not in fit(key, text, allowed={}) or "…" in text
        except FieldFault:
            pass


@given(st.text(alphabet=st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), max_size=300))
def test_sms_meter_counts_as_the_platform_does(text: str) -> None:
    full = meter(replace(SMS, parts={TEXT: text}), TEXT, "示例签名")
    assert full is not None
    signs = len(f"【示例签名】{text}".encode("utf-16-le")) // 2
    assert (full.used, full.paid) == (signs, sms_text.segments(text, "示例签名"))
    assert full.paid == (1 if signs <= 70 else -(-signs // 67))
    assert full.used <= full.room


@pytest.mark.parametrize("bad", ["看 http://x.cn ", "www.x.cn ", "长" * 400])
def test_sms_with_a_link_or_without_an_end_is_not_saved(bad: str) -> None:
    assert faults(replace(SMS, parts={TEXT: bad + SMS.parts[TEXT]}), "示例签名")


def test_letter_lines_are_pairs_of_name_and_words() -> None:
    letter = FIRST[TemplateKind.LETTER]
    assert "名称：内容" in sentences(
        replace(letter, parts={**letter.parts, "about": letter.parts["about"] + "\n另注"})
    )


@given(KIND)
def test_what_is_kept_comes_back(kind: TemplateKind) -> None:
    wording = replace(GOOD[kind], allowed={"const1": ("甲", "乙")}, params=in_order(GOOD[kind]))
    assert thawed(kind, wording.template_id, frozen(wording)) == wording


@given(st.text(max_size=60), st.text(max_size=60))
def test_diff_loses_no_sign(old: str, new: str) -> None:
    [*changes] = compare(replace(SMS, parts={TEXT: old}), replace(SMS, parts={TEXT: new}))
    found = [one for one in changes if one.part == TEXT]
    if old or new:
        assert (found[0].before, found[0].after) == (old, new)
        assert found[0].is_changed == (old != new)


def test_effect_tells_what_is_cut_what_cannot_leave_and_what_it_costs() -> None:
    told = dict(LONGEST_VALUES)
    assert effect(WECHAT, told).is_cut is False
    longer = replace(WECHAT, parts={**WECHAT.parts, "thing5": "请注意：{advice}"})
    assert effect(longer, told).is_cut
    assert effect(WECHAT, told | {"apply_by": None}).is_unsayable
    assert effect(SMS, told, "示例签名").paid == 2
    assert effect(replace(SMS, parts={TEXT: "{subject}"}), told, "示例签名").paid == 1
    assert no_longer_said(SMS, replace(SMS, parts={TEXT: "{subject}{advice}"})) == (
        *("expires_on", "service_phone", "check_code"),
    )


def test_longest_values_are_what_meters_say() -> None:
    assert all(kind_of(f"{kind}1") == kind for kind in ROOM)
    assert fill("{count}", {"count": "3"}) == "3"
    assert {KINDS[kind].medium for kind in FIRST} == {Medium.TEXT}
