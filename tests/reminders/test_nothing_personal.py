"""Whatever stands in the ledger or is typed: of a phone or an ID of a person no digit becomes public.

A part of the full run in every test run; `MASKING_CASES=100000` (or more) makes it the whole.
"""

import os
import re
from datetime import date
from random import Random

import pytest

from reminders import renditions
from reminders.notices.writing import public_number
from reminders.rules import notice_text, rendition
from reminders.rules.identity import RESIDENT_SIGNS, RESIDENT_WEIGHTS
from reminders.rules.notice_text import PublicRow

CASES = int(os.environ.get("MASKING_CASES", "4000"))
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "示例甲乙丙丁戊己庚辛"
DRESSES = (
    lambda text: text,
    lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    lambda text: text.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
    lambda text: " ".join(text),
    lambda text: f"{text[:3]}-{text[3:7]}-{text[7:]}",
    lambda text: "\u200b".join(text),
    lambda text: f"{text[:4]}**{text[4:]}**",
    lambda text: f"+86 {text}",
)
PLACES = ("title", "body", "link", "table", "holder", "number", "keyword")


def phone(chance: Random) -> str:
    return f"1{chance.choice('3456789')}{chance.randrange(10**9):09d}"


def resident(chance: Random) -> str:
    body = f"{chance.choice(['371002', '110101', '440305'])}{chance.randint(1940, 2015)}"
    body += f"{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}{chance.randrange(1000):03d}"
    total = sum(int(sign) * weight for sign, weight in zip(body, RESIDENT_WEIGHTS, strict=False))
    return body + RESIDENT_SIGNS[total % 11]


def notice(place: str, text: str, bare: str) -> rendition.Rendition:
    """A notice with the words in one place; the license number is masked as the list does it."""
    row = PublicRow(
        license_id=1,
        holder_name=f"示例食品厂{text}" if place == "holder" else "示例食品有限公司",
        license_no=public_number(bare) if place == "number" else "SC10＊＊＊＊0001",
        expires_on=date(2027, 1, 1),
        apply_by=None,
    )
    bodies = {"body": f"请联系 {text} 咨询。", "link": f"见[说明](https://example.gov.cn/{text})。"}
    bodies["table"] = f"| 单位 | 电话 |\n|---|---|\n| 示例 | {text} |"
    return rendition.render(
        f"提示 {text}" if place == "title" else "换证温馨提示",
        bodies.get(place, "请尽早办理。"),
        notice_text.rows_to_text((row,)),
        (),
        ("示例科室", text if place == "keyword" else "示例许可证"),
    )


def public_text(shown: rendition.Rendition) -> str:
    parts = [shown.title, shown.html, shown.account_title, shown.summary, *shown.keywords]
    return "\n".join(parts)


def test_no_digit_of_a_person_gets_out() -> None:
    """Each is either refused, or stands nowhere in what is rendered: not even four of its digits in a row."""
    chance = Random(20261128)
    leaked = []
    for number in range(CASES):
        secret = phone(chance) if chance.random() < 0.5 else resident(chance)
        place = chance.choice(PLACES)
        name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
        text = f"{chance.choice(['', name])}{chance.choice(DRESSES)(secret)}"
        shown = notice(place, text, secret)
        if not renditions.find_personal(shown, frozenset()):
            digits = re.sub(r"\D", "", secret)
            runs = {digits[at : at + 5] for at in range(len(digits) - 4)}
            if place != "number" or any(run in public_text(shown) for run in runs):
                leaked.append((number, place, text))
    assert leaked == []


@pytest.mark.parametrize("place", PLACES)
def test_files_are_read_as_whoever_opens_them_reads_them(place: str) -> None:
    shown = notice(place, "13800000001", "13800000001")
    files = renditions.make_files(shown)
    whole = rendition.render(shown.title, shown.body, shown.public_list, files, shown.keywords)
    found = renditions.find_personal(whole, frozenset())
    assert bool(found) is (place != "number")
    for file in files:
        assert b"13800000001" not in file.content or found


def test_license_number_that_is_a_person_disappears_whole() -> None:
    chance = Random(7)
    for _ in range(200):
        assert public_number(resident(chance)) == "（编号不公开）"
        assert public_number(phone(chance)) == "（编号不公开）"
    assert public_number("SC10637100200001") == "SC10＊＊＊＊0001"
    assert public_number("") == "（无编号）"
