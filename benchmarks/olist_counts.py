"""Count every number of scenarios/olist.yaml from the export of the Olist marketing funnel.

    python benchmarks/olist_counts.py [FOLDER] [--write] [--backtest]

FOLDER holds marketing_qualified_leads.csv and closed_deals.csv as of 2018-04-15 (default: ../shared/data/olist beside
the repository). Prints what it counts; ``--write`` writes the scenario again, to the byte; ``--backtest`` prints every
forecast of the rolling origins. Only counts leave this script, never a record.

Decisions, and what in the data made them
-----------------------------------------
* **Window.** No win is recorded before 2017-12-05 and only 3 before 2018-01-08, 10 in the week after. So leads are at
  risk from 2018-01-08 on only, older ones by delayed entry at the age that they have then (period life table).
* **Cohorts.** At the same age leads of 2017 convert far less than those of 2018 (printed): another process, so leads of 2018
  alone make the law. The open leads of 2017 are older than any of 2018; the wins that the law expects from them at their
  age are as few as those recorded of late (printed), so they need no class of their own.
* **Clock.** 421 of 423 wins fall on Monday to Friday and none on Good Friday or Carnival Tuesday: delays run in workdays.
* **Law.** Share and lognormal delay, together a defective law, by weighted likelihood of wins at each age against leads at
  risk. Three numbers fit as well as a table of 14 age bins does (printed). No loss is dated: what is not won stays.
* **Channels.** Share of a channel = common share x (wins + s) / (expected + s): wins expected at the common share, and s
  the gamma prior that makes the counts of all channels most likely. Its range is that of the gamma posterior.
* **Recency.** One half-life of weeks for shares, delays and arrivals: the best mean CRPS of weekly wins over rolling origins
  (all Sundays with 4 weeks of wins behind them, up to 6 weeks ahead), each of which uses only what was known on its day.
* **Common range.** What moves the wins of all channels together (level, drift, weeks of another pace) is one factor on the
  odds. Its sigma is the excess variance of the same rolling forecasts, widened by Student's t for the few weeks behind it.
  It is not split in level and weeks, so weekly bands are what it is made for, and the band of the total errs on the wide side.
* **Arrivals.** Level by channel with the same half-life; weekday means by channel; daily dispersion inside weeks; the rest of
  the variance between weeks is a weekly AR(1) by moments. No growth is extrapolated.
* A win dated two days before its first contact counts on the day of contact; a lead without origin counts as unknown;
  display, other_publicities and other are one channel (too few wins to tell them apart).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import optimize, special, stats

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "scenarios" / "olist.yaml"
EXPORT = ROOT.parent / "shared" / "data" / "olist"

AS_OF, UNTIL = dt.date(2018, 4, 15), dt.date(2018, 5, 31)
WINDOW = dt.date(2018, 1, 8)  # first week of the process that makes wins
COHORT = dt.date(2018, 1, 1)  # first leads of that process
CHANNELS = ("organic_search", "paid_search", "social", "unknown", "direct_traffic", "email", "referral", "other")
MERGED = {"": "unknown", "display": "other", "other_publicities": "other"}
HOLIDAYS = {
    dt.date(2017, 6, 15): "Corpus Christi",
    dt.date(2017, 9, 7): "Independence Day",
    dt.date(2017, 10, 12): "Our Lady of Aparecida",
    dt.date(2017, 11, 2): "All Souls",
    dt.date(2017, 11, 15): "Republic Day",
    dt.date(2017, 12, 25): "Christmas",
    dt.date(2018, 1, 1): "New Year",
    dt.date(2018, 2, 12): "Carnival Monday",
    dt.date(2018, 2, 13): "Carnival Tuesday",
    dt.date(2018, 3, 30): "Good Friday",
    dt.date(2018, 5, 1): "Labour Day",
    dt.date(2018, 5, 31): "Corpus Christi",
}  # Brazil, public and bank holidays on weekdays; known beforehand
HALF_LIVES = (2.0, 3.0, 4.0, 6.0, 8.0, math.inf)
FIRST_ORIGIN, HORIZON = 4, 6  # weeks
AGES = 300  # workdays
Z90 = 1.6448536269514722
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIRST = dt.date(2017, 6, 1)
DAYS = [FIRST + dt.timedelta(i) for i in range((UNTIL - FIRST).days + 8)]
OPEN = np.array([day.weekday() < 5 and day not in HOLIDAYS for day in DAYS])
WORKDAYS = np.cumsum(OPEN)  # open days up to and including the day
SUNDAY_LIKE = np.array([6 if day in HOLIDAYS else day.weekday() for day in DAYS])


def number(day: dt.date) -> int:
    """Days since FIRST."""
    return (day - FIRST).days


START = number(WINDOW)


@dataclass(frozen=True)
class History:
    """One entry a lead: day of contact, channel, day of the win (far away: not won); and counts of the cleaning."""

    contact: np.ndarray
    channel: np.ndarray
    won: np.ndarray
    negative: int = 0
    no_origin: int = 0

    def open_at(self, day: int) -> np.ndarray:
        """Which leads are in stock at the end of the day."""
        return (self.contact <= day) & (self.won > day)


@dataclass(frozen=True)
class Exposure:
    """Wins and leads at risk, by [week from WINDOW on, channel, age in workdays], and arrivals by [day, channel]."""

    wins: np.ndarray
    risk: np.ndarray
    weekly_wins: np.ndarray
    arrivals: np.ndarray


@dataclass(frozen=True)
class Fit:
    """What the scenario states: the law of the wins and of the arrivals, from what was known after some weeks."""

    share: np.ndarray
    share_cv: np.ndarray
    median: float
    sigma: float
    rate: np.ndarray
    rate_cv: np.ndarray
    weekdays: np.ndarray
    dispersion: float
    drift_sigma: float
    drift_phi: float
    drift_shared: float
    common: float = 0.0  # sigma of the log odds of all channels


def read(folder: Path) -> History:
    """The export, cleaned as the docstring of the module says."""
    with (folder / "closed_deals.csv").open(encoding="utf-8", newline="") as file:
        won = {row["mql_id"]: number(dt.date.fromisoformat(row["won_date"][:10])) for row in csv.DictReader(file)}
    contact, channel, day_won, no_origin = [], [], [], 0
    with (folder / "marketing_qualified_leads.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            no_origin += not row["origin"]
            contact.append(number(dt.date.fromisoformat(row["first_contact_date"])))
            channel.append(CHANNELS.index(MERGED.get(row["origin"], row["origin"])))
            day_won.append(won.get(row["mql_id"], 10**6))
    first, last = np.array(contact), np.array(day_won)
    return History(first, np.array(channel), np.maximum(first, last), int((last < first).sum()), no_origin)


def expose(history: History) -> Exposure:
    """Wins and leads at risk on every day of the window; day 0 is a chance of its own, also on a closed day."""
    weeks = (number(AS_OF) + 1 - START) // 7
    shape = (weeks, len(CHANNELS), AGES)
    wins, risk, weekly = np.zeros(shape), np.zeros(shape), np.zeros(weeks)
    new = history.contact >= number(COHORT)
    for week in range(weeks):
        for day in range(START + 7 * week, START + 7 * week + 7):
            weekly[week] += (history.won == day).sum()
            age = WORKDAYS[day] - WORKDAYS[np.minimum(history.contact, day)]
            at_risk = new & (history.contact <= day) & (history.won >= day)
            if not OPEN[day]:
                at_risk &= (history.contact == day) | (history.won == day)
            ends = at_risk & (history.won == day)
            np.add.at(risk[week], (history.channel[at_risk], age[at_risk]), 1)
            np.add.at(wins[week], (history.channel[ends], age[ends]), 1)
    arrivals = np.zeros((len(DAYS), len(CHANNELS)))
    np.add.at(arrivals, (history.contact, history.channel), 1)
    return Exposure(wins, risk, weekly, arrivals)


def delay_cdf(median: float, sigma: float) -> np.ndarray:
    """Probability of a delay of at most 0, 1, ... workdays: a lognormal, rounded."""
    return special.ndtr(np.log((np.arange(AGES) + 0.5) / median) / sigma)


def hazard(share: np.ndarray | float, cdf: np.ndarray) -> np.ndarray:
    """Chance of the win at each age for a lead that is still open; last axis is the age."""
    share = np.asarray(share)[..., None]
    before = np.concatenate([[0.0], cdf[:-1]])
    return share * (cdf - before) / (1.0 - share * before)


def recency(weeks: int, half_life: float) -> np.ndarray:
    """Weight of each of the last weeks, oldest first."""
    return 0.5 ** (np.arange(weeks)[::-1] / half_life)


def log_likelihood(rates: np.ndarray, wins: np.ndarray, risk: np.ndarray) -> float:
    """Of wins by age, given the chance at each age."""
    seen = risk > 0
    rates = np.clip(rates[seen], 1e-12, 1 - 1e-12)
    return float((wins[seen] * np.log(rates) + (risk - wins)[seen] * np.log1p(-rates)).sum())


def fit_law(wins: np.ndarray, risk: np.ndarray) -> tuple[float, float, float]:
    """Share, median and sigma of the defective lognormal, by maximum likelihood."""

    def loss(x: np.ndarray) -> float:
        return -log_likelihood(hazard(special.expit(x[0]), delay_cdf(math.exp(x[1]), math.exp(x[2]))), wins, risk)

    options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000}
    best = optimize.minimize(loss, [-1.9, 2.2, 0.2], method="Nelder-Mead", options=options)
    return float(special.expit(best.x[0])), math.exp(best.x[1]), math.exp(best.x[2])


def gamma_prior(wins: np.ndarray, expected: np.ndarray) -> float:
    """Pseudo-wins s: the gamma(s, s) prior under which the wins of the channels are most likely (1 to 100)."""

    def loss(log_s: float) -> float:
        s = math.exp(log_s)
        return -float(stats.nbinom.logpmf(np.round(wins), s, s / (s + expected)).sum())

    return math.exp(float(optimize.minimize_scalar(loss, bounds=(0.0, math.log(100.0)), method="bounded").x))


def fit(exposure: Exposure, weeks: int, half_life: float) -> Fit:
    """Everything that the scenario states, from the first ``weeks`` weeks of the window."""
    weight = recency(weeks, half_life)
    wins = np.tensordot(weight, exposure.wins[:weeks], 1)
    risk = np.tensordot(weight, exposure.risk[:weeks], 1)
    share, median, sigma = fit_law(wins.sum(0), risk.sum(0))
    cdf = delay_cdf(median, sigma)
    expected, seen = (risk * hazard(share, cdf)).sum(1), wins.sum(1)
    prior = gamma_prior(seen, expected)
    shares = share * (seen + prior) / (expected + prior)
    shares *= seen.sum() / (risk * hazard(shares, cdf)).sum()
    return Fit(shares, 1 / np.sqrt(seen + prior), median, sigma, *fit_arrivals(exposure, weeks, half_life))


def fit_arrivals(
    exposure: Exposure, weeks: int, half_life: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float, float, float]:
    """Weekly rate and its cv by channel, leads by weekday and channel, daily dispersion; sigma, phi, shared part of the drift."""
    days = np.arange(number(COHORT), START + 7 * weeks)
    kind, counts = SUNDAY_LIKE[days], exposure.arrivals[days]
    ordinary = ~np.isin(days, [number(day) for day in HOLIDAYS])
    weekdays = np.array([counts[ordinary & (kind == d)].mean(0) for d in range(7)])
    # Share of an ordinary week that falls on each day: a week with a holiday has less than one.
    part = (weekdays / weekdays.sum(0))[kind].reshape(-1, 7, len(CHANNELS))
    counts = counts.reshape(-1, 7, len(CHANNELS))
    weekly, whole = counts.sum(1), part.sum(1)
    weight = recency(len(weekly), half_life)[:, None]
    rate = (weight * weekly).sum(0) / (weight * whole).sum(0)
    inside = weekly[:, None, :] * part / whole[:, None, :]
    excess = (counts - inside) ** 2 - inside * (1 - part / whole[:, None, :])
    dispersion = float(np.clip(excess.sum() / (inside**2).sum(), 1e-6, 2.0))
    # Between weeks: covariance of relative deviations, weighted by volume; lag 0 less the variance of counting.
    mean = weekly.sum(0) / whole.sum(0) * whole
    off = weekly - mean
    counting = mean + dispersion * ((mean[:, None, :] * part / whole[:, None, :]) ** 2).sum(1)
    variance = float((off**2 - counting).sum() / (mean**2).sum())
    lagged = float((off[1:] * off[:-1]).sum() / (mean[1:] * mean[:-1]).sum())
    variance = max(variance, 1e-6)
    phi = float(np.clip(lagged / variance, 0.0, 0.95))
    # Shared part: covariance between channels, as a share of the variance.
    between = (off.sum(1) ** 2 - (off**2).sum(1)).sum() / (mean.sum(1) ** 2 - (mean**2).sum(1)).sum()
    shared = float(np.clip(between / variance, 0.0, 1.0))
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    cv = np.sqrt((1 / rate + variance * (1 + phi) / (1 - phi)) / effective)
    return rate, cv, weekdays, dispersion, math.sqrt(variance * (1 - phi**2)), phi, shared


def expected_wins(fitted: Fit, history: History, last: int, weeks: int, odds: float) -> tuple[np.ndarray, np.ndarray]:
    """Wins by week from leads open at the end of day ``last``, [week], and from new ones, [week of arrival, channel, week]."""
    share = special.expit(special.logit(fitted.share) + math.log(odds))
    cdf = delay_cdf(fitted.median, fitted.sigma)
    ends = np.minimum(last + 7 * np.arange(weeks + 1), len(DAYS) - 1)
    stock = history.open_at(last)
    age, own = WORKDAYS[last] - WORKDAYS[history.contact[stock]], share[history.channel[stock]]
    later = age[:, None] + (WORKDAYS[ends] - WORKDAYS[last])[None, :]
    gone = own[:, None] * cdf[np.minimum(later, AGES - 1)]
    old = (np.diff(gone, axis=1) / (1 - gone[:, :1])).sum(0)
    new = np.zeros((weeks, len(CHANNELS), weeks))
    part = fitted.weekdays / fitted.weekdays.sum(0)
    for day in range(last + 1, last + 7 * weeks + 1):
        age_at = WORKDAYS[ends] - WORKDAYS[day]
        reached = np.where(ends >= day, cdf[np.clip(age_at, 0, AGES - 1)], 0.0)
        new[(day - last - 1) // 7] += (fitted.rate * part[SUNDAY_LIKE[day]] * share)[:, None] * np.diff(reached)
    return old, new


def predict(fitted: Fit, history: History, last: int, weeks: int, draws: int = 10000, seed: int = 1) -> np.ndarray:
    """Draws of the wins of the next weeks, [draw, week]: the scenario in short, for scoring."""
    rng = np.random.default_rng(seed)
    nodes = np.linspace(-4, 4, 9)  # of the common factor, in sigmas; between them the wins are all but linear
    tables = [expected_wins(fitted, history, last, weeks, math.exp(fitted.common * z)) for z in nodes]
    normal = rng.standard_normal((draws, len(CHANNELS)))
    size = (draws, weeks, len(CHANNELS))
    shared = math.sqrt(fitted.drift_shared) * rng.standard_normal((draws, weeks, 1))
    step = fitted.drift_sigma * (shared + math.sqrt(1 - fitted.drift_shared) * rng.standard_normal(size))
    level = np.zeros(size)
    for week in range(weeks):
        level[:, week] = fitted.drift_phi * level[:, max(week - 1, 0)] + step[:, week]
    spread = fitted.drift_sigma**2 * np.cumsum(fitted.drift_phi ** (2 * np.arange(weeks)))
    alpha = fitted.dispersion * ((fitted.weekdays / fitted.weekdays.sum(0)) ** 2).sum(0)
    arrivals = np.exp(level - spread[:, None] / 2 + fitted.rate_cv * normal[:, None, :]) * rng.gamma(
        1 / alpha, alpha, size
    )
    own = np.exp(fitted.share_cv * rng.standard_normal((draws, 1, len(CHANNELS))))
    weight = np.maximum(0.0, 1 - np.abs(np.clip(rng.standard_normal(draws), -4, 4)[:, None] - nodes))
    old = weight @ np.array([table[0] for table in tables])
    new = np.array([table[1] for table in tables])
    wins = old + np.einsum("mz,mac,zacw->mw", weight, arrivals * own, new, optimize=True)
    return rng.poisson(wins)


def crps(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score by week, fair estimate; draws are [draw, week]."""
    ordered, count = np.sort(draws, axis=0), len(draws)
    rank = 2 * np.arange(1, count + 1)[:, None] - count - 1
    return np.abs(draws - truth).mean(0) - (rank * ordered).sum(0) / (count * (count - 1))


