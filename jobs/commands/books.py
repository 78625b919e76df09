"""`reminders books`: what became of a day's messages, how the people stand, and whether it balances."""

import json
from collections.abc import Iterator
from datetime import datetime

import click

from jobs.commands import acting, open_database, plainly
from reminders import books as use_case
from reminders import clock
from reminders.books import DayBooks, MessageLine, Standing
from reminders.rules.day_books import WORDS, Column
from reminders.rules.person_state import WORDS as STATE_WORDS

NAMED = 20


@click.command()
@click.option("--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="The day; today when left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def books(*, on: datetime | None, as_json: bool) -> None:
    """Show the books of a day; exit code 1 when they do not balance."""
    today = clock.civil_date(clock.now())
    day = on.date() if on else today
    with open_database().read() as session:
        found = use_case.day_books(session, day, actor=acting())
        standings = use_case.standings(session, today, actor=acting())
        lost = use_case.messages(session, day, column=Column.STRANDED, limit=NAMED, actor=acting()).lines
    if as_json:
        click.echo(json.dumps(_told(found, standings, lost), ensure_ascii=False, default=str))
    else:
        for line in _lines(found, standings, lost):
            click.echo(line)
    if not _balances(found, standings):
        raise click.exceptions.Exit(1)


def _balances(found: DayBooks, standings: list[Standing]) -> bool:
    return not found.imbalance and not any(one.stranded for one in standings)


def _told(found: DayBooks, standings: list[Standing], lost: tuple[MessageLine, ...]) -> dict[str, object]:
    return {
        "on": found.on,
        "balances": _balances(found, standings),
        "imbalance": found.imbalance,
        "entries": [
            {"channel": one.channel, "department": one.department, "planned": one.planned, **one.columns}
            for one in found.entries
        ],
        "stranded_deliveries": [one.delivery_id for one in lost],
        "people": [
            {"department": one.department, "stranded": one.stranded, **one.states} for one in standings
        ],
    }


def _lines(found: DayBooks, standings: list[Standing], lost: tuple[MessageLine, ...]) -> Iterator[str]:
    if not found.entries:
        yield f"{found.on}: nothing was planned."
    for entry in found.entries:
        told = "，".join(f"{WORDS[column]} {number}" for column, number in entry.columns.items() if number)
        yield f"{entry.department or '（已并入其他消息）'} {entry.channel}: 计划 {entry.planned} = {told}"
    for one in standings:
        told = "，".join(f"{STATE_WORDS[state]} {number}" for state, number in one.states.items() if number)
        yield f"{one.department}: {told}" + (f"；{one.stranded} 没有下一步" if one.stranded else "")
    for line in lost:
        yield f"  delivery {line.delivery_id} ({line.channel}, {line.state}, {line.reason}) has no next step"
    yield "The books balance." if _balances(found, standings) else "The books DO NOT balance."
