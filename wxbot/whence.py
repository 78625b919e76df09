"""Knows whether a page is read in WeChat's own browser, where signing in is silent."""

from urllib.parse import urlsplit

from flask import request

from wxbot.site import site

WECHAT = "MicroMessenger"  # in the name of every browser of WeChat, on phones and on computers


def is_wechat() -> bool:
    """It says so itself; a browser that was sent here by the platform is as good as WeChat's."""
    if WECHAT in request.user_agent.string:
        return True
    sender, platform = urlsplit(request.referrer or ""), urlsplit(site().settings.wechat_oauth_base)
    return bool(sender.netloc) and sender[:2] == platform[:2]