@dataclass(frozen=True)
class Score:
    """One forecast of one week: origin and lead in weeks, truth, moments, score, and whether the bands held it."""

    origin: int
    lead: int
    truth: float
    mean: float
    variance: float
    crps: float
    low90: float
    low80: float
    high80: float
    high90: float


def score(draws: np.ndarray, truth: np.ndarray, origin: int) -> list[Score]:
    """Scores of one origin."""
    marks = np.quantile(draws, [0.05, 0.1, 0.9, 0.95], axis=0)
    columns = zip(truth, draws.mean(0), draws.var(0), crps(draws, truth), *marks, strict=True)
    return [Score(origin, lead + 1, *map(float, column)) for lead, column in enumerate(columns)]


def rolling(history: History, exposure: Exposure, half_life: float, common: float) -> list[Score]:
    """Forecasts from every origin, each with what was known then."""
    result, last = [], len(exposure.weekly_wins)
    for weeks in range(FIRST_ORIGIN, last):
        horizon = min(HORIZON, last - weeks)
        fitted = replace(fit(exposure, weeks, half_life), common=common)
        draws = predict(fitted, history, START + 7 * weeks - 1, horizon)
        result += score(draws, exposure.weekly_wins[weeks : weeks + horizon], weeks)
    return result


def baseline(exposure: Exposure) -> list[Score]:
    """The same origins with the plainest forecast: Poisson at the mean of the last four weeks."""
    rng, wins, result = np.random.default_rng(1), exposure.weekly_wins, []
    for weeks in range(FIRST_ORIGIN, len(wins)):
        truth = wins[weeks : weeks + HORIZON]
        result += score(rng.poisson(wins[weeks - 4 : weeks].mean(), (10000, len(truth))), truth, weeks)
    return result


