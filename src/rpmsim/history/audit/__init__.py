"""What is in a history and what is wrong with it."""

from rpmsim.history.audit.all import Audit, audit
from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item

__all__ = ["Audit", "Evidence", "Item", "audit"]
