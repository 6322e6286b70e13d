"""Closed forms that the engine must meet (docs/background/model.md, section 10)."""
