"""`reminders wechat`: asks the WeChat platform about the official account."""

import contextlib
import json
from collections.abc import Iterator

import click

from config import settings
from config.settings import Settings
from jobs import wiring
from jobs.commands import plainly
from jobs.gateways.ports import NotAccepted
from jobs.gateways.wechat import WeChatGateway


@click.group()
def wechat() -> None:
    """Talk to the WeChat platform: quota."""


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


@wechat.command()
@plainly
def menu() -> None:
    """Put config/wechat_menu.json on the account, in the place of the menu it has."""
    told = settings.load()
    text = (settings.DATA / "wechat_menu.json").read_text(encoding="utf-8")
    for name, address in (("{WXBOT_URL}", told.wxbot_url), ("{PORTAL_URL}", told.portal_url)):
        text = text.replace(name, address)
    with _gateway(told) as gateway:
        gateway.put_menu(json.loads(text))
    click.echo("The account has the menu of config/wechat_menu.json.")


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
