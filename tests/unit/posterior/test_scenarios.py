"""A posterior in a scenario: every relative value means on draws what it means by hand on the arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rpmsim
from rpmsim.model.number import LeadClass, Number, numbers_in, resolve
from rpmsim.posterior import HazardTable, write_posterior
from rpmsim.scenario import Scenario, load_scenario, load_scenario_text
from rpmsim.scenario.differences import differences
from rpmsim.scenario.drawn import drawn_of
from rpmsim.scenario.levers import levers, with_levers

DRAWS = 400
AGES = np.array([0, 1, 5, 20, 60])
PLAN = """\
name: Plan
posterior: posterior.nc
as_of: 2026-12-31
until: 2027-06
segments: {smb: {amount: {median: posterior, p90: 60k}}, big: {amount: 40k}}
channels:
  web: {leads: posterior per week, mix: {smb: posterior, big: rest}, dispersion: posterior}
stages:
  mql:
    to:
      opportunity: {share: {smb: posterior, big: posterior}, time: {smb: posterior, big: posterior}}
      lost: {share: rest, time: {smb: posterior, big: posterior}}
  opportunity:
    worked_by: ae
    to:
      won: {share: posterior, time: posterior, clock: work}
      lost: {share: rest, median: posterior days, p90: 90 days}
