"""The law behind scenarios/olist.yaml: its fit, its forecasts, and their scores over rolling origins.

Why each thing is done stands in olist_counts.py, which reads the export and writes the scenario.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special, stats

AS_OF, UNTIL = dt.date(2018, 4, 15), dt.date(2018, 5, 31)
WINDOW = dt.date(2018, 1, 8)  # first week of the process that makes wins
COHORT = dt.date(2018, 1, 1)  # first leads of that process
CHANNELS = (
    "organic_search",
    "paid_search",
    "social",
    "unknown",
    "direct_traffic",
    "email",
    "referral",
    "display_other",
)
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


def expose(history: History, cohort: np.ndarray) -> Exposure:
    """Wins and leads of the cohort at risk on every day; day 0 is a chance of its own, also on a closed day."""
    weeks = (number(AS_OF) + 1 - START) // 7
    shape = (weeks, len(CHANNELS), AGES)
    wins, risk, weekly = np.zeros(shape), np.zeros(shape), np.zeros(weeks)
    for week in range(weeks):
        for day in range(START + 7 * week, START + 7 * week + 7):
            weekly[week] += (history.won == day).sum()
            age = WORKDAYS[day] - WORKDAYS[np.minimum(history.contact, day)]
            at_risk = cohort & (history.contact <= day) & (history.won >= day)
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


def fit_distribution(wins: np.ndarray, risk: np.ndarray) -> tuple[float, float, float]:
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
    share, median, sigma = fit_distribution(wins.sum(0), risk.sum(0))
    cdf = delay_cdf(median, sigma)
    expected, seen = (risk * hazard(share, cdf)).sum(1), wins.sum(1)
    prior = gamma_prior(seen, expected)
    shares = share * (seen + prior) / (expected + prior)
    shares *= seen.sum() / (risk * hazard(shares, cdf)).sum()
    return Fit(shares, 1 / np.sqrt(seen + prior), median, sigma, *fit_arrivals(exposure, weeks, half_life))


def fit_arrivals(
    exposure: Exposure, weeks: int, half_life: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float, float, float]:
    """Weekly leads, their cv, both by channel; leads by weekday; daily dispersion; drift: sigma, phi, shared part."""
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
    """Wins by leads open after day ``last``, [channel, week]; of later ones, [week of entry, channel, week]."""
    share = special.expit(special.logit(fitted.share) + math.log(odds))
    cdf = delay_cdf(fitted.median, fitted.sigma)
    ends = np.minimum(last + 7 * np.arange(weeks + 1), len(DAYS) - 1)
    stock = history.open_at(last)
    age_and_channel = len(CHANNELS) * (WORKDAYS[last] - WORKDAYS[history.contact[stock]]) + history.channel[stock]
    kind, count = np.unique(age_and_channel, return_counts=True)
    age, channel = np.divmod(kind, len(CHANNELS))
    own = share[channel]
    later = age[:, None] + (WORKDAYS[ends] - WORKDAYS[last])[None, :]
    gone = own[:, None] * cdf[np.minimum(later, AGES - 1)]
    old = np.zeros((len(CHANNELS), weeks))
    np.add.at(old, channel, count[:, None] * np.diff(gone, axis=1) / (1 - gone[:, :1]))
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
    own = np.exp(fitted.share_cv * rng.standard_normal((draws, len(CHANNELS))))
    weight = np.maximum(0.0, 1 - np.abs(np.clip(rng.standard_normal(draws), -4, 4)[:, None] - nodes))
    # Everything that is linear at a node: open leads by channel, then new ones by week of arrival and channel.
    scale = np.concatenate([own, (arrivals * own[:, None]).reshape(draws, -1)], axis=1)
    tables = [np.concatenate([old, new.reshape(-1, weeks)]) for old, new in tables]
    at_nodes = (scale @ np.concatenate(tables, axis=1)).reshape(draws, len(nodes), weeks)
    return rng.poisson((weight[:, :, None] * at_nodes).sum(1))


def crps(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score by week, fair estimate; draws are [draw, week]."""
    ordered, count = np.sort(draws, axis=0), len(draws)
    rank = 2 * np.arange(1, count + 1)[:, None] - count - 1
    return np.abs(draws - truth).mean(0) - (rank * ordered).sum(0) / (count * (count - 1))


