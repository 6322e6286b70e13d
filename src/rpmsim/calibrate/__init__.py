"""A history to a model that a scenario extends: fits, their uncertainty, and what they rest on."""

from rpmsim.calibrate.calibration import Calibration
from rpmsim.calibrate.fitting import calibrate

__all__ = ["Calibration", "calibrate"]
