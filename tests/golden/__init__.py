"""Stored results of small scenarios that together use every feature."""