SCORES = ("origin", "lead", "truth", "mean", "variance", "crps", "p05", "p10", "p90", "p95")


def score(draws: np.ndarray, truth: np.ndarray, origin: int) -> np.ndarray:
    """One row a week, with the columns SCORES."""
    weeks = np.arange(1, len(truth) + 1)
    marks = np.quantile(draws, [0.05, 0.1, 0.9, 0.95], axis=0)
    columns = (np.full(len(truth), origin), weeks, truth, draws.mean(0), draws.var(0), crps(draws, truth), *marks)
    return np.column_stack(columns)


def summary(scores: np.ndarray) -> tuple[float, float, float]:
    """Mean CRPS, and the shares of the truths inside the 80 % and the 90 % band."""
    truth, values, p05, p10, p90, p95 = scores[:, [2, 5, 6, 7, 8, 9]].T
    inside80, inside90 = (p10 <= truth) & (truth <= p90), (p05 <= truth) & (truth <= p95)
    return float(values.mean()), float(inside80.mean()), float(inside90.mean())


def rolling(history: History, exposure: Exposure, fits: list[Fit], common: float) -> np.ndarray:
    """Scores of the forecasts from every origin, each with its own fit, to what was known then."""
    rows, wins = [], exposure.weekly_wins
    for weeks, fitted in enumerate(fits, FIRST_ORIGIN):
        truth = wins[weeks : weeks + HORIZON]
        draws = predict(replace(fitted, common=common), history, START + 7 * weeks - 1, len(truth))
        rows.append(score(draws, truth, weeks))
    return np.concatenate(rows)


def baseline(exposure: Exposure) -> np.ndarray:
    """The same origins with the plainest forecast: Poisson at the mean of the last four weeks."""
    rng, wins, rows = np.random.default_rng(1), exposure.weekly_wins, []
    for weeks in range(FIRST_ORIGIN, len(wins)):
        truth = wins[weeks : weeks + HORIZON]
        rows.append(score(rng.poisson(wins[weeks - 4 : weeks].mean(), (10000, len(truth))), truth, weeks))
    return np.concatenate(rows)


def common_sigma(scores: np.ndarray, weeks: int) -> float:
    """Sigma of the missing factor: excess variance of forecasts without it, times Student's t over the normal."""
    truth, mean, variance = scores[:, [2, 3, 4]].T
    excess = ((truth - mean) ** 2 - variance).sum() / (mean**2).sum()
    return math.sqrt(max(excess, 0.0)) * float(stats.t.ppf(0.95, weeks - 1)) / Z90


@dataclass(frozen=True)
class Choice:
    """What the rolling origins decide: half-life and sigma of the common range; scores by half-life; the baseline's."""

    half_life: float
    common: float
    sigmas: dict[float, float]
    scores: dict[float, np.ndarray]
    plain: np.ndarray


def choose(history: History, exposure: Exposure) -> Choice:
    """Take the half-life with the best mean CRPS, each with the sigma that its own forecasts ask for."""
    origins = range(FIRST_ORIGIN, len(exposure.weekly_wins))
    fits = {h: [fit(exposure, weeks, h) for weeks in origins] for h in HALF_LIVES}
    sigmas = {h: common_sigma(rolling(history, exposure, fits[h], 0.0), len(origins)) for h in HALF_LIVES}
    scores = {h: rolling(history, exposure, fits[h], sigmas[h]) for h in HALF_LIVES}
    best = min(HALF_LIVES, key=lambda h: summary(scores[h])[0])
    return Choice(best, sigmas[best], sigmas, scores, baseline(exposure))
