"""Letters as PDF and Word: every word arrives, in embedded fonts, and what has no shape is refused."""

import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import docx
import pypdfium2
import pytest

from reminders import letter_files, typesetting
from reminders.errors import Invalid
from reminders.letter_files import Sheet
from reminders.rules.letter_text import About, LetterText, frozen, thawed

ON = date(2026, 11, 8)
FACTS = (
    ("到期时间", "期满日期是 2027-01-27（周三）"),
    ("申请时间", "最迟 2026-12-25（周五）前（含当天）提交申请"),
    ("办理地点", "【示例】威海市政务服务中心三楼 301—306 号窗口"),
    ("服务电话", "0631-0000004"),
    ("提交材料", "延续申请书、原许可证"),
)


def text(holder: str = "示例甲药房有限公司", *, licenses: int = 1) -> LetterText:
    about = tuple(About(f"食品生产许可证（编号 SC{n:08d}）", FACTS) for n in range(licenses))
    closing = ("需要预约窗口的，请拨打上面的服务电话。", "本函校验码 ABCDE-12345。")
    opening = f"现将您单位（您）持有的下列 {licenses} 项证照的期限和办理办法告知如下。"
    return LetterText(
        "证照到期提醒函", f"{holder}：", opening, about, closing, "威海市行政审批服务局社会民生科", ON
    )


def sheet(
    number: int = 12, *, holder: str = "示例甲药房有限公司", licenses: int = 1, qr: str | None = None
) -> Sheet:
    words = "微信扫一扫" if qr else ""
    return Sheet(f"社会民生科函〔2026〕{number}号", text(holder, licenses=licenses), qr, words)


def pages(pdf: bytes) -> Sequence[str]:
    """The text of each page, without what only shapes lines."""
    document = pypdfium2.PdfDocument(pdf)
    return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]


def words_of(one: Sheet) -> list[str]:
    said = [one.number, one.text.title, one.text.addressee, one.text.opening, *one.text.closing]
    for about in one.text.about:
        said += [about.title, *(f"{name}：{words}" for name, words in about.lines)]
    return [re.sub(r"\s", "", words) for words in [*said, one.text.signed_by, "2026年11月8日"]]


def test_pdf_holds_every_word_of_every_letter_on_its_own_pages() -> None:
    sheets = [sheet(n, holder=f"示例{n}号公司", licenses=n % 3 + 1) for n in range(1, 5)]
    found = pages(letter_files.pdf(sheets))
    starts = [place for place, words in enumerate(found) if "证照到期提醒函" in words]
    assert len(starts) == 4
    for one, start, end in zip(sheets, starts, [*starts[1:], len(found)], strict=True):
        letter = "".join(found[start:end])
        unnumbered = re.sub(r"—\d+—", "", letter)
        assert [words for words in words_of(one) if words not in unnumbered] == []
        assert letter.count("威海市行政审批服务局") >= 2  # above the red line, and as signature
        assert re.findall(r"—(\d+)—", letter) == [str(number) for number in range(2, end - start + 1)]


def test_letters_of_a_hundred_holders_each_have_their_number_name_and_signature() -> None:
    sheets = [
        sheet(n, holder=f"示例{n}号公司", licenses=n % 3 + 1, qr=f"http://weixin.qq.com/q/{n}")
        for n in range(1, 101)
    ]
    found = pages(letter_files.pdf(sheets))
    starts = [place for place, words in enumerate(found) if "证照到期提醒函" in words]
    assert len(starts) == 100
    for one, start, end in zip(sheets, starts, [*starts[1:], len(found)], strict=True):
        assert one.number in found[start]
        assert one.text.addressee in found[start]
        # A signature never stands alone on a page.
        last = found[end - 1]
        assert "本函校验码" in last
        assert "威海市行政审批服务局社会民生科2026年11月8日" in last


def test_pdf_is_a4_embeds_its_fonts_and_is_the_same_each_time() -> None:
    one = letter_files.pdf([sheet(qr="http://weixin.qq.com/q/02example")])
    assert one == letter_files.pdf([sheet(qr="http://weixin.qq.com/q/02example")])
    page = pypdfium2.PdfDocument(one)[0]
    assert [round(side / 72 * 25.4) for side in page.get_size()] == [210, 297]
    assert b"pdfaid" in one
    fonts = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([A-Za-z-]+)", one)) | set(
        re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z-]+)", one)
    )
    assert {font.split(b"-")[0] for font in fonts} == {b"NotoSerifSC", b"NotoSansSC"}


def test_pdf_takes_markup_in_a_name_as_it_is() -> None:
    strange = '示例*粗*_斜_#set text(1pt)$x$@a<b>\\"公司'
    (first, *_) = pages(letter_files.pdf([sheet(holder=strange)]))
    assert re.sub(r"\s", "", strange) in first


def test_pdf_is_refused_for_a_character_no_font_has() -> None:
    with pytest.raises(Invalid, match=r"“𪚥”是生僻字.*Word"):
        letter_files.pdf([sheet(holder="示例𪚥公司")])
    assert "示例𪚥公司：" in [
        p.text for p in docx.Document(io.BytesIO(letter_files.docx([sheet(holder="示例𪚥公司")]))).paragraphs
    ]


def test_missing_fonts_are_named_with_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "FONTS", (Path("/nowhere/NotoSerifSC-Regular.otf"),))
    with pytest.raises(typesetting.NoFont, match=r"缺少中文字体.*pylopdf-fonts-zh-cn"):
        letter_files.pdf([sheet()])


def test_word_file_holds_every_word_in_the_typefaces_of_the_standard() -> None:
    sheets = [sheet(1, licenses=2, qr="http://weixin.qq.com/q/02example"), sheet(2)]
    file = docx.Document(io.BytesIO(letter_files.docx(sheets)))
    written = [re.sub(r"\s", "", paragraph.text) for paragraph in file.paragraphs]
    for one in sheets:
        assert [words for words in words_of(one) if not any(words in line for line in written)] == []
    assert len(file.sections) == 2
    assert len(file.inline_shapes) == 1
    section = file.sections[1]
    assert [
        round(length.mm) for length in (section.page_width, section.left_margin, section.right_margin)
    ] == [
        210,
        28,
        26,
    ]
    assert {run.font.name for paragraph in file.paragraphs for run in paragraph.runs if run.text} == {
        "方正小标宋简体",
        "仿宋_GB2312",
        "黑体",
    }


def test_frozen_words_come_back_unchanged() -> None:
    assert thawed(frozen(text(licenses=3))) == text(licenses=3)
