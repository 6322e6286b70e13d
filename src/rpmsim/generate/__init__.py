"""A synthetic CRM history from a scenario: leads one by one, the mess that people make, and the files that CRMs export.

Two designs were weighed. One simulates the engine and deals its daily counts out to leads: of the exchangeable leads of
a class, stage and age, it draws which ones moved. The engine, however, draws outcome and day together when a lead
begins a stage and books moves without the day of entry; the kernel would have to keep that day, only for this use. The
other one, which this package is, simulates leads one at a time from the same model: it is slower (some ten thousand
leads a second), needs nothing compiled, and knows of every lead who took it up, when, and what its amount was. A test
holds the two against each other.
"""

from rpmsim.generate.generation import generate_history
from rpmsim.generate.history import History, Record, Task, Visit

__all__ = ["History", "Record", "Task", "Visit", "generate_history"]
