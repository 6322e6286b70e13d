"""CRM exports to a checked event log, as it was known on any day."""

from rpmsim.history.history import History, open_history
from rpmsim.history.mapping import HistoryMapping
from rpmsim.history.mapping_file import load_mapping
from rpmsim.history.view import View
from rpmsim.history.view_tables import LOG_COLUMNS, TABLES

__all__ = ["LOG_COLUMNS", "TABLES", "History", "HistoryMapping", "View", "load_mapping", "open_history"]
