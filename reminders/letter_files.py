"""Prints signed letters as one PDF or one Word document for a batch, each letter on pages of its own."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from docx import Document
from docx.document import Document as WordFile
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from reminders import typesetting
from reminders.rules.letter_number import written_date
from reminders.rules.letter_text import BUREAU, TITLE, LetterText

SONG, HEI, FANG = "方正小标宋简体", "黑体", "仿宋_GB2312"  # GB/T 9704; offices have them, Word falls back
RED = RGBColor(0xD8, 0x00, 0x0F)
LINE = Pt(28.95)  # 22 lines on 225 mm
SIZE = Pt(16)  # 三号
ORDINALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Sheet:
    """One letter; `qr` is what its QR code says, None without one, and `qr_words` stand beside it."""

    number: str
    text: LetterText
    qr: str | None
    qr_words: str


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """Raises Invalid when a name has a character that stands in no font."""
    letters = [
        {
            "number": sheet.number,
            "title": sheet.text.title,
            "addressee": sheet.text.addressee,
            "opening": sheet.text.opening,
            "about": [{"title": one.title, "lines": one.lines} for one in sheet.text.about],
            "closing": sheet.text.closing,
            "signed_by": sheet.text.signed_by,
            "date": written_date(sheet.text.on),
            "qr": _svg(sheet.qr) if sheet.qr else "",
            "qr_words": sheet.qr_words,
        }
        for sheet in sheets
    ]
    return typesetting.pdf("letter", title=TITLE, author=BUREAU, on=sheets[0].text.on, letters=letters)


def docx(sheets: Sequence[Sheet]) -> bytes:
    """For offices that print from Word or WPS; fonts are named, not embedded."""
    file = Document()
    _style(file)
    for place, sheet in enumerate(sheets):
        section = file.sections[0] if place == 0 else file.add_section(WD_SECTION.NEW_PAGE)
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(30), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        _letter(file, sheet)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def _svg(says: str) -> str:
    drawn = io.BytesIO()
    segno.make(says, error="m").save(drawn, kind="svg", scale=4, border=2)
    return drawn.getvalue().decode()


def _png(says: str) -> io.BytesIO:
    drawn = io.BytesIO()
    segno.make(says, error="m").save(drawn, kind="png", scale=8, border=2)
    drawn.seek(0)
    return drawn


def _style(file: WordFile) -> None:
    normal = file.styles["Normal"]
    normal.font.name, normal.font.size = FANG, SIZE
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), FANG)
    shape = normal.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    shape.space_before = shape.space_after = Pt(0)


def _letter(file: WordFile, sheet: Sheet) -> None:
    text = sheet.text
    head = _line(file, BUREAU, font=SONG, size=30, centred=True)
    head.runs[0].font.color.rgb = RED
    head.paragraph_format.line_spacing = Pt(44)
    _rule_below(head)
    _line(file, sheet.number).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _line(file, "")
    _line(file, text.title, font=SONG, size=22, centred=True)
    _line(file, "")
    _line(file, text.addressee)
    _line(file, text.opening, indented=True)
    for count, one in enumerate(text.about):
        ordinal = f"{ORDINALS[count]}、" if 1 < len(text.about) <= len(ORDINALS) else ""
        _line(file, f"{ordinal}{one.title}", font=HEI, indented=True).paragraph_format.keep_with_next = True
        for name, words in one.lines:
            fact = _line(file, f"{name}：", font=HEI, indented=True)
            _typeface(fact.add_run(words), FANG)
    for words in text.closing:
        _line(file, words, indented=True)
    if sheet.qr:
        picture = file.add_paragraph()
        picture.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        picture.add_run().add_picture(_png(sheet.qr), width=Mm(30))
        _line(file, sheet.qr_words, size=9).paragraph_format.line_spacing = Pt(14)
    _line(file, "")
    for words in (text.signed_by, written_date(text.on)):
        signed = _line(file, words)
        signed.alignment, signed.paragraph_format.right_indent = WD_ALIGN_PARAGRAPH.RIGHT, SIZE * 2
        signed.paragraph_format.keep_together = True


def _line(
    file: WordFile,
    words: str,
    *,
    font: str = FANG,
    size: float = 16,
    centred: bool = False,
    indented: bool = False,
) -> Paragraph:
    paragraph = file.add_paragraph()
    run = paragraph.add_run(words)
    _typeface(run, font)
    run.font.size = Pt(size)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indented:
        paragraph.paragraph_format.first_line_indent = SIZE * 2
    return paragraph


def _typeface(run: Run, font: str) -> None:
    run.font.name = font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _rule_below(paragraph: Paragraph) -> None:
    """The red double line under the bureau's name."""
    borders, below = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "thickThinSmallGap"), ("sz", "24"), ("space", "4"), ("color", "D8000F")):
        below.set(qn(f"w:{name}"), value)
    borders.append(below)
    paragraph._p.get_or_add_pPr().append(borders)
