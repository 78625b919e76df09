"""Brings notices to their outlets and back: what is due is claimed, carried, proved and settled."""

from reminders.publication.claiming import LEASE, Claimed, claim, due, keep, renew
from reminders.publication.settling import failed, finish, heard, pause, retry, wait

__all__ = [
    "LEASE",
    "Claimed",
    "claim",
    "due",
    "failed",
    "finish",
    "heard",
    "keep",
    "pause",
    "renew",
    "retry",
    "wait",
]
