"""The types of which a language is made: what may stand at a place, and how its text is read.

Every type reads a node of a tree into a value. Errors of form (unknown key, wrong unit) and of
meaning (a share above 100%) are gathered apart, since all of one level are reported at once.

The types are written by hand, not with a validation library, because merging needs them before anything can be
validated (what does `+2` mean here? does `+5%` scale this map?), maps by class need the scenario's own names, and
every value keeps its position through all of that. One table (:mod:`rpmsim.scenario.language`,
:mod:`rpmsim.history.language`) then serves reading, merging, dated changes, the JSON Schema and the reference.
"""
