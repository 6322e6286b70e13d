"""What is in a history and what is wrong with it."""

from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item
from rpmsim.history.audit.run import Audit, audit

__all__ = ["Audit", "Evidence", "Item", "audit"]
