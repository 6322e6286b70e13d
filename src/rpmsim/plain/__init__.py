"""The plain simulator: one lead at a time, one day after the other, as docs/background/model.md says it.

It is slow and obvious, and independent of the arrays and the kernel, with which the tests compare it; ``rpmsim
generate`` makes its histories with it. There is a module for each section of the page:

========================== ====================================================
1 days, 12 start and end   :mod:`rpmsim.plain.simulation`
1 clocks                   :mod:`rpmsim.plain.clocks`
2 classes                  :mod:`rpmsim.plain.lead`
3 how a lead leaves        :mod:`rpmsim.plain.outcomes`
4 conversion and speed     :mod:`rpmsim.plain.effects`
5 staff and queues         :mod:`rpmsim.plain.desks`, :mod:`rpmsim.plain.role_day`
6 people                   :mod:`rpmsim.plain.people`
7 arrivals                 :mod:`rpmsim.plain.arrivals`, :mod:`rpmsim.plain.spend`
8 dated changes            :mod:`rpmsim.plain.changes`
9 money                    :mod:`rpmsim.plain.money`
10 parameters              :mod:`rpmsim.plain.parameters`
========================== ====================================================
"""

from rpmsim.plain.simulation import Simulation, simulate

__all__ = ["Simulation", "simulate"]
