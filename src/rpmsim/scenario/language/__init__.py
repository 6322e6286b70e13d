"""The language as a table: every key, its type, what it means and an example.

Reading, merging, the JSON Schema and the reference all follow this one table.
"""
