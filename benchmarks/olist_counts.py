"""Count every number of scenarios/olist.yaml from the export of the Olist marketing funnel.

    python benchmarks/olist_counts.py [FOLDER] [--write] [--backtest]

FOLDER holds marketing_qualified_leads.csv and closed_deals.csv as of 2018-04-15 (default: ../shared/data/olist beside
the repository). Prints what it counts; ``--write`` writes the scenario again, to the byte; ``--backtest`` prints every
forecast of the rolling origins. Only counts leave this script, never a record.

Decisions, and what in the data made them
-----------------------------------------
* **Window.** No win is recorded before 2017-12-05 and only 3 before 2018-01-08, 10 in the week after. So leads are at
  risk from 2018-01-08 on only, older ones by delayed entry at the age that they have then (period life table).
* **Cohorts.** At the same age, leads of 2017 gave about half the wins that the law of 2018 expects (printed): another
  process, so leads of 2018 alone make the law. The open leads of 2017 are older than any of 2018; what the law expects
  of them at their age is as little as what was recorded of late (printed), so they need no class of their own.
* **Clock.** Nearly all wins fall on Monday to Friday, none on Good Friday or Carnival Tuesday: delays run in workdays.
* **Law.** Share and lognormal delay, together one defective law, by weighted likelihood of wins at each age against
  leads at risk. Its three numbers fit as well as 14 age bins do (printed). No loss is dated: what is not won stays.
* **Channels.** Share of a channel = common share x (wins + s) / (expected + s), expected at the common share, with s of
  the gamma prior that makes the wins of all channels most likely. Its range is that of the gamma posterior.
* **Recency.** One half-life of weeks for shares, delays and arrivals: the one with the best mean CRPS of weekly wins
  over rolling origins (every Sunday with 4 weeks of wins behind it, up to 6 weeks ahead), each of which uses only what
  was known on its day.
* **Common range.** What moves the wins of all channels together (level, drift, weeks of another pace) is one factor on
  the odds. Its sigma is the excess variance of the same rolling forecasts, widened by Student's t for the few weeks
  behind it. It is not split into level and weeks: it is made for weekly bands, and the band of a total errs on the wide
  side.
* **Arrivals.** Level by channel with the same half-life; weekday means by channel; daily dispersion inside weeks; the
  rest of the variance between weeks is a weekly AR(1), by moments. No growth is extrapolated.
* A win dated two days before its first contact counts on the day of contact; a lead without origin counts as unknown;
  display, other_publicities and other are one channel (too few wins to tell them apart).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
from dataclasses import replace
from pathlib import Path
from string import Template

import numpy as np
from olist_forecast import (
    AGES,
    AS_OF,
    CHANNELS,
    COHORT,
    DAYS,
    HALF_LIVES,
    HOLIDAYS,
    HORIZON,
    OPEN,
    SCORES,
    START,
    UNTIL,
    WINDOW,
    WORKDAYS,
    Z90,
    Choice,
    Exposure,
    Fit,
    History,
    choose,
    delay_cdf,
    expected_wins,
    expose,
    fit,
    fit_distribution,
    hazard,
    log_likelihood,
    number,
    predict,
    summary,
)
from scipy import special, stats

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "scenarios" / "olist.yaml"
EXPORT = ROOT.parent / "shared" / "data" / "olist"
MERGED = {"": "unknown", "display": "display_other", "other_publicities": "display_other", "other": "display_other"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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


def opening(history: History) -> list[tuple[str, int, int]]:
    """Open leads at the end of AS_OF as (channel, age in days, count).

    By day up to 4 weeks, older ones by week, those of 2017 by 4 weeks; of several days the mean age.
    """
    last = number(AS_OF)
    stock = history.open_at(last)
    age, channel = last - history.contact[stock], history.channel[stock]
    width = np.where(age < 28, 1, np.where(age <= last - number(COHORT), 7, 28))
    groups: dict[tuple[int, int, int], list[int]] = {}
    for *key, days in zip(channel.tolist(), width.tolist(), (age // width).tolist(), age.tolist(), strict=True):
        groups.setdefault((key[0], key[1], key[2]), []).append(days)
    rows = [(which, math.floor(sum(ages) / len(ages) + 0.5), len(ages)) for (which, _, _), ages in groups.items()]
    return [(CHANNELS[which], days, count) for which, days, count in sorted(rows)]


def band(value: float, cv: float, share: bool = False) -> str:
    """A 90 % range as a map without braces: on the logit for a share, on the logarithm for leads per day."""
    if share:
        marks = [100 * special.expit(special.logit(value) + z * cv / (1 - value)) for z in (0.0, -Z90, Z90)]
        return "value: {:.1f}%, low: {:.1f}%, high: {:.1f}%".format(*marks)
    marks = [value * math.exp(z * cv) for z in (0.0, -Z90, Z90)]
    return "value: {:.2f} per day, low: {:.2f} per day, high: {:.2f} per day".format(*marks)


HEAD = """\
# yaml-language-server: $$schema=./scenario.schema.json
# Wins per week of a marketplace that signs up sellers: a forecast from a real history, as of $as_of.
#
# Written by benchmarks/olist_counts.py, which recomputes every number and explains each choice; do not edit.
# Source: Olist marketing funnel (marketing-qualified leads and closed deals), cut at $as_of: $leads leads,
# $wins won. This file contains counts only, no records.
#
# What the data look like, and how they were used:
#  - No win is recorded before 2017-12-05 and $before before $window: leads are at risk from $window on, older ones
#    by delayed entry at the age that they had then.
#  - $old_leads leads came in 2017, $new_leads since $cohort; in the window they gave $old_wins and $new_wins wins.
#    The distribution is fitted to the leads of 2018; the open leads of 2017 follow it from their age.
#  - $open_day of $wins wins fall on workdays, so delays run in workdays. $day_zero fall on the day of first contact.
#  - No loss has a date, so leads that are not won stay open: never and not yet look alike.
#  - The latest weeks weigh most: of $tried half-lives, $half_life weeks gave the best score over $origins rolling
#    origins ($cells weekly forecasts, up to $horizon weeks ahead): mean CRPS $crps wins, the 80% band held $in80% and
#    the 90% band $in90%. A Poisson at the mean of the last 4 weeks: CRPS $plain, $plain80% and $plain90%.
#    The origins overlap, and sigma and half-life were chosen on them: a check, not a proof of coverage.

