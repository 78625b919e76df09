"""`reminders sms`: what an SMS says and costs, and which rows of the ledger no SMS can reach."""

import json
from dataclasses import asdict

import click

from config import settings
from jobs import sms_templates
from jobs.commands import acting, open_database, plainly
from jobs.current_wordings import CurrentWordings
from reminders import sms_check
from reminders.rules import sms_text
from reminders.rules.delivery_rules import MessageKind
from reminders.rules.lifecycle import SmsFault

TRIAL = {
    "subject": "《道路危险货物运输经营许可证》",
    "expires_on": "2027-02-20",
    "advice": "请最迟2027-01-20申请换证",
    "service_phone": "0631-0000003",
    "check_code": "7K3M2-QXP9T",
    "code": "482913",
    "holder_name": "示例一号运输有限公司",
    "correction": "期满日期写错了",
    "right_date": "期满日期是 2027-02-20",
    "told_on": "2026-11-28",
    "visit_on": "2026-12-02",
    "visit_time": "9:00-10:00",
    "counter": "市政务服务中心二楼 221—226 号窗口",
}
CURES = {
    SmsFault.NO_PHONE: "no phone: add one to the department's sheet and import it again",
    SmsFault.NOT_MOBILE: "a landline takes no SMS: add a mobile number, or the person is called",
    SmsFault.WRONG_NUMBER: "found to be wrong: ask the holder and correct the sheet",
    SmsFault.REFUSED: "the person refused SMS (TD): they are called instead",
    SmsFault.NOT_TAKEN: "the platform refused this number: correct it, or the person is called",
    SmsFault.NAME_TOO_LONG: "the license name does not fit the template: shorten it in the template",
}


@click.group()
def sms() -> None:
    """Show what an SMS says and costs, and which rows of the ledger no SMS can reach."""


@sms.command()
@plainly
def preview() -> None:
    """Show every wording in force with sample values, its signs and the messages that are paid for."""
    told = settings.load()
    signature, said = told.sms_signature, CurrentWordings(sms_templates.load().values())
    with open_database().read() as session:
        said.look(session)
    for kind, wording in sms_templates.WORDING_OF.items():
        template = said.of(wording)
        if template is None:
            continue
        params = TRIAL | ({"subject": "3本证照"} if kind is MessageKind.DIGEST else {})
        text = template.text(params)
        whole = sms_text.signed(text, signature)
        click.echo(f"[{kind}] {len(whole)} signs, {sms_text.segments(text, signature)} paid")
        click.echo(f"  {whole}")
        if template.is_sample:
            click.echo("  its id is a sample: put the platform's own in, at the console's desk of templates")


@sms.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@plainly
def check(*, as_json: bool) -> None:
    """List the rows of SMS departments that cannot be reached by SMS; exit code 1 when there are any."""
    number, after = 0, 0
    with open_database().read() as session:
        while True:
            page = sms_check.faults(session, actor=acting(), after=after)
            for line in page.lines:
                if as_json:
                    click.echo(json.dumps(asdict(line), ensure_ascii=False))
                else:
                    row = (line.department, line.license_no or "（无编号）", line.holder_name, line.phone)
                    click.echo(f"{' '.join(filter(None, row))}: {CURES[line.fault]}")
            number += len(page.lines)
            if page.after is None:
                break
            after = page.after
    if not as_json:
        click.echo(
            f"{number} rows cannot be reached by SMS." if number else "Every row can be reached by SMS."
        )
    if number:
        raise click.exceptions.Exit(1)
