"""Followers of the official account, and what they may see and do with the licenses that are theirs."""

from reminders.holders.following import (
    active_bindings,
    bindings_meant,
    follow,
    heard_from,
    is_follower,
    openid_hash,
    unbind,
    unbind_token,
    unfollow,
)
from reminders.holders.own_licenses import Mine, OwnLicense, license_page, my_licenses, own_by_identifier
from reminders.holders.signs import note_asked, note_opened

__all__ = [
    "Mine",
    "OwnLicense",
    "active_bindings",
    "bindings_meant",
    "follow",
    "heard_from",
    "is_follower",
    "license_page",
    "my_licenses",
    "note_asked",
    "note_opened",
    "openid_hash",
    "own_by_identifier",
    "unbind",
    "unbind_token",
    "unfollow",
]
