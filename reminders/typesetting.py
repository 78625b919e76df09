"""Sets papers as PDF with typst: data in one of our forms, Chinese fonts embedded, never an empty box."""

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import pylopdf_fonts_zh_cn as fonts
import typst

from reminders.errors import Invalid, ReminderError

FORMS = Path(__file__).with_name("papers")
FONTS = (fonts.serif_path(), fonts.sans_path())
# PDF/A refuses a letter the font has no shape for, where another PDF would show an empty box.
ARCHIVE: Literal["a-2b"] = "a-2b"
NO_SHAPE = re.compile(r'the text `"(.+?)"` could not be displayed')


class NoFont(ReminderError):
    """This machine lacks the Chinese fonts; the sentence says what to install."""


def pdf(form: str, *, title: str, author: str, on: date, **data: object) -> bytes:
    """A PDF/A of this form (a file of reminders/papers); the same data give the same bytes.

    Raises Invalid when a character stands in no embedded font, NoFont when the fonts are not installed.
    """
    missing = missing_fonts()
    if missing:
        raise NoFont(f"缺少中文字体，没有生成 PDF。请运维人员处理：{missing}。")
    told = {
        "title": title,
        "author": author,
        **{name: json.dumps(value, ensure_ascii=False) for name, value in data.items()},
    }
    try:
        made, warnings = typst.compile_with_warnings(
            str(FORMS / f"{form}.typ"),
            font_paths=[str(FONTS[0].parent)],
            ignore_system_fonts=True,
            sys_inputs=told,
            pdf_standards=ARCHIVE,
            timestamp=datetime.combine(on, time(), UTC),
        )
    except typst.TypstError as fault:
        strange = NO_SHAPE.search(str(fault))
        if strange is None:
            raise
        raise Invalid(
            f"“{strange[1]}”是生僻字，PDF 的字体里没有它。请改用 Word 文件打印，里面的字体由办公电脑提供。"
        ) from fault
    unknown = [warning.message for warning in warnings if "unknown font family" in warning.message]
    if unknown:
        raise NoFont(f"缺少中文字体，没有生成 PDF。请运维人员处理：{'; '.join(unknown)}。")
    assert isinstance(made, bytes)
    return made


def missing_fonts() -> str:
    """ "" when both fonts are there; else one sentence for the operator."""
    missing = [path.name for path in FONTS if not path.is_file()]
    if not missing:
        return ""
    return (
        f"{', '.join(missing)} missing: they come with the locked package pylopdf-fonts-zh-cn "
        "(pip install --require-hashes -r requirements.lock)"
    )
