"""Stands in for every outside system on a laptop, in tests and for practice; never in production."""
