"""Tests mirror the house; trips/ holds whole journeys."""
