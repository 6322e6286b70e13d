"""Staff is recovered from generated histories whose limits are known, and no queue is made where no limit is seen."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration.staff import StaffFit, fit_staff
from rpmsim.generate import generate_history
from rpmsim.generate.mess import cut
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export
from rpmsim.plain import simulate
from rpmsim.plain.lead import TakenUp
from rpmsim.scenario import load_scenario

FRAME = """
name: Staff
as_of: 2025-12-31
until: 2026-12-31
calendar: {work: Mon-Fri}
segments: {small: {amount: 10k}, large: {amount: 20k}}
opening: {}
"""
LEADS = (
    "{kind: marketing, into: mql, leads: %s per month, dispersion: 0.05, drift: {sigma: 10%%, phi: 0.9}, "
    "mix: {small: 60%%, large: rest}}"
)
THROUGHPUT = (
    FRAME
    + f"""
channels: {{web: {LEADS % 500}}}
stages:
  mql:
    worked_by: sdr
    response: {{time: {{median: 3 hours, p90: 9 hours}}}}
    gives_up: {{share: 3% per day, to: lost}}
    to: {{won: {{share: 30%, median: 10}}, lost: {{share: rest, median: 5}}}}
roles:
  sdr: {{heads: 5, handles: 5 per day each}}
"""
)
SLOTS = (
    FRAME
    + f"""
channels: {{web: {LEADS % 40}}}
stages:
  mql:
    kind: opportunity
    worked_by: ae
    to: {{proposal: {{share: 60%, median: 15, advances: yes}}, lost: {{share: rest, median: 12}}}}
  proposal:
    kind: opportunity
    worked_by: ae
    to: {{won: {{share: 50%, median: 20}}, lost: {{share: rest, median: 15}}}}
roles:
  ae: {{heads: 4, holds: 8 each}}
"""
)
HOURS = (
    FRAME
    + f"""
channels: {{web: {LEADS % 260}}}
stages:
  mql:
    worked_by: closer
    work: 2 hours
    to: {{proposal: {{share: 40%, median: 5}}, lost: {{share: rest, median: 5}}}}
  proposal:
    kind: opportunity
    worked_by: closer
    work: 5 hours
    to: {{won: {{share: 50%, median: 20}}, lost: {{share: rest, median: 15}}}}
roles:
  closer: {{heads: 6, handles: 8 hours per day each}}
"""
)
PEOPLE = """
roles:
  sdr: {heads: 8, tenure: 20 months, handles: 3 per day each, ramp: [30%, 60%],
        leaves: 8% per month, backfill: {median: 40 days, p90: 60 days}}