def mean_crps(scores: list[Score]) -> float:
    """Mean score."""
    return float(np.mean([s.crps for s in scores]))


def coverage(scores: list[Score]) -> tuple[float, float]:
    """Share of the truths inside the 80 % and the 90 % band."""
    inside80 = np.mean([s.low80 <= s.truth <= s.high80 for s in scores])
    inside90 = np.mean([s.low90 <= s.truth <= s.high90 for s in scores])
    return float(inside80), float(inside90)


def common_sigma(scores: list[Score], weeks: int) -> float:
    """Sigma of the factor that all weeks lack: excess variance of forecasts without it, times Student's t over the normal."""
    excess = sum((s.truth - s.mean) ** 2 - s.variance for s in scores) / sum(s.mean**2 for s in scores)
    return math.sqrt(max(excess, 0.0)) * float(stats.t.ppf(0.95, weeks - 1)) / Z90


@dataclass(frozen=True)
class Study:
    """What the rolling origins decide."""

    table: dict[float, tuple[float, float, tuple[float, float]]]  # half-life -> sigma, CRPS, coverage
    half_life: float
    common: float
    scores: list[Score]
    plain: list[Score]


def study(history: History, exposure: Exposure) -> Study:
    """Choose the half-life and the sigma of the common range."""
    table, found = {}, {}
    for half_life in HALF_LIVES:
        bare = rolling(history, exposure, half_life, 0.0)
        sigma = common_sigma(bare, len(exposure.weekly_wins) - FIRST_ORIGIN)
        found[half_life] = rolling(history, exposure, half_life, sigma)
        table[half_life] = sigma, mean_crps(found[half_life]), coverage(found[half_life])
    best = min(table, key=lambda key: table[key][1])
    return Study(table, best, table[best][0], found[best], baseline(exposure))


