"""The commands `reminders demo` and `reminders practice`."""

import sys
from pathlib import Path

import click

from sandbox import check as whole_trip
from sandbox import demo as story
from sandbox import practice as school
from sandbox.check_browser import NotThere
from sandbox.demo_installation import HERE, ROOT, InUse, Options
from sandbox.demo_processes import Failed
from sandbox.redis_server import NoRedis


@click.command()
@click.option("--check", is_flag=True, help="Make the whole trip by HTTP, print each step, exit 0 or 1.")
@click.option(
    "--port-base", type=int, help="The first of four ports in a row; otherwise free ones are found."
)
@click.option("--keep", is_flag=True, help="Go on with the data of the last demo instead of fresh ones.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the data live; var/demo by default.")
@click.option("--database-url", default="", help="An empty database of your own instead of SQLite.")
@click.option("--redis-url", default="", help="A Redis of your own instead of the embedded one.")
def demo(
    *,
    check: bool,
    port_base: int | None,
    keep: bool,
    folder: Path | None,
    database_url: str,
    redis_url: str,
) -> None:
    """Start everything on this machine and show the main job happening."""
    place = (folder or ROOT / "var" / ("demo-check" if check else "demo")).absolute()
    options = Options(place, port_base, keep, database_url, redis_url)
    try:
        sys.exit(whole_trip.run(options) if check else story.run(options))
    except (InUse, NoRedis, Failed) as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.option("--fresh", is_flag=True, help="Throw away what was practised and begin anew.")
@click.option("--host", default=HERE, help="Name or address by which learners reach this machine.")
@click.option("--port-base", type=int, help="The first of four ports in a row, so that addresses stay.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where the data live; var/practice by default."
)
@click.option("--database-url", default="", help="An empty database of its own instead of SQLite.")
def practice(
    *, fresh: bool, host: str, port_base: int | None, folder: Path | None, database_url: str
) -> None:
    """Start a practice installation: made-up people, a tour and a training record per role."""
    place = (folder or ROOT / "var" / "practice").absolute()
    if fresh and database_url:
        raise click.ClickException("--fresh forgets only SQLite; give an empty database and a new --folder.")
    try:
        sys.exit(school.run(Options(place, port_base, True, database_url, host=host), fresh=fresh))
    except (InUse, NoRedis, NotThere, Failed) as error:
        raise click.ClickException(str(error)) from error
