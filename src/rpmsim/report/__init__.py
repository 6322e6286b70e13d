"""Answers to people: tables, charts and files, all made from the summary document."""
