"""Personal numbers are found however they are written, and what offices publish on purpose is let through."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.rules.identity import RESIDENT_SIGNS, RESIDENT_WEIGHTS
from reminders.rules.masking_check import find_in_html, find_personal, service_numbers
from reminders.rules.notice_html import render_body

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")
DRESSES = [str, lambda digits: digits.translate(FULL_WIDTH), lambda digits: digits.translate(CHINESE)]
GAPS = ["", " ", "-", "－", "\u00a0", "\u200b", "\u3000", ".", "·", " - ", "\n", "/", "*", "_"]
# Words around the number, without a digit next to it.
PROSE = st.text(alphabet="请拨打联系人，。：（）《》 abc", max_size=12)
mobiles = st.builds(
    lambda second, rest: f"1{second}{rest}",
    st.sampled_from("3456789"),
    st.text(alphabet="0123456789", min_size=9, max_size=9),
)


def check_sign(body: str) -> str:
    total = sum(int(sign) * weight for sign, weight in zip(body, RESIDENT_WEIGHTS, strict=False))
    return RESIDENT_SIGNS[total % 11]


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(["371002", "110101", "440305"]))
    year, month, day = draw(st.integers(1940, 2020)), draw(st.integers(1, 12)), draw(st.integers(1, 28))
    body = f"{area}{year}{month:02d}{day:02d}{draw(st.integers(0, 999)):03d}"
    return body + check_sign(body)


def spread(digits: str, gaps: list[str]) -> str:
    return "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False)) + digits[len(gaps) :]


@settings(max_examples=300, deadline=None)
@given(mobiles, st.lists(st.sampled_from(GAPS), max_size=10), st.sampled_from(DRESSES), PROSE, PROSE)
def test_mobile_is_found_in_any_dress(number, gaps, dress, before, after) -> None:  # type: ignore[no-untyped-def]
    text = before + dress(spread(number, gaps)) + after
    assert find_personal(text, "正文"), text


@settings(max_examples=300, deadline=None)
@given(
    resident_numbers(), st.lists(st.sampled_from(GAPS), max_size=17), st.sampled_from(DRESSES), PROSE, PROSE
)
def test_resident_number_is_found_in_any_dress(number, gaps, dress, before, after) -> None:  # type: ignore[no-untyped-def]
    text = before + dress(spread(number, gaps)) + after
    assert find_personal(text, "正文"), text


def test_none_of_ten_thousand_numbers_gets_through() -> None:
    chance = Random(20261102)
    missed = []
    for _ in range(10_000):
        if chance.random() < 0.5:
            number = f"1{chance.choice('3456789')}{chance.randrange(10**9):09d}"
        else:
            body = f"{chance.choice(['371002', '110101'])}{chance.randint(1940, 2020)}"
            body += f"{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}{chance.randrange(1000):03d}"
            number = body + check_sign(body)
        gap = chance.choice(GAPS)
        places = chance.sample(range(1, len(number)), k=chance.randint(0, 4))
        written = "".join(gap + sign if at in places else sign for at, sign in enumerate(number))
        text = f"请联系{chance.choice(['', ' ', '：'])}{chance.choice(DRESSES)(written)}，谢谢"
        if not find_personal(text, "正文"):
            missed.append(text)
    assert missed == []


@settings(max_examples=300, deadline=None)
@given(mobiles, st.integers(1, 9), st.sampled_from(["**", "*", "`", "_"]))
def test_mobile_split_by_markup_is_found_in_the_page(number: str, cut: int, mark: str) -> None:
    page = render_body(f"请联系 {number[:cut]}{mark}{number[cut:]}{mark} 咨询")
    assert find_in_html(page, "网页"), page


def test_number_in_a_link_or_an_entity_is_found() -> None:
    assert find_in_html('<a href="https://example.com/13800000001">点这里</a>', "网页")
    assert find_in_html("<p>&#49;3800000001</p>", "网页")


def test_landline_and_labelled_local_number_are_found() -> None:
    assert find_personal("0631-5230001", "正文")
    assert find_personal("联系电话：5230001", "正文")


def test_published_service_phones_are_let_through() -> None:
    allowed = service_numbers(["0631-0000001、13900000001", "（0631）0000002"])
    for text in ("服务电话：0631-0000001", "电话 0000002", "０６３１－０００００02", "139 0000 0001"):
        assert not find_personal(text, "正文", allowed=allowed), text
    assert find_personal("139 0000 0002", "正文", allowed=allowed)


def test_what_notices_usually_say_is_let_through() -> None:
    for text in (
        "2026-12-20 至 2027-02-28 期满，共 126 家",
        "2026年12月20日、20261220、第 1、3、5、7、9、11、13、15 项",
        "工作日 9:00—12:00、13:00—17:00，二楼 201—206 号窗口",
        "鲁AA1＊＊＊＊0012 威政办〔2026〕12号 行政许可法第五十条",
        "二〇二六年十二月二十日前办理，12345 热线",
        "3至5年，期满前 30 个工作日",
    ):
        assert not find_personal(text, "正文"), text


def test_what_was_found_is_not_repeated_in_full() -> None:
    found = find_personal("13800000001 371002199001010012", "正文")
    assert found
    assert all("00000001" not in one.shown and "1990" not in one.shown for one in found)
