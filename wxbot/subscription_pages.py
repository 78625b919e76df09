"""The page on which a holder agrees to long-term notices; the platform's script runs only here."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from wechatpy.utils import WeChatSigner

from config.settings import Settings
from reminders import clock, holders, page_tickets, roads
from reminders.rules.lifecycle import Channel, GrantState
from wxbot import pages, security
from wxbot.site import site

bp = Blueprint("subscription", __name__)


@dataclass(frozen=True)
class Signed:
    """What the platform's script needs to know that a page is ours."""

    app_id: str
    timestamp: str
    nonce: str
    signature: str


@bp.get("/h5/subscribe")
def show() -> ResponseReturnValue:
    """Without a template or a ticket there is no button, and the page says what happens instead."""
    openid, now, here = pages.account(), clock.now(), site()
    if openid is None:
        return pages.to_login(pages.SUBSCRIBE)
    with here.database.read() as session:
        follower_id = holders.follower_id(session, openid)
        template_id = roads.template_of(session, Channel.SUBSCRIPTION)
        state = holders.grant_state(session, follower_id, template_id) if template_id else None
        ticket = page_tickets.current(session, now=now) if template_id else None
    # The address as the phone shows it, without what stands behind a #.
    address = here.settings.wxbot_url + request.full_path.rstrip("?")
    signed = sign(here.settings.wechat_app_id, ticket, address, int(now.timestamp())) if ticket else None
    page = render_template(
        "subscribe.html",
        template_id=template_id,
        is_granted=state is GrantState.ACCEPTED,
        is_refused=state is GrantState.REJECTED,
        signed=signed,
        script=here.settings.wechat_script_url,
    )
    return _with_platform_script(make_response(page), here.settings) if signed else page


def sign(app_id: str, ticket: str, address: str, timestamp: int) -> Signed:
    """SHA-1 over ticket, nonce, time and address, as the platform defines it."""
    nonce = secrets.token_hex(8)
    signer = WeChatSigner(delimiter=b"&")
    signer.add_data(f"noncestr={nonce}", f"jsapi_ticket={ticket}", f"timestamp={timestamp}", f"url={address}")
    return Signed(app_id, str(timestamp), nonce, signer.signature)


def _with_platform_script(answer: Response, settings: Settings) -> Response:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(settings.wechat_script_url))
    policy = security.CONTENT_SECURITY_POLICY.replace("script-src 'self'", f"script-src 'self' {origin}")
    answer.headers["Content-Security-Policy"] = policy
    return answer
