"""Followers of the official account, and what they may see and do with the licenses that are theirs."""

from reminders.holders.choices import Choices, choices, choose, is_reached
from reminders.holders.finding import Shown, find_licenses
from reminders.holders.first_choices import JustBound, choose_first, just_bound
from reminders.holders.following import (
    accepts_wechat,
    active_bindings,
    bindings_meant,
    follow,
    follower_id,
    follower_of,
    heard_from,
    is_follower,
    is_puzzled_again,
    language,
    openid_hash,
    set_language,
    set_wechat,
    unbind_token,
    unfollow,
)
from reminders.holders.grants import record as record_grant
from reminders.holders.grants import state as grant_state
from reminders.holders.names import license_names
from reminders.holders.own_licenses import Mine, OwnLicense, license_page, my_licenses, own_by_identifier
from reminders.holders.preferences import (
    Look,
    look,
    quiet_until,
    set_care,
    set_look,
    set_quiet_until,
)
from reminders.holders.signs import note_asked, note_opened
from reminders.holders.timeline import Event, timeline

__all__ = [
    "Choices",
    "Event",
    "JustBound",
    "Look",
    "Mine",
    "OwnLicense",
    "Shown",
    "accepts_wechat",
    "active_bindings",
    "bindings_meant",
    "choices",
    "choose",
    "choose_first",
    "find_licenses",
    "follow",
    "follower_id",
    "follower_of",
    "grant_state",
    "heard_from",
    "is_follower",
    "is_puzzled_again",
    "is_reached",
    "just_bound",
    "language",
    "license_names",
    "license_page",
    "look",
    "my_licenses",
    "note_asked",
    "note_opened",
    "openid_hash",
    "own_by_identifier",
    "quiet_until",
    "record_grant",
    "set_care",
    "set_language",
    "set_look",
    "set_quiet_until",
    "set_wechat",
    "timeline",
    "unbind_token",
    "unfollow",
]
