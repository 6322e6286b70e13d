"""What random words are for: each number keeps one kind of chance apart from all others.

Purposes are mixed into the hashed name of a stage, role or deal, or stand alone where the item is a channel or a
parameter.
"""

COUNT = 1
DRIFT = 2
GAMMA = 3
MIX = 4
SHOCK = 5
TIES = 6
GIVE_UP = 7
BAND = 8
MADE = 9
LEAVER = 10
DEAL = 12
PHASE = 13
REDRAW = 14
LATE_AMOUNT = 15
PARAMETER = 16
COUNTS = 17
RESPONSE = 18
AMOUNT = 19
PACE = 24
BATCH = 25

OPENING = 32
"""Mixed into the others for what is open at the start."""
