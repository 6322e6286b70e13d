"""A synthetic CRM history from a scenario: leads one by one, the mess that people make, and the files that CRMs export.

The plain simulator makes the leads, some ten thousand a second: it needs nothing compiled, and knows of every lead when
it came to each stage, waited and was taken up. The engine, which counts leads, has no such stories. What else a CRM
holds is put on top: times of day, owners, tasks.
"""

from rpmsim.generate.generation import generate_history
from rpmsim.generate.history import History, Record, Task, Visit

__all__ = ["History", "Record", "Task", "Visit", "generate_history"]