def opening(history: History) -> list[tuple[str, int, int]]:
    """Open leads at ``as_of`` as (channel, age in days, count): by day of contact up to 4 weeks, older ones by week, and those
    of 2017 by four weeks, at their mean age."""
    last = number(AS_OF)
    stock = history.open_at(last)
    age, channel = last - history.contact[stock], history.channel[stock]
    width = np.where(age < 28, 1, np.where(age <= last - number(COHORT), 7, 28))
    block = age // width
    groups: dict[tuple[int, int, int], list[int]] = {}
    for key in zip(channel.tolist(), width.tolist(), block.tolist(), age.tolist(), strict=True):
        groups.setdefault(key[:3], []).append(key[3])
    rows = [(which, math.floor(sum(ages) / len(ages) + 0.5), len(ages)) for (which, _, _), ages in groups.items()]
    return [(CHANNELS[which], days, count) for which, days, count in sorted(rows)]


def band(value: float, cv: float, digits: int, unit: str) -> str:
    """``value: .., low: .., high: ..`` of a 90 % range on the logarithm (of the odds, where the unit is %)."""
    if unit == "%":
        low, mid, high = (100 * special.expit(special.logit(value) + z * cv / (1 - value)) for z in (-Z90, 0.0, Z90))
    else:
        low, mid, high = (value * math.exp(z * cv) for z in (-Z90, 0.0, Z90))
    return f"value: {mid:.{digits}f}{unit}, low: {low:.{digits}f}{unit}, high: {high:.{digits}f}{unit}"


