"""Monte Carlo forecasting of the revenue cycle: a scenario file in, a forecast distribution out.

The public names are imported on first use, so that ``import rpmsim`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rpmsim import metrics, scores
    from rpmsim.backtesting import Backtest, backtest
    from rpmsim.calibration import Calibration, calibrate
    from rpmsim.comparison.dataset import compare
    from rpmsim.dataset import open_forecast
    from rpmsim.engine import simulate
    from rpmsim.errors import InputError, RpmsimError, ScenarioWarning
    from rpmsim.history import open_history
    from rpmsim.posterior import HazardTable, open_posterior, write_posterior
    from rpmsim.scenario import Scenario, load_scenario, load_scenario_text

__version__ = "0.1.0"

_HOME = {
    "Backtest": "rpmsim.backtesting",
    "Calibration": "rpmsim.calibration",
    "HazardTable": "rpmsim.posterior",
    "InputError": "rpmsim.errors",
    "RpmsimError": "rpmsim.errors",
    "Scenario": "rpmsim.scenario",
    "ScenarioWarning": "rpmsim.errors",
    "backtest": "rpmsim.backtesting",
    "calibrate": "rpmsim.calibration",
    "compare": "rpmsim.comparison.dataset",
    "load_scenario": "rpmsim.scenario",
    "load_scenario_text": "rpmsim.scenario",
    "open_forecast": "rpmsim.dataset",
    "open_history": "rpmsim.history",
    "open_posterior": "rpmsim.posterior",
    "simulate": "rpmsim.engine",
    "write_posterior": "rpmsim.posterior",
}
"""Module in which each public name lives."""

__all__ = [
    "Backtest",
    "Calibration",
    "HazardTable",
    "InputError",
    "RpmsimError",
    "Scenario",
    "ScenarioWarning",
    "__version__",
    "backtest",
    "calibrate",
    "compare",
    "load_scenario",
    "load_scenario_text",
    "metrics",
    "open_forecast",
    "open_history",
    "open_posterior",
    "scores",
    "simulate",
    "write_posterior",
]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first asked for (PEP 562)."""
    if name in {"metrics", "scores"}:
        return import_module(f"rpmsim.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'rpmsim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
