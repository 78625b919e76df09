"""The console script: collects every door's commands, importing a door only when its command is called."""

from importlib.metadata import EntryPoint, entry_points

import click

GROUP = "reminders.commands"

# Shown by `reminders --help` without importing a door; a test keeps it equal to each command.
SUMMARIES = {
    "audit": "Verify or export the hash-chained record of every change.",
    "backup": "Copy the whole database into one file while everything runs.",
    "books": "Show the books of a day; exit code 1 when they do not balance.",
    "catalogue": "Load or show the catalogue of license kinds.",
    "correct": "Tell exactly those who were told something wrong; only looks without --confirm.",
    "demo": "Start everything on this machine and show the main job happening.",
    "doctor": "Check this installation, with a cure for each fault.",
    "explain": "Tell why a license is or is not reminded on a day.",
    "ledger": "Import or export the ledger.",
    "migrate": "Bring the database to the newest schema.",
    "notices": "List, publish or withdraw warm reminder notices.",
    "plan": "Plan what is due on a day; running it again adds nothing.",
    "practice": "Start a practice installation: made-up people, a tour and a training record per role.",
    "restore": "Fill an empty database from a backup, with sending stopped.",
    "sending": "Stop or start all sending, or show where it stands.",
    "sms": "Show what an SMS says and costs, and which rows of the ledger no SMS can reach.",
    "staff": "Add, invite or list staff accounts.",
    "wechat": "Talk to the WeChat platform: quota and menu.",
    "workdays": "Import a year's holidays and make-up workdays.",
}


class Doors(click.Group):
    """Commands registered under the entry-point group `reminders.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(found().keys())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = found().get(cmd_name)
        return entry.load() if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES.get(name, "")) for name in self.list_commands(ctx)])


def found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


@click.command(cls=Doors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """License expiry reminder service (证照到期前提醒)."""