def channel_lines(history: History, fitted: Fit, half_life: float) -> list[str]:
    """The channels of the scenario."""
    lines, days = [], f"{COHORT} to {AS_OF}"
    labels = {"unknown": "Origin unknown", "other": "Display, other publicity, other"}
    new = history.contact >= number(COHORT)
    for i, name in enumerate(CHANNELS):
        count = int((new & (history.channel == i)).sum())
        recent = int(((history.contact > number(AS_OF) - 28) & (history.channel == i)).sum())
        pattern = ", ".join(f"{day}: {value:.1f}" for day, value in zip(WEEKDAYS, fitted.weekdays[:, i], strict=True))
        lines += [
            f"  {name}:",
            f"    label: {labels.get(name, name.replace('_', ' ').capitalize())}",
            "    kind: marketing",
            f"    leads: {{{band(fitted.rate[i], fitted.rate_cv[i], 1, ' per week')},",
            f'            source: "{count} leads {days}, {recent} in the last 4 weeks; half-life {half_life:g} weeks"}}',
            f"    weekdays: {{{pattern}}}",
            "    holidays: closed",
            f"    dispersion: {fitted.dispersion:.3f}",
            f"    drift: {{sigma: {100 * fitted.drift_sigma:.0f}%, phi: {fitted.drift_phi:.2f}, "
            f"shared: {100 * fitted.drift_shared:.0f}%}}",
            "    mix: {seller: 100%}",
        ]
    return lines


