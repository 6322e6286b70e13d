"""The types of which the language is made: what may stand at a place, and how its text is read.

Every type reads a node of the resolved tree into a value. Faults of form (unknown key, wrong unit) and of
meaning (a share above 100 %) are gathered apart, since all of one level are told at once.
"""