roles: {ae: {heads: 3, holds: 20 each, leaves: posterior per month}}
opening: {}
"""


def draws() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        "segments.smb.amount.median": rng.lognormal(9, 0.05, DRAWS),
        "channels.web.leads": rng.gamma(400, 0.1, DRAWS),
        "channels.web.mix.smb": rng.beta(60, 40, DRAWS),
        "channels.web.dispersion": rng.gamma(4, 0.02, DRAWS),
        "stages.opportunity.to.lost.median": rng.lognormal(3, 0.1, DRAWS),
        "roles.ae.leaves": rng.beta(3, 97, DRAWS),
    }


def hazards() -> HazardTable:
    rng = np.random.default_rng(4)
    values = np.zeros((DRAWS, 2, 3, 3, len(AGES)))
    values[:, 0, 0] = rng.gamma(20, 0.001, (DRAWS, 3, len(AGES)))
    values[:, 0, 2] = rng.gamma(30, 0.001, (DRAWS, 3, len(AGES)))
    values[:, 1, 1:] = rng.gamma(20, 0.0008, (DRAWS, 2, 3, len(AGES)))
    records = np.array([[900, 600, 300], [90, 60, 30]])
    return HazardTable(
        AGES, ("mql", "opportunity"), ("opportunity", "won", "lost"), ("all", "smb", "big"), values, records
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_posterior(tmp_path / "posterior.nc", draws(), hazards(), source="CRM")
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path


def load(folder: Path, *overrides: str) -> Scenario:
    return load_scenario(folder / "plan.yaml", overrides)


def share(scenario: Scenario, segment: str = "smb", stage: int = 0, outcome: int = 0) -> np.ndarray:
    stated = scenario.model.content.stages[stage].outcomes[outcome].share
    lead = LeadClass("web", segment)
    number = resolve(stated, lead)
    assert number.draws is not None
    return np.asarray(number.draws.values)


def plain_share(folder: Path) -> np.ndarray:
    """The share of smb that moves to opportunity, from a lead followed day by day."""
    table = hazards().values[:, 0, :, 1, :]
    left, taken = np.ones(DRAWS), np.zeros(DRAWS)
    for day in range(2000):
        today = table[:, :, np.searchsorted(AGES, day, side="right") - 1]
        taken += left * today[:, 0]
        left *= 1.0 - today.sum(axis=1)
    return taken


def test_shares_come_from_hazards(folder: Path) -> None:
    np.testing.assert_allclose(share(load(folder)), plain_share(folder), rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "by_hand"),
    [
        ("+20%", lambda p: p * 1.2),
        ("-20%", lambda p: p * 0.8),
        ("x1.1", lambda p: p * 1.1),
        ("+5 points", lambda p: p + 0.05),
        ("odds x1.2", lambda p: 1.2 * p / (1 - p + 1.2 * p)),
        ("posterior x0.5 +1 points", lambda p: p * 0.5 + 0.01),
    ],
)
@pytest.mark.parametrize("written", ["stages.mql.to.opportunity.share", "stages.mql.to.*.share.smb"])
def test_relative_values_are_those_by_hand(folder: Path, change: str, by_hand: Any, written: str) -> None:
    if change.startswith("posterior"):
        written = "stages.mql.to.opportunity.share.smb"
    if "*" in written:
        written = "stages.*.to.opportunity.share.smb"
    before, after = share(load(folder)), share(load(folder, f"{written}={change}"))
    np.testing.assert_allclose(after, by_hand(before), rtol=1e-12)


def test_changes_of_changes(folder: Path) -> None:
    path = "stages.mql.to.opportunity.share.smb"
    (folder / "one.yaml").write_text(f"extends: plan.yaml\n{path}: +20%\n", encoding="utf-8")
    (folder / "two.yaml").write_text(f"extends: one.yaml\n{path}: x0.5\n", encoding="utf-8")
    scenario = load_scenario(folder / "two.yaml", [f"{path}=+1 points"])
    np.testing.assert_allclose(share(scenario), share(load(folder)) * 0.6 + 0.01, rtol=1e-12)
    (leaf,) = (leaf for leaf in scenario.leaves() if leaf.path == path)
    assert leaf.text == "posterior x0.6 +1 points"
    assert [step.text for step in leaf.chain] == ["posterior", "+20%", "x0.5", "+1 points"]


def test_other_numbers(folder: Path) -> None:
    changed = load(folder, "channels.web.leads=+10%", "roles.ae.leaves=x2", "segments.smb.amount.median=+10%").model
    found = {number.name: number for number in numbers_in(changed.content) if number.draws is not None}
    np.testing.assert_allclose(found["channels.web.leads"].draws.values, draws()["channels.web.leads"] * 1.1)  # type: ignore[union-attr]
    np.testing.assert_allclose(found["roles.ae.leaves"].draws.values, draws()["roles.ae.leaves"] * 2)  # type: ignore[union-attr]
    amount = found["segments.smb.amount.median"]
    np.testing.assert_allclose(amount.draws.values, draws()["segments.smb.amount.median"] * 1.1)  # type: ignore[union-attr]


def test_a_time_is_stretched_and_the_share_stays(folder: Path) -> None:
    plain, changed = load(folder), load(folder, "stages.*.to.*.time=x0.8")
    won, lost = changed.model.content.stages[1].outcomes
    assert won.delay.distribution.ages.stretch == 0.8
    median = dict(lost.delay.distribution.parameters)["median"]
    np.testing.assert_allclose(median.draws.values, draws()["stages.opportunity.to.lost.median"] * 0.8)
    np.testing.assert_array_equal(share(plain), share(changed))
    smb = load(folder, "stages.mql.to.opportunity.time.smb=x2").model.content.stages[0].outcomes[0].delay
    assert [delay.distribution.ages.stretch for _, delay in smb.cases] == [2.0, 1.0]


def test_a_number_or_a_range_takes_the_place_of_draws(folder: Path) -> None:
    path = "stages.mql.to.opportunity.share.smb"

    def stated(value: str) -> Number:
        number = resolve(load(folder, f"{path}={value}").model.content.stages[0].outcomes[0].share, LEAD)
        assert isinstance(number, Number)
        return number

    assert stated("25%") == Number(0.25)
    ranged = stated("20% to 30%")
    assert ranged.draws is None
    assert (ranged.low, ranged.high, ranged.name) == (0.2, 0.3, path)
    parts = stated("{low: 20%, high: 30%}")
    assert (parts.draws, parts.low) == (None, 0.2)
    (folder / "range.yaml").write_text(f"extends: plan.yaml\n{path}: {{low: 20%, high: 30%}}\n", encoding="utf-8")
    again = load_scenario(folder / "range.yaml", [f"{path}.value=posterior"])
    np.testing.assert_array_equal(share(again), share(load(folder)))
    days = load(folder, "stages.opportunity.to.won.median=40 days").model.content.stages[1].outcomes[0].delay
    assert days.distribution.family == "lognormal"
    time = load(folder, "stages.opportunity.to.lost.time=posterior").model.content.stages[1].outcomes[1].delay
    assert time.distribution.family == "hazards"


LEAD = LeadClass("web", "smb")


def test_dated_changes_and_classes(folder: Path) -> None:
    (folder / "dated.yaml").write_text(
        "extends: plan.yaml\nchanges: {q2: {from: 2027-Q2, stages.mql.to.opportunity.share: odds x1.5, "
        "stages.opportunity.to.won.time: x0.5}}\n",
        encoding="utf-8",
    )
    model = load_scenario(folder / "dated.yaml").model
    before, after = model.content.stages, model.changes[0].content.stages
    p, q = (dict(stages[0].outcomes[0].share.cases)["big"].draws.values for stages in (before, after))
    np.testing.assert_allclose(q, 1.5 * p / (1 - p + 1.5 * p), rtol=1e-12)
    assert after[1].outcomes[0].delay.distribution.ages.stretch == 0.5
    one = load(folder, "stages.opportunity.to.won.share.big=posterior +1 points").model
    cases = one.content.stages[1].outcomes[0].share
    assert cases.default.draws is not None
    assert dict(cases.cases)["big"].draws.values.mean() > cases.default.draws.values.mean()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stages.mql.to.opportunity.share=+200%", "of 400 draws are out of bounds"),
        ("stages.mql.to.opportunity.share.smb=+10% to +20%", "is a range and the value it refers to is `posterior`"),
        ("stages.mql.to.opportunity.time.smb=posterior +2", "`posterior +2` is not a time from the posterior"),
        ("stages.mql.to.opportunity.time.smb=12 days", "is not a time from the posterior"),
        ("roles.ae.leaves=posterior", "write `posterior per month` or"),
        ("roles.ae.heads=posterior", "has no draws for `roles.ae.heads`"),
        ("until=posterior", "posterior"),
        ("channels.web.leads=posterior per week +5 points", "adds points to a number of leads; points are added to sh"),
        ("posterior=''", "no file is named"),
        ("posterior=../posterior.nc", "outside the folder of the scenario"),
        ("posterior=nowhere.nc", "nowhere.nc does not exist"),
        ("posterior=plan.yaml", "cannot be read as a posterior"),
        ("stages.opportunity.to.lost.median=posterior workdays x", "is not a number"),
    ],
)
def test_errors_name_the_place_and_a_fix(folder: Path, override: str, message: str) -> None:
    with pytest.raises(rpmsim.InputError) as caught:
        load(folder, override)
    assert any(message in str(d) for d in caught.value.diagnostics), str(caught.value)
    assert all(d.fix for d in caught.value.diagnostics)
    if not override.startswith("posterior"):
        assert len(caught.value.diagnostics) <= 2


def _only(classes: tuple[str, ...]) -> HazardTable:
    whole = hazards()
    keep = [whole.classes.index(name) for name in classes]
    return HazardTable(AGES, whole.stages, whole.outcomes, classes, whole.values[:, :, :, keep])


def test_other_stages_and_classes_are_refused(folder: Path) -> None:
    write_posterior(folder / "posterior.nc", draws(), _only(("smb",)))
    with pytest.raises(rpmsim.InputError) as caught:
        load(folder)
    assert "plan.yaml:11:50: stages.mql.to.opportunity.share.big" in str(caught.value)
    assert "has no class `big`; it has `smb`" in str(caught.value)


def test_one_message_for_a_missing_file(folder: Path) -> None:
    (folder / "posterior.nc").unlink()
    with pytest.raises(rpmsim.InputError) as caught:
        load(folder)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.line, diagnostic.path) == (2, "posterior")


def test_the_resolved_text_means_the_same(folder: Path) -> None:
    scenario = load(folder, "stages.mql.to.opportunity.share=+10%", "stages.opportunity.to.won.time=x0.9")
    again = load_scenario_text(scenario.resolved_text(), "text", folder / "posterior.nc")
    assert again.model == scenario.model
    assert again.resolved_text() == scenario.resolved_text()
    with pytest.raises(rpmsim.InputError, match=r"needs the file posterior\.nc"):
        load_scenario_text(scenario.resolved_text())
    write_posterior(folder / "posterior.nc", draws(), hazards(), source="another one")
    with pytest.raises(rpmsim.InputError, match="its contents have changed"):
        load_scenario_text(scenario.resolved_text(), "text", folder / "posterior.nc")


def test_a_child_may_name_another_posterior(folder: Path) -> None:
    other = hazards()
    other.values[:] *= 0.9
    (folder / "sub").mkdir()
    write_posterior(folder / "sub" / "new.nc", draws(), other)
    text = load(folder).resolved_text()
    (folder / "sub" / "frozen.yaml").write_text(text.replace("file: posterior.nc", "file: new.nc"), encoding="utf-8")
    with pytest.raises(rpmsim.InputError, match="its contents have changed"):
        load_scenario(folder / "sub" / "frozen.yaml")
    (folder / "child.yaml").write_text("extends: plan.yaml\nposterior: sub/new.nc\n", encoding="utf-8")
    child = load_scenario(folder / "child.yaml")
    assert child.posterior is not None
    assert child.posterior.path == folder / "sub" / "new.nc"
    (difference,) = differences(load(folder), child)
    assert difference.words == "Posterior: from posterior.nc to sub/new.nc"
    (lever,) = levers(load(folder), child)
    assert with_levers(load(folder), child, [lever]).model.content == child.model.content
    assert with_levers(load(folder), child, []).model == load(folder).model


def test_what_is_shown(folder: Path) -> None:
    scenario = load(folder, "stages.mql.to.opportunity.share.smb=+10%")
    shown = {leaf.path: drawn_of(scenario, leaf) for leaf in scenario.leaves()}
    found = shown["stages.mql.to.opportunity.share.smb"]
    assert found is not None
    low, median, high = np.quantile(plain_share(folder) * 1.1, (0.05, 0.5, 0.95))
    assert (found.low, found.median, found.high) == pytest.approx((low, median, high))
    assert (found.percent, found.records, found.source) == (True, 600, "CRM")
    leads = shown["channels.web.leads"]
    assert leads is not None
    assert str(leads).startswith(f"{np.median(draws()['channels.web.leads']):.4g} per week (")
    assert shown["stages.opportunity.to.won.time"] is not None
    assert shown["until"] is None


@pytest.mark.parametrize(
    ("amount", "report", "worth"),
    [
        ("posterior", "EUR", 1.0),
        ("posterior USD", "EUR", 0.5),
        ("posterior", "USD", 2.0),
        ("posterior USD x1.1", "USD", 1.1),
    ],
)
def test_drawn_amounts_are_converted_like_others(folder: Path, amount: str, report: str, worth: float) -> None:
    text = PLAN.replace("{median: posterior, p90: 60k}", f"{{median: {amount}, p90: 60k}}")
    text += f"currency: EUR\nrates: {{USD: 0.5}}\nreport: {{currency: {report}}}\n"
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    stated = load(folder).model.content.segments[0].amount
    assert stated is not None
    median = dict(stated.distribution.parameters)["median"]
    assert median.draws is not None
    np.testing.assert_allclose(median.draws.values, draws()["segments.smb.amount.median"] * worth)


def test_joint_shares_add_up_in_each_draw_and_not_by_their_medians(tmp_path: Path) -> None:
    """Of three outcomes, one is rare in each draw, and another one in the next: all three medians are high."""
    paths = [f"stages.opportunity.to.{to}.share" for to in ("won", "nurture", "pool")]
    shares = [np.where(np.arange(600) % 3 == i, 0.1, 0.44) for i in range(3)]
    write_posterior(tmp_path / "posterior.nc", dict(zip(paths, shares, strict=True)))
    plan = """\
name: Plan
posterior: posterior.nc
as_of: 2026-12-31
until: 2027-06
segments: {smb: {amount: 9k}}
channels: {web: {leads: 20 per week, into: opportunity}}
stages:
  opportunity:
    to:
      won: {share: posterior, median: 20 days}
      nurture: {share: posterior, median: 20 days}
      pool: {share: posterior, median: 20 days}
      lost: {share: rest, median: 20 days}
  nurture: {to: {lost: {share: 100%, after: 30 days}}}
  pool: {kind: nurture, to: {lost: {share: 100%, after: 30 days}}}
opening: {}
"""
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    assert sum(np.median(share) for share in shares) > 1.3
    assert max(sum(shares)) < 1.0
    load_scenario(tmp_path / "plan.yaml")
    with pytest.raises(rpmsim.InputError, match="add up to 138%"):
        load_scenario(tmp_path / "plan.yaml", ["stages.opportunity.to.won.share=+40 points"])