def share_lines(history: History, fitted: Fit) -> list[str]:
    """Share of the leads that are won, by channel."""
    lines = []
    new, won = history.contact >= number(COHORT), history.won <= number(AS_OF)
    for i, name in enumerate(CHANNELS):
        here = new & (history.channel == i)
        counts = f"{int((here & won).sum())} wins so far of {int(here.sum())} leads since {COHORT}"
        lines.append(f'          {name}: {{{band(fitted.share[i], fitted.share_cv[i], 1, "%")}, source: "{counts}"}}')
    return lines


def scenario_text(history: History, exposure: Exposure, made: Study) -> str:
    """The whole scenario file."""
    fitted = fit(exposure, len(exposure.weekly_wins), made.half_life)
    stock = history.open_at(number(AS_OF))
    old = history.contact < number(COHORT)
    won = history.won <= number(AS_OF)
    late = won & (history.won >= START) & (history.contact < number(COHORT))
    inside80, inside90 = coverage(made.scores)
    plain80, plain90 = coverage(made.plain)
    origins = len({s.origin for s in made.scores})
    workdays = OPEN[np.minimum(history.won[won], len(OPEN) - 1)]
    zero = won & (history.won == history.contact)
    holidays = ", ".join(f"{day}: {text}" for day, text in HOLIDAYS.items())
    p90 = fitted.median * math.exp(stats.norm.ppf(0.9) * fitted.sigma)
    low, high = (math.exp(z * made.common) for z in (-Z90, Z90))
    head = f"""\
# Wins per week of a marketplace that signs up sellers: a forecast from a real history, as of {AS_OF}.
#
# Written by benchmarks/olist_counts.py, which counts every number again and tells how each was decided; do not edit.
# Source: Olist marketing funnel (marketing-qualified leads and closed deals), cut at {AS_OF}: {len(won):,} leads,
# {int(won.sum())} won. Only counts are here, no records.
#
# What the history is like, and what was made of it:
#  - No win is recorded before 2017-12-05 and 3 before {WINDOW}: leads are at risk from {WINDOW} on, older ones by
#    delayed entry at the age that they had then.
#  - {int(old.sum()):,} leads came in 2017, {int((~old).sum()):,} since {COHORT}; the leads of 2017 gave {int(late.sum())} wins in the window, those of 2018 {int((won & ~old).sum())}.
#    The law is made from the leads of 2018; the open leads of 2017 follow it at their age.
#  - {int(workdays.sum())} of {int(won.sum())} wins fall on open days: delays run in workdays. {int(zero.sum())} fall on the day of the first contact.
#  - No loss is dated, so who is not won stays; the share that never would be won cannot be told from a long delay.
#  - Latest weeks count most: a half-life of {made.half_life:g} weeks gave the best score over {origins} rolling origins ({len(made.scores)} weekly
#    forecasts, up to {HORIZON} weeks ahead): mean CRPS {mean_crps(made.scores):.2f} wins, 80 % band held {100 * inside80:.0f} %, 90 % band {100 * inside90:.0f} % (a Poisson at
#    the mean of the last 4 weeks: CRPS {mean_crps(made.plain):.2f}, {100 * plain80:.0f} % and {100 * plain90:.0f} %). They overlap: {origins} origins cannot prove coverage.

name: Olist, wins per week
description: Weekly wins from leads that were open on {AS_OF} and from those that come after
currency: BRL
as_of: {AS_OF}
until: {UNTIL}
status: forecast

calendar:
  work: Mon-Fri
  holidays: {{{holidays}}}

report: {{period: week}}          # the first and the last week are told apart: {UNTIL} is a Thursday

segments:
  seller: {{label: Sellers}}      # declared revenue is zero in nearly all deals: there is no usable amount

# Leads per week: recency-weighted mean, with the range of its own uncertainty. Weekdays: mean leads on ordinary Mondays to
# Sundays since {COHORT}; holidays bring what a Sunday brings. Dispersion: excess of daily counts inside weeks; drift:
# excess between weeks as a weekly AR(1), by moments, all channels together. No growth is extrapolated.
channels:
"""
    middle = f"""
stages:
  mql:
    label: Marketing-qualified
    kind: mql
    # What moves all channels together: level of the latest weeks, drift, weeks of another pace. Sigma {made.common:.3f} of the log odds.
    odds:
      segment: {{seller: {{value: x1, low: x{low:.2f}, high: x{high:.2f}, source: "excess variance of {len(made.scores)} rolling forecasts, Student's t"}}}}
    to:
      won:
        share:                   # wins against leads at risk, shrunk to the common share; range of the channel alone
"""
    tail = f"""\
        median: {fitted.median:.1f} workdays     # lognormal, sigma {fitted.sigma:.2f}: {exposure.wins.sum():.0f} wins of leads of 2018 at {exposure.risk.sum():,.0f} lead-days at risk
        p90: {p90:.1f} workdays
        least: 0 days
    stays: {{share: rest}}

# The {int(stock.sum()):,} leads that were open on {AS_OF}, by channel and days since the first contact (by week where older than
# 4 weeks, by four weeks where from 2017, at their mean age).
opening:
  mql:
"""
    rows = [f"    - {{channel: {name}, segment: seller, age: {days} days, count: {count}}}" for name, days, count in opening(history)]
    body = channel_lines(history, fitted, made.half_life)
    return head + "\n".join(body) + "\n" + middle + "\n".join(share_lines(history, fitted)) + "\n" + tail + "\n".join(rows) + "\n"


