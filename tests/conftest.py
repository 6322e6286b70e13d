"""What all tests share: the project's root on the path, hypothesis without chance or clock, and interrupts."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Statistical statements fix their seed; a test must not fail on one machine and pass on another.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fixed")

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it in what it starts in the background
