"""What a letter of correction (更正函) says: what was told wrongly, what is true, and how to check it."""

from collections.abc import Sequence
from datetime import date

from reminders.rules.correction_text import ASK, WrongLine
from reminders.rules.letter_text import BUREAU, About, LetterText

TITLE = "证照到期提醒更正函"


def letter(
    lines: Sequence[tuple[WrongLine, str]],
    sentence: str,
    check_code: str,
    department: str,
    portal_url: str,
    on: date,
) -> LetterText:
    """`lines` come with the license number, empty where the ledger has none; one holder's, in their order."""
    first = lines[0][0]
    day = max(line.told_on for line, _ in lines)
    return LetterText(
        title=TITLE,
        addressee=f"{first.holder_name}：",
        opening=f"我局于 {day} 给您单位（您）的证照到期提醒有误：{sentence}。现更正如下，请以本函为准。",
        about=tuple(_about(line, number) for line, number in lines),
        closing=(
            "给您带来不便，十分抱歉。有疑问请拨打上面的服务电话。",
            f"本函校验码 {check_code}。您可以在 {portal_url} 输入校验码，核对这封函是不是我局发出的。"
            "我局不会在函中要求转账，也不会索要验证码。",
        ),
        signed_by=BUREAU + department,
        on=on,
    )


def _about(line: WrongLine, number: str) -> About:
    """A date that was not mended since may be the very mistake: it is not repeated as the right one."""
    facts = [("原来告知", f"{line.date_name}是 {line.told_date}（{line.told_on} 告知）")]
    if line.is_mended:
        facts.append(("更正为", f"{line.date_name}是 {line.right_date}"))
        facts.append(("申请时间", f"最迟 {line.apply_by} 前（含当天）提交申请" if line.apply_by else ASK))
    else:
        facts.append(("更正为", ASK))
    facts.append(("服务电话", line.service_phone))
    return About(f"{line.license_name}（编号 {number}）" if number else line.license_name, tuple(facts))
