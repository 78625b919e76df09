"""`reminders sending`: the brake on all sending, and where sending stands."""

import json
from dataclasses import asdict

import click

from config import settings
from jobs.commands import acting, open_database, plainly
from reminders import clock, deliveries
from reminders.deliveries import SendingStatus


@click.group()
def sending() -> None:
    """Stop or start all sending, or show where it stands."""


@sending.command()
@click.option("--reason", required=True, help="Why; written into the audit and shown in the console.")
@plainly
def stop(*, reason: str) -> None:
    """Pull the brake: nothing new leaves until `start`; what was due waits."""
    with open_database().begin() as session:
        deliveries.stop_sending(session, reason, actor=acting(), now=clock.now())
    click.echo("Sending is stopped. Messages already under way finish; `reminders sending start` goes on.")


@sending.command()
@plainly
def start() -> None:
    """Let go of the brake."""
    with open_database().begin() as session:
        deliveries.start_sending(session, actor=acting(), now=clock.now())
    click.echo("Sending goes on.")
    if settings.load().sending == "off":
        click.echo("But SENDING=off in the settings still holds it; change it and restart the processes.")


@sending.command()
@click.argument("circuit")
@plainly
def resume(*, circuit: str) -> None:
    """Close a circuit after its fault was mended, and let the messages blocked by it go."""
    with open_database().begin() as session:
        freed = deliveries.close_circuit(session, circuit, actor=acting(), now=clock.now())
    click.echo(f"Closed {circuit}; {freed} blocked messages are ready again.")


@sending.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def status(*, as_json: bool) -> None:
    """Show the brake, the circuits that are open, and how many messages wait."""
    with open_database().read() as session:
        found = deliveries.sending_status(session, now=clock.now())
    setting = settings.load().sending
    if as_json:
        click.echo(json.dumps(asdict(found) | {"setting": setting}, ensure_ascii=False, default=str))
        return
    for line in _lines(found, setting):
        click.echo(line)


def _lines(found: SendingStatus, setting: str) -> list[str]:
    if setting == "off":
        lines = ["sending: stopped by the setting SENDING=off"]
    elif found.is_on:
        lines = ["sending: on"]
    else:
        lines = [f"sending: stopped by {found.changed_by} at {found.changed_at:%Y-%m-%d %H:%M} UTC"]
        lines.append(f"  reason: {found.reason}")
    for circuit in found.circuits:
        until = f"until {circuit.until:%Y-%m-%d %H:%M} UTC" if circuit.until else "until somebody closes it"
        lines += [f"resting: {circuit.name} {until} ({circuit.reason})", f"  → {circuit.cure}"]
    lines += [f"waiting: {channel} {number}" for channel, number in sorted(found.waiting.items())]
    if found.blocked:
        lines.append(f"blocked: {found.blocked}")
    if found.review:
        lines.append(f"to be looked at: {found.review}")
    return lines
