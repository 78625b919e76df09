"""How the number of a letter (发文字号) is written and read: 社会民生科函〔2026〕12号."""

import re
from datetime import date

WRITTEN = re.compile(r"(?:(?P<word>\D{1,64})函)?[〔\[［(（](?P<year>\d{4})[〕\]］)）](?P<number>\d{1,6})号?")


def letter_number(department: str, year: int, number: int) -> str:
    """GB/T 9704: the year in full within 〔 〕, the number neither padded nor preceded by 第."""
    return f"{department}函〔{year}〕{number}号"


def read_letter_number(text: str) -> tuple[str, int, int] | None:
    """Department ("" where only 〔2026〕12号 was typed), year and number; other brackets are understood."""
    found = WRITTEN.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        return None
    return found["word"] or "", int(found["year"]), int(found["number"])


def written_date(day: date) -> str:
    """成文日期: 2026年1月5日, without zeros in front."""
    return f"{day.year}年{day.month}月{day.day}日"
