"""Whether a follower agreed to the privacy notice, and what they may see, take along and have deleted."""

from reminders.consents.forgetting import forget
from reminders.consents.giving import give, is_given, withdraw
from reminders.consents.personal_data import personal_data

__all__ = ["forget", "give", "is_given", "personal_data", "withdraw"]
