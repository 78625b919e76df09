"""`reminders wechat`: the official account's quota and menu."""

import contextlib
import difflib
import json
from collections.abc import Iterator
from typing import Any

import click

from config import settings
from config.settings import Settings
from jobs import wiring
from jobs.commands import plainly
from jobs.gateways.ports import NotAccepted
from jobs.gateways.wechat import WeChatGateway


@click.group()
def wechat() -> None:
    """Talk to the WeChat platform: quota and menu."""


@wechat.command()
@click.option("--json", "as_json", is_flag=True, help="The platform's answer as it came.")
@plainly
def quota(*, as_json: bool) -> None:
    """Show how many template messages may still be sent today."""
    with _gateway(settings.load()) as gateway:
        answer = gateway.quota()
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    day, rate = answer.get("quota") or {}, answer.get("rate_limit") or {}
    told = [str(day.get(name, "?")) for name in ("used", "daily_limit", "remain")]
    click.echo(f"today: {told[0]} of {told[1]} used, {told[2]} left")
    if rate:
        click.echo(f"rate: {rate.get('call_count', '?')} calls in {rate.get('refresh_second', '?')} s")


@wechat.command("clear-quota")
@click.option("--yes", is_flag=True, help="Do not ask: it can be done ten times a month.")
@plainly
def clear_quota(*, yes: bool) -> None:
    """Start the day's count of calls anew; the platform allows it ten times a month."""
    if not yes:
        click.confirm("This can be done ten times a month. Clear the quota now?", abort=True)
    with _gateway(settings.load()) as gateway:
        gateway.clear_quota()
    click.echo("The day's count starts anew. Now: `reminders sending resume wechat`.")


@wechat.group()
def menu() -> None:
    """Put config/wechat_menu.json on the account, or compare the two."""


@menu.command()
@plainly
def push() -> None:
    """Put config/wechat_menu.json on the account, in the place of the menu it has."""
    told = settings.load()
    with _gateway(told) as gateway:
        gateway.put_menu(_own_menu(told))
    click.echo("The account has the menu of config/wechat_menu.json; phones show it within a day.")


@menu.command()
@plainly
def diff() -> None:
    """Compare the account's menu with config/wechat_menu.json; exit code 1 when they differ."""
    told = settings.load()
    with _gateway(told) as gateway:
        theirs = gateway.menu()
    one, other = _lines_of(theirs), _lines_of(_own_menu(told))
    found = list(difflib.unified_diff(one, other, "account", "config/wechat_menu.json", lineterm="", n=0))
    if not found:
        click.echo("The account has the menu of config/wechat_menu.json.")
        return
    click.echo("\n".join(found))
    raise click.exceptions.Exit(1)


def _own_menu(told: Settings) -> dict[str, Any]:
    text = (settings.DATA / "wechat_menu.json").read_text(encoding="utf-8")
    for name, address in (("{WXBOT_URL}", told.wxbot_url), ("{PORTAL_URL}", told.portal_url)):
        text = text.replace(name, address)
    found: dict[str, Any] = json.loads(text)
    return found


def _lines_of(menu: dict[str, Any]) -> list[str]:
    """One line a button; what the platform adds of its own is left out."""
    lines = []
    for top in menu.get("button", []):
        lines += [" ".join(_said(top))]
        lines += ["  " + " ".join(_said(button)) for button in top.get("sub_button", [])]
    return lines


def _said(button: dict[str, Any]) -> list[str]:
    return [str(button[name]) for name in ("name", "type", "key", "url") if button.get(name)]


@contextlib.contextmanager
def _gateway(told: Settings) -> Iterator[WeChatGateway]:
    store = wiring.open_redis(told)
    gateway = wiring.wechat_gateway(told, store)
    try:
        yield gateway
    except NotAccepted as error:
        raise click.ClickException(f"The platform refused ({error.reason} {error.rid}).") from error
    finally:
        gateway.close()
        store.close()
