"""CRM exports to a checked event log, as it was known on any day."""

from rpmsim.history.history import History, open_history
from rpmsim.history.mapping import HistoryMapping, load_mapping
from rpmsim.history.view import LOG_COLUMNS, View

__all__ = ["LOG_COLUMNS", "History", "HistoryMapping", "View", "load_mapping", "open_history"]
