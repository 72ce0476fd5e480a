"""Verbs of coverage."""
