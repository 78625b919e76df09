"""Spellings, check digits and masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.errors import Invalid
from reminders.rules import identity
from reminders.rules.lifecycle import HolderKind


def with_check(body: str) -> str:
    total = sum(identity.CREDIT_SIGNS.index(s) * pow(3, i, 31) for i, s in enumerate(body))
    return body + identity.CREDIT_SIGNS[(31 - total % 31) % 31]


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("13800000001", "13800000001"),
        ("１３８００００００００１", None),
        ("１３８０００００００１", "13800000001"),
        ("138 0000 0001", "13800000001"),
        ("138-0000-0001", "13800000001"),
        ("+86 138 0000 0001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("13800000001.0", "13800000001"),
        ("1.3800000001E+10", "13800000001"),
        ("1.38E+10", None),
        ("张示例 13800000001", "13800000001"),
        ("13800000001/13800000002", "13800000001"),
        ("5190000、13800000002", "13800000002"),
        ("0631-5190000", "06315190000"),
        ("（0631）5190000转801", "06315190000"),
        ("0631-5190000-8", "06315190000"),
        ("010 6600 0000", "01066000000"),
        ("5190000", None),
        ("12800000001", None),
        ("138000000012", None),
        ("", None),
        ("无", None),
    ],
)
def test_phone_is_normalised_or_refused_when_written_in_any_way(written: str, digits: str | None) -> None:
    if digits is None:
        with pytest.raises(Invalid):
            identity.phone(written)
    else:
        assert identity.phone(written) == digits


def test_phones_finds_all_when_a_cell_holds_several() -> None:
    assert identity.phones("13800000001 13800000002；0631-5190000") == (
        "13800000001",
        "13800000002",
        "06315190000",
    )


def test_credit_code_is_accepted_when_its_check_sign_is_right() -> None:
    code = with_check("91371000MA0000001")
    assert identity.credit_code(f" {code.lower()} ") == code


@given(st.text(alphabet=identity.CREDIT_SIGNS, min_size=17, max_size=17), st.integers(0, 16), st.data())
def test_credit_code_is_refused_when_one_sign_is_changed(body: str, at: int, data: st.DataObject) -> None:
    code = with_check(body)
    other = data.draw(st.sampled_from([s for s in identity.CREDIT_SIGNS if s != code[at]]))
    with pytest.raises(Invalid):
        identity.credit_code(code[:at] + other + code[at + 1 :])


@pytest.mark.parametrize("code", ["123", "91371000MA000000I0", "371000200000000"])
def test_credit_code_is_refused_when_length_or_signs_are_wrong(code: str) -> None:
    with pytest.raises(Invalid):
        identity.credit_code(code)


def test_credit_code_is_none_when_empty() -> None:
    assert identity.credit_code("　") is None


@pytest.mark.parametrize("number", ["11010519491231002X", " 11010519491231002x", "E00000001"])
def test_id_number_is_accepted_when_valid(number: str) -> None:
    assert identity.id_number(number) == number.strip().upper()


@pytest.mark.parametrize("number", ["110105194912310021", "110105194913310028", "12345", "护照"])
def test_id_number_is_refused_when_wrong(number: str) -> None:
    with pytest.raises(Invalid):
        identity.id_number(number)


def test_names_and_numbers_are_the_same_when_only_spelling_differs() -> None:
    assert identity.name_key("示例 一号（威海）有限公司") == identity.name_key("示例一号(威海)有限公司 ")
    assert identity.name_key("古丽•示例") == identity.name_key("古丽·示例")
    assert identity.number_key("鲁CB〔2022〕－０01 号") == identity.number_key("鲁cb(2022)001号")


@given(st.text(max_size=40))
def test_normalisers_change_nothing_when_applied_twice(text: str) -> None:
    for normalise in (identity.clean, identity.name_key, identity.number_key):
        assert normalise(normalise(text)) == normalise(text)


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True).filter(str.isascii))
def test_phone_is_kept_when_already_normalised_and_its_mask_hides_the_middle(number: str) -> None:
    assert identity.phone(number) == number
    assert identity.mask_phone(number) == f"{number[:3]}＊＊＊＊{number[-4:]}"


@given(st.from_regex(r"0(10|2\d|[3-9]\d\d)[1-9]\d{6,7}", fullmatch=True).filter(str.isascii))
def test_mask_of_a_landline_hides_four_digits(number: str) -> None:
    masked = identity.mask_phone(identity.phone(number))
    assert len(masked.replace("＊", "")) == len(number) - 4


@given(st.text(max_size=30))
def test_masks_leave_out_the_middle_whatever_the_text(text: str) -> None:
    plain = identity.clean(text)
    kept = identity.mask_number(text).replace("＊＊＊＊", "", 1)
    assert len(kept) <= max(0, len(plain) // 2) or len(kept) <= 8 < len(plain)
    assert len(identity.mask_person_name(text)) <= 2


@pytest.mark.parametrize(
    ("name", "entry", "kind"),
    [
        ("示例一号药房有限公司", "单位或个人", HolderKind.COMPANY),
        ("张示例", "单位或个人", HolderKind.PERSON),
        ("张示例", "单位", HolderKind.PERSON),
        ("示例县示例镇", "单位", HolderKind.COMPANY),
        ("示例商店", "单位或个人", HolderKind.COMPANY),
        ("古丽·示例", "单位或个人", HolderKind.PERSON),
        ("EXAMPLE PERSON", "单位或个人", HolderKind.PERSON),
        ("Example Trading Co., Ltd.", "单位或个人", HolderKind.COMPANY),
        ("示例医院", "个人", HolderKind.PERSON),
    ],
)
def test_holder_kind_follows_the_catalogue_then_the_name(name: str, entry: str, kind: HolderKind) -> None:
    assert identity.holder_kind(name, entry) is kind


def test_mask_holder_shows_companies_and_hides_persons() -> None:
    assert identity.mask_holder("示例一号药房有限公司", HolderKind.COMPANY) == "示例一号药房有限公司"
    assert identity.mask_holder("张示例", HolderKind.PERSON) == "张＊"
