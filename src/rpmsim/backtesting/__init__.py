"""Backtests: forecasts from past days on, each from what was known then, held against what came."""

from rpmsim.backtesting.record import Backtest, backtest

__all__ = ["Backtest", "backtest"]
