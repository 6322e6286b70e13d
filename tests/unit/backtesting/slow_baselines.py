"""The baselines of a pipeline in plain loops, for one origin: the end of the history that is handed in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rpmsim.backtesting.known import Known


class Slow(NamedTuple):
    """A history with the rule for what wins and open records are worth."""

    known: Known
    measure: str

    @property
    def mean_amount(self) -> float:
        return self.mean_amount_since(self.known.recorded)

    def mean_amount_since(self, first: int) -> float:
        known = self.known
        amounts = [a for a, w in zip(known.amount, known.won, strict=True) if first <= w <= known.last and a == a]
        return sum(amounts) / len(amounts) if amounts else 0.0

    def win(self, record: int) -> float:
        return self._worth(float(self.known.amount[record]))

    def spell(self, row: int) -> float:
        return self._worth(float(self.known.spell_amount[row]))

    def _worth(self, amount: float) -> float:
        if self.measure == "wins":
            return 1.0
        return amount if amount == amount else self.mean_amount

    def open_on(self, day: int) -> list[int]:
        known = self.known
        return [
            row
            for row in range(known.stage.size)
            if known.entered[row] <= day < min(known.until[row], known.won[known.record[row]])
        ]

    def won_between(self, first: int, last: int) -> list[int]:
        return [record for record, day in enumerate(self.known.won) if first <= day <= last]


def crm(slow: Slow, horizon: int) -> float:
    known = slow.known
    return sum(known.default_rates[known.stage[row]] * slow.spell(row) for row in slow.open_on(known.last))


def calibrated(slow: Slow, horizon: int) -> float:
    known, total = slow.known, 0.0
    for stage in range(known.default_rates.size):
        exposure = won = 0.0
        for day in range(known.recorded, known.last - horizon + 1):
            for row in slow.open_on(day):
                if known.stage[row] == stage:
                    exposure += slow.spell(row)
                    if day < known.won[known.record[row]] <= day + horizon:
                        won += slow.win(known.record[row])
        now = sum(slow.spell(row) for row in slow.open_on(known.last) if known.stage[row] == stage)
        total += now * won / exposure if exposure else 0.0
    return total if known.last - horizon >= known.recorded else np.nan


def coverage(slow: Slow, horizon: int) -> float:
    known = slow.known
    opportunity = known.default_rates > 0.0

    def opened(day: int) -> float:
        return sum(slow.spell(row) for row in slow.open_on(day) if opportunity[known.stage[row]])

    days = range(known.recorded, known.last - horizon + 1)
    exposure = sum(opened(day) for day in days)
    won = sum(slow.win(record) for day in days for record in slow.won_between(day + 1, day + horizon))
    if not days:
        return np.nan
    return opened(known.last) * won / exposure if exposure else 0.0


def arrivals(slow: Slow) -> float:
    known = slow.known
    first = max(known.last - 27, known.recorded)
    return sum(first <= day <= known.last for day in known.begun) / (known.last - first + 1)


def cohorts(slow: Slow, horizon: int) -> float:
    known, total = slow.known, 0.0
    week = [(known.last - int(day)) // 7 for day in known.begun]
    for cohort in set(week):
        created = won = 0.0
        for older in range(cohort + 1, max(week) + 1):
            then = known.last - 7 * (older - cohort)
            if then + horizon <= known.last and then + 1 >= known.recorded:
                created += week.count(older)
                won += sum(slow.win(i) for i in slow.won_between(then + 1, then + horizon) if week[i] == older)
        total += week.count(cohort) * won / created if created else 0.0
    curve = 0.0
    for age in range(horizon):
        reached = [i for i, day in enumerate(known.begun) if known.recorded <= day <= known.last - age]
        won = sum(slow.win(i) for i in reached if known.won[i] == known.begun[i] + age)
        share = won / len(reached) if reached else 0.0
        curve += share * (horizon - age)
    return total + arrivals(slow) * curve


def table(slow: Slow, horizon: int, span: int | None = None) -> float:
    known = slow.known
    first = known.recorded if span is None else max(known.recorded, known.last + 1 - span)
    left = [min(int(won), int(ended)) for won, ended in zip(known.won, known.ended, strict=True)]

    def hazards(age: int) -> tuple[float, float]:
        risk = wins = ends = 0
        for record, begun in enumerate(known.begun):
            day = int(begun) + age
            if first <= day <= min(left[record], known.last):
                risk += 1
                wins += known.won[record] == day
                ends += left[record] == day
        return (wins / risk, ends / risk) if risk else (0.0, 0.0)

    by_age = [hazards(age) for age in range(known.last + 1 + horizon)]

    def chance(age: int, days: int) -> float:
        open_, won = 1.0, 0.0
        for at in range(age, age + days):
            won += open_ * by_age[at][0]
            open_ *= 1.0 - by_age[at][1]
        return won

    here = sum(
        chance(known.last - int(begun) + 1, horizon)
        for begun, end in zip(known.begun, left, strict=True)
        if end > known.last
    )
    wins = here + arrivals(slow) * sum(chance(0, days) for days in range(1, horizon + 1))
    if slow.measure == "wins":
        return wins
    return wins * (slow.mean_amount_since(first) or slow.mean_amount)


SLOW = {
    "pipeline, CRM rates": crm,
    "pipeline, calibrated rates": calibrated,
    "coverage ratio": coverage,
    "cohort average": cohorts,
    "life table, all history": table,
    "life table, last 56 days": lambda slow, horizon: table(slow, horizon, 56),
}
