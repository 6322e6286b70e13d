"""A history to a model that a scenario extends: fits, their uncertainty, and what they rest on."""

from rpmsim.calibration.calibration import Calibration
from rpmsim.calibration.fitting import calibrate

__all__ = ["Calibration", "calibrate"]