def report(history: History, exposure: Exposure, made: Study) -> None:
    """Print the counts, the checks of the decisions, the scores and the forecast."""
    won = history.won <= number(AS_OF)
    print(f"{len(won):,} leads, {won.sum()} won; {history.negative} won before contact, {history.no_origin} without origin")
    print("wins by week from", WINDOW, exposure.weekly_wins.astype(int).tolist())
    print("leads by week from", COHORT, exposure.arrivals[number(COHORT) : number(AS_OF) + 1].sum(1).reshape(-1, 7).sum(1).astype(int).tolist())
    wins, risk = exposure.wins.sum((0, 1)), exposure.risk.sum((0, 1))
    share, median, sigma = fit_law(wins, risk)
    rates = hazard(share, delay_cdf(median, sigma))
    edges = np.array([0, 1, 2, 3, 5, 8, 12, 16, 20, 25, 30, 40, 60, 85])
    seen, at_risk, law = (np.add.reduceat(x, edges) for x in (wins, risk, risk * rates))
    binned = np.repeat(seen / np.maximum(at_risk, 1), np.diff([*edges, AGES]))
    print(f"\nlaw without recency: share {share:.3f}, median {median:.1f} workdays, sigma {sigma:.2f}; log likelihood "
          f"{log_likelihood(rates, wins, risk):.1f}, of {len(edges)} age bins {log_likelihood(binned, wins, risk):.1f}")
    for age, a, b in zip(edges, seen, law, strict=True):
        print(f"  from age {age:3d}: wins {a:4.0f}, by the law {b:6.1f}")
    fitted = replace(fit(exposure, len(exposure.weekly_wins), made.half_life), common=made.common)
    last, old = number(AS_OF), history.contact < number(COHORT)
    only = replace(history, won=np.where(old, history.won, -1))
    old_risk = [sum(((history.won > d - 1) & old & (WORKDAYS[d] - WORKDAYS[np.minimum(history.contact, d)] == k)).sum()
                    for d in range(START, last + 1) if OPEN[d]) for k in range(AGES)]
    early = (np.array(old_risk) * rates)[:75].sum()
    seen_early = (old & (history.won >= START) & (history.won <= last)
                  & (WORKDAYS[np.minimum(history.won, last)] - WORKDAYS[history.contact] < 75)).sum()
    print(f"leads of 2017 under 75 workdays of age in the window: {seen_early} wins, {early:.0f} by the law of 2018")
    print("wins of leads of 2017, by week:", [int((old & (history.won >= START + 7 * w) & (history.won < START + 7 * w + 7)).sum())
          for w in range(len(exposure.weekly_wins))])
    print("  by the law of 2018, weeks to come:", np.round(expected_wins(fitted, only, last, 6, 1.0)[0], 2).tolist())
    print("\nhalf-life  sigma   CRPS  in 80 %  in 90 %")
    for half_life, (sigma, value, (in80, in90)) in made.table.items():
        print(f"{half_life:9g} {sigma:6.3f} {value:6.2f} {in80:8.2f} {in90:8.2f}")
    print(f" baseline        {mean_crps(made.plain):6.2f} {coverage(made.plain)[0]:8.2f} {coverage(made.plain)[1]:8.2f}")
    print(f"\nfit with half-life {made.half_life:g} weeks: median {fitted.median:.2f}, sigma {fitted.sigma:.3f} workdays")
    for i, name in enumerate(CHANNELS):
        print(f"  {name:15s} share {fitted.share[i]:.3f} (cv {fitted.share_cv[i]:.2f})  leads per week {fitted.rate[i]:5.1f} (cv {fitted.rate_cv[i]:.2f})")
    draws = predict(fitted, history, last, 7, draws=20000)
    print("\nforecast, by this script's own short simulation (the last week is whole here):\nweek        p05  p10  p50  p90  p95   mean")
    for week in range(7):
        marks = np.quantile(draws[:, week], [0.05, 0.1, 0.5, 0.9, 0.95])
        print(DAYS[last + 1 + 7 * week], *(f"{m:4.0f}" for m in marks), f"{draws[:, week].mean():6.1f}")


