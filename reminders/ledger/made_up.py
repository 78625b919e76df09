"""Keeps made-up people out of a real ledger: what a practice installation exported says so in its title."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import Invalid
from reminders.spreadsheet import Workbook
from reminders.tables.installation import Installation

MARKS = ("（练习）", "（示例数据）")
TITLE_ROWS = 3


def refuse(session: Session, workbook: Workbook) -> None:
    """Raises Invalid in an installation that is marked as a real one."""
    if session.execute(select(Installation.is_practice)).scalar_one_or_none() is not False:
        return
    titles = "".join(
        cell for sheet in workbook.sheets for row in sheet.rows[:TITLE_ROWS] for cell in row if cell
    )
    if any(mark in titles for mark in MARKS):
        raise Invalid("这是练习环境的台账，里面的单位和人都是虚构的，不能导入正式环境。请换真正的台账。")
