"""Whether a follower agreed to the privacy notice, and what they may see, take along and have deleted."""