"""


@cache
def exported(plan: str, seed: int) -> Path:
    """The folder of a history that a plan makes."""
    folder = Path(mkdtemp())
    (folder / "plan.yaml").write_text(plan)
    model = load_scenario(folder / "plan.yaml").model
    history = generate_history(model, seed)
    cut(history, history.as_of)
    write_export(shape_of("events", history), folder, "csv")
    return folder


@cache
def fitted(folder: Path, as_of: dt.date | None = None) -> StaffFit:
    with rpmsim.open_history(folder / "history.yaml") as history:
        view = history.as_of(as_of or history.mapping.as_of)
        return fit_staff(view, 400, np.random.default_rng(1))


def changed(folder: Path, table: str, change: Callable[[dict[str, str]], dict[str, str] | None]) -> Path:
    """A copy of a history in which the rows of a table are changed, or left out."""
    copy = Path(mkdtemp())
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    with (folder / table).open() as file:
        rows = list(csv.DictReader(file))
    with (copy / table).open("w") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in map(change, rows) if row is not None)
    return copy


def median(fit: StaffFit, path: str) -> float:
    return float(np.median(fit.part.draws[path]))


def errors(fit: StaffFit, path: str, truth: float) -> float:
    """Distance of the median from the truth in standard deviations of the draws."""
    draws = fit.part.draws[path]
    return abs(float(np.median(draws)) - truth) / float(draws.std())


def findings(fit: StaffFit, item: str) -> str:
    return " ".join(f"{f.verdict}: {f.what} {f.to_do}" for f in fit.part.findings if f.item.startswith(item))


def test_a_limit_on_throughput() -> None:
    fit = fitted(exported(THROUGHPUT, 1))
    assert fit.counts_from_take_up == {"mql"}
    assert fit.part.text["roles"]["sdr"] == {"label": "sdr", "heads": 5, "handles": "posterior per day each"}
    assert fit.part.text["calendar"] == {"work": "Mon-Fri"}
    assert median(fit, "roles.sdr.handles") == pytest.approx(5.0, rel=0.01)
    assert errors(fit, "stages.mql.response.time.median", 3.0) < 3.0
    assert errors(fit, "stages.mql.response.time.p90", 9.0) < 3.0
    assert errors(fit, "stages.mql.gives_up.share", 0.03) < 3.0
    assert fit.part.text["stages"]["mql"]["gives_up"]["to"] == "lost"


def test_a_limit_on_open_items() -> None:
    fit = fitted(exported(SLOTS, 2))
    assert fit.counts_from_take_up == {"mql", "proposal"}
    assert fit.part.text["roles"]["ae"]["holds"] == "posterior each"
    assert median(fit, "roles.ae.holds") == pytest.approx(8.0, rel=0.01)


def test_stages_that_take_different_work() -> None:
    fit = fitted(exported(HOURS, 3))
    assert fit.part.text["roles"]["closer"]["handles"] == "8 hours per day each"
    assert median(fit, "stages.mql.work") == pytest.approx(2.0, rel=0.03)
    assert median(fit, "stages.proposal.work") == pytest.approx(5.0, rel=0.03)


def test_a_role_that_is_never_busy_has_no_queue() -> None:
    fit = fitted(exported(THROUGHPUT.replace("heads: 5", "heads: 9"), 1))
    assert not fit.part.text
    assert not fit.counts_from_take_up
    assert "waited in the morning" in fit.not_identified["mql"]
    assert "worked_by" in findings(fit, "queue of mql")


@pytest.mark.parametrize("forgotten", ["", "7"])
def test_waiting_out_of_habit_is_no_queue(forgotten: str) -> None:
    """Everybody is taken up at once, and responds after about three days; some work items are never begun."""
    plan = THROUGHPUT.replace("heads: 5", "heads: 50").replace(
        "median: 3 hours, p90: 9 hours", "median: 72 hours, p90: 90 hours"
    )

    def forget(row: dict[str, str]) -> dict[str, str]:
        return {**row, "started_at": "", "completed_at": ""} if row["record"].endswith(forgotten or "-") else row

    fit = fitted(changed(exported(plan, 1), "tasks.csv", forget))
    assert not fit.counts_from_take_up
    assert not fit.part.draws


@pytest.mark.parametrize("seed", [4, 5])
def test_ramp_and_leavers(seed: int) -> None:
    plan = THROUGHPUT.split("roles:")[0] + PEOPLE
    fit = fitted(exported(plan, seed))
    role = fit.part.text["roles"]["sdr"]
    assert role["ramp"] == ["posterior", "posterior"]
    for path, truth in {
        "ramp.0": 0.3,
        "ramp.1": 0.6,
        "leaves": 0.08,
        "backfill.median": 40.0,
    }.items():
        assert errors(fit, f"roles.sdr.{path}", truth) < 3.0, path
    assert median(fit, "roles.sdr.handles") == pytest.approx(3.0, rel=0.03)


def test_without_work_items() -> None:
    fit = fitted(changed(exported(THROUGHPUT, 1), "tasks.csv", lambda row: None))
    assert not fit.part.text
    assert "no work items" in findings(fit, "staff")


def test_without_owners_a_team_counts_as_one() -> None:
    fit = fitted(changed(exported(THROUGHPUT, 1), "tasks.csv", lambda row: {**row, "owner": ""}))
    assert fit.part.text["roles"]["mql_team"]["heads"] == 1
    assert median(fit, "roles.mql_team.handles") == pytest.approx(25.0, rel=0.01)
    assert findings(fit, "owners").startswith("REVIEW")


def test_without_people_those_who_work_are_counted() -> None:
    fit = fitted(changed(exported(THROUGHPUT, 1), "people.csv", lambda row: None))
    assert fit.part.text["roles"]["mql_team"]["heads"] == 5
    assert median(fit, "roles.mql_team.handles") == pytest.approx(5.0, rel=0.02)


def test_an_export_with_work_that_was_done_and_no_dates_of_people() -> None:
    """As that of Salesforce: tasks are there when they are completed, and users have no first and last day."""
    plan = THROUGHPUT.split("roles:")[0] + PEOPLE.replace(", ramp: [30%, 60%]", "")
    folder = changed(exported(plan, 4), "people.csv", lambda row: {**row, "first_day": "", "last_day": ""})
    folder = changed(folder, "tasks.csv", lambda row: row if row["started_at"] else None)
    (role,) = (fit := fitted(folder)).part.text["roles"]
    assert median(fit, f"roles.{role}.handles") == pytest.approx(3.0, rel=0.08)
    assert "leaves" not in fit.part.text["roles"][role]


def test_dates_that_cannot_be_are_not_used() -> None:
    def absurd(row: dict[str, str]) -> dict[str, str]:
        return {**row, "first_day": "2026-11-01", "last_day": "2026-02-01"} if row["id"].endswith("1") else row

    fit = fitted(changed(exported(THROUGHPUT, 1), "people.csv", absurd))
    assert findings(fit, "people").startswith("REVIEW")
    assert median(fit, "roles.sdr.handles") == pytest.approx(5.0, rel=0.01)
    assert fit.part.text["roles"]["sdr"]["heads"] == 5


def test_an_earlier_day_knows_no_roles() -> None:
    fit = fitted(exported(SLOTS, 2), dt.date(2026, 9, 30))
    (role,) = fit.part.text["roles"]
    assert median(fit, f"roles.{role}.holds") == pytest.approx(8.0, rel=0.02)


def test_the_newest_first() -> None:
    plan = THROUGHPUT.replace("worked_by: sdr", "worked_by: sdr\n    queue: last in")
    assert fitted(exported(plan, 1)).part.text["stages"]["mql"]["queue"] == "last in"
    assert "queue" not in fitted(exported(THROUGHPUT, 1)).part.text["stages"]["mql"]


def test_an_automaton_is_no_person() -> None:
    """Half of the records are taken up at once by a program."""

    def taken(row: dict[str, str]) -> dict[str, str]:
        by_robot = row["record"][-1] in "02468"
        return {**row, "owner": "robot", "started_at": row["created_at"]} if by_robot else row

    fit = fitted(changed(exported(THROUGHPUT, 1), "tasks.csv", taken))
    assert not fit.part.text
    assert "robot" in fit.not_identified["mql"]


def test_the_effect_of_waiting_is_said_and_not_used() -> None:
    plan = THROUGHPUT.replace("p90: 9 hours}", "p90: 9 hours}, odds: x0.7 per day waited")
    fit = fitted(exported(plan, 1))
    found = findings(fit, "effect of waiting in mql")
    low, high = (float(text) for text in found.split("(")[1].split(",")[0].split(" to "))
    assert low < 0.7 < high < 1.0
    assert "odds" not in fit.part.text["stages"]["mql"]["response"]


def test_few_work_items_say_nothing() -> None:
    fit = fitted(
        changed(
            exported(THROUGHPUT, 1),
            "tasks.csv",
            lambda row: row if row["record"] > "L0003000" and row["record"][-1] in "012" else None,
        )
    )
    assert not fit.part.text
    assert "have a work item" in fit.not_identified["mql"]


def test_visits_begin_when_they_are_taken_up() -> None:
    folder = exported(THROUGHPUT, 1)
    with rpmsim.open_history(folder / "history.yaml") as history:
        view = history.as_of(history.mapping.as_of)
        fit = fit_staff(view, 10, np.random.default_rng(1))
        began = dict(view.con.execute(f"SELECT record, began FROM {fit.began} WHERE visit = 1").fetchall())
    model = load_scenario(folder / "plan.yaml").model
    truth = {}
    for number, lead in enumerate(simulate(model, np.random.default_rng([1, 0]), drawn=False).leads, 1):
        taken = [event.day for event in lead.story if isinstance(event, TakenUp)]
        truth[f"L{number:07d}"] = model.first_day + dt.timedelta(taken[0]) if taken else None
    same = sum(began[record] == day for record, day in truth.items())
    assert len(truth) == len(began)
    assert same > 0.97 * len(truth)  # 2% of response times are longer than a day


SLOW = THROUGHPUT.replace("median: 3 hours, p90: 9 hours", "median: 20 hours, p90: 200 hours")


@pytest.mark.parametrize("plan", [THROUGHPUT, SLOTS, HOURS, SLOW])
def test_the_model_can_be_read(plan: str, tmp_path: Path) -> None:
    fit = fitted(exported(plan, 1))
    model = json.loads(json.dumps(fit.part.text, default=str))
    text = plan[: plan.index("stages:")]
    kinds = {"mql": "opportunity" if plan == SLOTS else "mql", "proposal": "opportunity"}
    stages = {
        name: {
            "kind": kinds[name],
            **model["stages"][name],
            "to": {after: {"share": "50%", "median": 3}, "lost": {"share": "rest"}},
        }
        for name, after in zip(model["stages"], [*list(model["stages"])[1:], "won"], strict=True)
    }
    rpmsim.write_posterior(tmp_path / "posterior.nc", fit.part.draws, records=fit.part.records)
    (tmp_path / "model.yaml").write_text(
        f"{text}\nposterior: posterior.nc\nstages: {json.dumps(stages)}\nroles: {json.dumps(model['roles'])}\n"
    )
    loaded = load_scenario(tmp_path / "model.yaml")
    (role,) = loaded.model.content.roles
    assert role.per_day is not None or role.holds is not None


def test_the_same_history_gives_the_same_draws() -> None:
    one, other = fitted(exported(THROUGHPUT, 1)), fitted.__wrapped__(exported(THROUGHPUT, 1))
    assert one.part.text == other.part.text
    assert all((one.part.draws[path] == other.part.draws[path]).all() for path in one.part.draws)
