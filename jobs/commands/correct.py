"""`reminders correct`: tells exactly those who were told something wrong, after a look at their number."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from config import settings
from jobs.commands import acting, open_database, plainly
from reminders import clock, corrections
from reminders.corrections import Batch, ChannelBooks, CorrectionLine, Preview
from reminders.rules.day_books import Column
from reminders.rules.lifecycle import BatchKind

ONE_BATCH = "Name one batch: --run, --import, or --on together with --kind."


@click.command()
@click.option("--run", "run_id", type=int, help="The wrong batch is this planning run.")
@click.option("--import", "import_id", type=int, help="It is what was told from this import of the ledger.")
@click.option("--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="It is what was told on this day …")
@click.option(
    "--kind", "entry_id", type=int, help="… about this kind of license: its number in the catalogue."
)
@click.option("--words", default="", help="What was wrong, 5 to 20 Chinese characters; people read them.")
@click.option("--stop-waiting", is_flag=True, help="Cancel what of the batch nobody was told yet.")
@click.option("--confirm", type=int, help="Send to so many people; left out, nothing is changed.")
@click.option("--show", "shown", type=int, help="Say what became of an earlier correction instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def correct(
    *,
    run_id: int | None,
    import_id: int | None,
    on: datetime | None,
    entry_id: int | None,
    words: str,
    stop_waiting: bool,
    confirm: int | None,
    shown: int | None,
    as_json: bool,
) -> None:
    """Tell exactly those who were told something wrong; only looks without --confirm."""
    if shown is not None:
        _show(shown, as_json=as_json)
        return
    batch = _batch(run_id, import_id, on, entry_id)
    if confirm is None:
        with open_database().read() as session:
            _tell(corrections.preview(session, batch, actor=acting()), as_json=as_json)
        return
    with open_database().begin() as session:
        correction_id = corrections.correct(
            session,
            batch,
            words,
            confirmed=confirm,
            stops_waiting=stop_waiting,
            sending_hours=settings.load().sending_hours,
            actor=acting(),
            now=clock.now(),
        )
    _show(correction_id, as_json=as_json)


def _batch(run_id: int | None, import_id: int | None, on: datetime | None, entry_id: int | None) -> Batch:
    """Raises UsageError unless exactly one batch is named."""
    match run_id, import_id, on, entry_id:
        case int(), None, None, None:
            return Batch(BatchKind.RUN, run_id=run_id)
        case None, int(), None, None:
            return Batch(BatchKind.IMPORT, import_id=import_id)
        case None, None, datetime(), int():
            return Batch(BatchKind.DAY, on=on.date() if on else None, entry_id=entry_id)
    raise click.UsageError(ONE_BATCH)


def _tell(found: Preview, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, default=str))
        return
    click.echo(f"{found.people} people were told something wrong, about {found.licenses} licenses.")
    for channel, number in sorted(found.channels.items()):
        click.echo(f"  {channel}: {number}")
    for one in found.sample:
        click.echo(f"    {one.holder_name} {one.license_name}: {one.told_date}, {one.channel} {one.told_on}")
    if found.waiting:
        click.echo(f"{found.waiting} reminders of the batch still wait; --stop-waiting cancels them.")
    if found.people:
        click.echo(f"Nothing was changed. To tell them: --words '…' --confirm {found.people}")


def _show(correction_id: int, *, as_json: bool) -> None:
    with open_database().read() as session:
        line = corrections.one(session, correction_id, actor=acting())
        books = corrections.books_of(session, correction_id)
    if as_json:
        told = asdict(line) | {"books": [asdict(one) for one in books]}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    for text in _lines(line, books):
        click.echo(text)


def _lines(line: CorrectionLine, books: list[ChannelBooks]) -> list[str]:
    told = [
        f"Correction {line.id} by {line.created_by}, {line.created_at:%Y-%m-%d %H:%M} UTC: {line.sentence}"
    ]
    told.append(f"  {line.people} people, {line.messages} messages, {line.open} of them under way")
    if line.stops_waiting:
        told.append(f"  {line.stopped} reminders that had not left were cancelled")
    for one in books:
        columns = ", ".join(f"{column} {number}" for column, number in one.columns.items() if number)
        told.append(f"  {one.channel}: {one.planned} = {columns}")
        if one.columns[Column.STRANDED]:
            told.append(
                f"  → {one.columns[Column.STRANDED]} reach nobody: the desk of corrections lists them"
            )
    return told
