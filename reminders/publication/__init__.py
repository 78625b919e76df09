"""Brings notices to their outlets and back: what is due is claimed, carried, proved and settled."""

from reminders.publication.claiming import LEASE, Claimed, claim, due, keep, renew
from reminders.publication.materials import forget_material, keep_material, material
from reminders.publication.settling import failed, finish, heard, pause, retry, wait

__all__ = [
    "LEASE",
    "Claimed",
    "claim",
    "due",
    "failed",
    "finish",
    "forget_material",
    "heard",
    "keep",
    "keep_material",
    "material",
    "pause",
    "renew",
    "retry",
    "wait",
]