def main() -> None:
    """Read, count, print, write."""
    parser = argparse.ArgumentParser(description="Count every number of scenarios/olist.yaml again.")
    parser.add_argument("folder", nargs="?", type=Path, default=EXPORT)
    parser.add_argument("--write", action="store_true", help="write scenarios/olist.yaml")
    parser.add_argument("--backtest", action="store_true", help="print every forecast of the rolling origins")
    options = parser.parse_args()
    if not (options.folder / "closed_deals.csv").exists():
        parser.error(f"no export in {options.folder}")
    history = read(options.folder)
    exposure = expose(history)
    made = study(history, exposure)
    report(history, exposure, made)
    if options.backtest:
        for s in made.scores:
            print(f"origin {s.origin:2d} + {s.lead}: {s.truth:3.0f} in {s.low90:3.0f} {s.low80:3.0f} [{s.mean:5.1f}] {s.high80:3.0f} {s.high90:3.0f}")
    text = scenario_text(history, exposure, made)
    if options.write:
        TARGET.write_text(text, encoding="utf-8", newline="\n")
    same = TARGET.exists() and TARGET.read_bytes() == text.encode()
    print(f"\nscenarios/olist.yaml {'is what these counts give' if same else 'DIFFERS from these counts (--write writes it)'}")


if __name__ == "__main__":
    main()
