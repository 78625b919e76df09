"""Stands in for every outside system on a laptop, in tests and in a practice installation; never in production."""