name: Olist, wins per week
description: Weekly wins from the leads that were open on $as_of and from those that come after
currency: BRL
as_of: $as_of
until: $until
status: forecast

calendar:
  work: Mon-Fri
  holidays:                      # Brazil, public and bank holidays on weekdays
$holidays

report: {period: week}           # the last week ends on a Thursday, a holiday

segments:
  seller: {label: Sellers}       # declared revenue is zero in nearly all deals: no amounts can be used

# Leads per day of an ordinary week, recency-weighted; the range is for the level. Weekdays: mean leads on ordinary
# Mondays to Sundays since $cohort; a holiday brings what a Sunday brings. Dispersion: excess of daily counts inside
# weeks; drift: excess between weeks as a weekly AR(1), all channels together. No growth is extrapolated.
channels:
$channels

stages:
  mql:
    label: Marketing-qualified
    kind: mql
    # What moves all channels together (level, drift, weeks of another pace): sigma $common of the log odds.
    odds:
      segment:
        seller:
          {value: x1, low: x$low, high: x$high, source: "excess variance of $cells rolling forecasts, Student's t"}
    to:
      won:
        # Wins against leads at risk, shrunk towards the common share; the range is that of the channel alone.
        share:
$shares
        # A lognormal with sigma $sigma, from $new_wins wins of leads of 2018 in $at_risk lead-workdays at risk.
        median: $median workdays
        p90: $p90 workdays
        least: 0 days
    stays: {share: rest}

# The $stock leads that were open on $as_of, by channel and days since the first contact: by day up to 4 weeks, older
# ones by week, those of 2017 by 4 weeks, at their mean age.
opening:
  mql:
$opening
"""


def channel_text(history: History, fitted: Fit, half_life: float) -> str:
    """The channels of the scenario."""
    labels, lines = {"unknown": "Origin unknown", "display_other": "Display, other publicity, other"}, []
    new, late = history.contact >= number(COHORT), history.contact > number(AS_OF) - 28
    sigma, shared = 100 * fitted.drift_sigma, 100 * fitted.drift_shared
    drift = f"sigma: {sigma:.0f}%, phi: {fitted.drift_phi:.2f}, shared: {shared:.0f}%"
    for i, name in enumerate(CHANNELS):
        here = history.channel == i
        counts = f"{(here & new).sum()} leads since {COHORT}, {(here & late).sum()} in the last 4 weeks"
        pattern = ", ".join(f"{day}: {value:.1f}" for day, value in zip(WEEKDAYS, fitted.weekdays[:, i], strict=True))
        lines += [
            f"  {name}:",
            f"    label: {labels.get(name, name.replace('_', ' ').capitalize())}",
            "    kind: marketing",
            f"    leads: {{{band(fitted.rate[i] / 7, fitted.rate_cv[i])},",
            f'            source: "{counts}; half-life {half_life:g} weeks"}}',
            f"    weekdays: {{{pattern}}}",
            "    holidays: closed",
            f"    dispersion: {fitted.dispersion:.3f}",
            f"    drift: {{{drift}}}",
            "    mix: {seller: 100%}",
        ]
    return "\n".join(lines)


def share_text(history: History, fitted: Fit) -> str:
    """Share of the leads that are won, by channel."""
    new, won, lines = history.contact >= number(COHORT), history.won <= number(AS_OF), []
    for i, name in enumerate(CHANNELS):
        here = new & (history.channel == i)
        source = f"{(here & won).sum()} wins so far of {here.sum()} leads since {COHORT}"
        chance = band(fitted.share[i], fitted.share_cv[i], share=True)
        lines.append(f'          {name}: {{{chance}, source: "{source}"}}')
    return "\n".join(lines)


def scenario_text(history: History, exposure: Exposure, choice: Choice) -> str:
    """The whole scenario file."""
    fitted = fit(exposure, len(exposure.weekly_wins), choice.half_life)
    old, won = history.contact < number(COHORT), history.won <= number(AS_OF)
    seen = won & (history.won >= START)
    own, plain = summary(choice.scores[choice.half_life]), summary(choice.plain)
    rows = [
        f"    - {{channel: {channel}, segment: seller, age: {age} day{'s' * (age != 1)}, count: {count}}}"
        for channel, age, count in opening(history)
    ]
    values = {
        "as_of": AS_OF, "until": UNTIL, "window": WINDOW, "cohort": COHORT, "horizon": HORIZON,
        "leads": f"{len(won):,}", "wins": won.sum(), "before": (history.won < START).sum(),
        "old_leads": f"{old.sum():,}", "new_leads": f"{(~old).sum():,}",
        "old_wins": (seen & old).sum(), "new_wins": (seen & ~old).sum(),
        "open_day": OPEN[history.won[won]].sum(), "day_zero": (history.won == history.contact).sum(),
        "tried": len(HALF_LIVES), "half_life": f"{choice.half_life:g}", "cells": len(choice.plain),
        "origins": len(np.unique(choice.plain[:, 0])),
        "crps": f"{own[0]:.2f}", "in80": f"{100 * own[1]:.0f}", "in90": f"{100 * own[2]:.0f}",
        "plain": f"{plain[0]:.2f}", "plain80": f"{100 * plain[1]:.0f}", "plain90": f"{100 * plain[2]:.0f}",
        "holidays": "\n".join(f"    {day}: {text}" for day, text in HOLIDAYS.items()),
        "channels": channel_text(history, fitted, choice.half_life), "shares": share_text(history, fitted),
        "common": f"{choice.common:.3f}", "low": f"{math.exp(-Z90 * choice.common):.2f}",
        "high": f"{math.exp(Z90 * choice.common):.2f}",
        "sigma": f"{fitted.sigma:.2f}", "median": f"{fitted.median:.1f}",
        "p90": f"{fitted.median * math.exp(float(stats.norm.ppf(0.9)) * fitted.sigma):.1f}",
        "at_risk": f"{exposure.risk.sum():,.0f}", "stock": f"{history.open_at(number(AS_OF)).sum():,}",
        "opening": "\n".join(rows),
    }  # fmt: skip
    return Template(HEAD).substitute(values)


def report_counts(history: History, exposure: Exposure, before: Exposure) -> None:
    """Print the counts and the checks of the decisions; ``before`` is the exposure of the leads of 2017."""
    won, days = (history.won <= number(AS_OF)).sum(), slice(number(COHORT), number(AS_OF) + 1)
    cleaned = f"{history.negative} won before contact, {history.no_origin} without origin"
    print(f"{len(history.won):,} leads, {won} won; {cleaned}")
    print(f"wins by week from {WINDOW}:", exposure.weekly_wins.astype(int).tolist())
    weekly = exposure.arrivals[days].sum(1).reshape(-1, 7).sum(1)
    print(f"leads by week from {COHORT}:", weekly.astype(int).tolist())
    wins, risk = exposure.wins.sum((0, 1)), exposure.risk.sum((0, 1))
    share, median, sigma = fit_distribution(wins, risk)
    rates = hazard(share, delay_cdf(median, sigma))
    edges = np.array([0, 1, 2, 3, 5, 8, 12, 16, 20, 25, 30, 40, 60, 85])
    seen, at_risk, law = (np.add.reduceat(x, edges) for x in (wins, risk, risk * rates))
    bins = np.repeat(seen / np.maximum(at_risk, 1), np.diff([*edges, AGES]))
    print(f"\nlaw, all weeks alike: share {share:.3f}, median {median:.1f} workdays, sigma {sigma:.2f}")
    print(
        f"log likelihood {log_likelihood(rates, wins, risk):.1f}; of {len(edges)} age bins "
        f"{log_likelihood(bins, wins, risk):.1f}"
    )
    for age, count, by_law in zip(edges, seen, law, strict=True):
        print(f"  from age {age:2d}: {count:3.0f} wins, {by_law:5.1f} by the law")
    young = int(WORKDAYS[number(AS_OF)] - WORKDAYS[number(COHORT)])
    old_wins, old_law = before.wins[:, :, :young].sum(), (before.risk.sum((0, 1)) * rates)[:young].sum()
    print(f"leads of 2017 at ages that leads of 2018 have reached: {old_wins:.0f} wins, {old_law:.1f} by the law")


def report_choice(choice: Choice) -> None:
    """Print the scores of the rolling origins."""
    print("\nhalf-life  sigma   CRPS  in 80 %  in 90 %")
    for half_life in HALF_LIVES:
        print(
            "{:9g} {:6.3f} {:6.2f} {:8.2f} {:8.2f}".format(
                half_life, choice.sigmas[half_life], *summary(choice.scores[half_life])
            )
        )
    print(" baseline        {:6.2f} {:8.2f} {:8.2f}".format(*summary(choice.plain)))


def report_forecast(history: History, exposure: Exposure, before: Exposure, choice: Choice) -> None:
    """Print the fit, and the bands by this script's own short simulation."""
    fitted = replace(fit(exposure, len(exposure.weekly_wins), choice.half_life), common=choice.common)
    last, old = number(AS_OF), history.contact < number(COHORT)
    print(f"\nhalf-life {choice.half_life:g} weeks: median {fitted.median:.2f} workdays, sigma {fitted.sigma:.3f}")
    for i, name in enumerate(CHANNELS):
        print(
            f"  {name:15s} share {fitted.share[i]:.3f} (cv {fitted.share_cv[i]:.2f}),"
            f" leads per week {fitted.rate[i]:5.1f} (cv {fitted.rate_cv[i]:.2f})"
        )
    of_old = expected_wins(fitted, replace(history, won=np.where(old, history.won, -1)), last, HORIZON, 1.0)[0]
    print("wins of leads of 2017 by week:", before.wins.sum((1, 2)).astype(int).tolist())
    print("  by the law in the weeks to come:", np.round(of_old.sum(0), 1).tolist())
    draws = predict(fitted, history, last, 7, draws=20000)
    print("\nforecast (the last week is whole here)\nweek from    p05  p10  p50  p90  p95  mean")
    for week, marks in enumerate(np.quantile(draws, [0.05, 0.1, 0.5, 0.9, 0.95], axis=0).T):
        print(DAYS[last + 1 + 7 * week], *(f"{m:4.0f}" for m in marks), f"{draws[:, week].mean():5.1f}")


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
    new = history.contact >= number(COHORT)
    exposure, before = expose(history, new), expose(history, ~new)
    report_counts(history, exposure, before)
    choice = choose(history, exposure)
    report_choice(choice)
    report_forecast(history, exposure, before, choice)
    if options.backtest:
        print("\n" + " ".join(f"{name:>8s}" for name in SCORES))
        for row in choice.scores[choice.half_life]:
            print(" ".join(f"{value:8.1f}" for value in row))
    text = scenario_text(history, exposure, choice)
    if options.write:
        TARGET.write_text(text, encoding="utf-8", newline="\n")
    same = TARGET.exists() and TARGET.read_bytes() == text.encode()
    print(f"\nscenarios/{TARGET.name}", "is what these counts give" if same else "DIFFERS: --write writes it again")


if __name__ == "__main__":
    main()
