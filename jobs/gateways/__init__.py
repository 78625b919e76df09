"""One room per outside system."""
