"""A history to a model that a scenario extends: fits, their uncertainty, and what they rest on."""
