"""Several currencies, one that is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.model.plan import Model
from rpmsim.scenario import load_scenario, load_scenario_text
from tests.unit.scenario.texts import END, diagnostics_of, edited, loaded, model_of

RATES = "rates: {USD: 0.8, GBP: 1.2}"


def median(model: Model, segment: int) -> float:
    amount = model.content.segments[segment].amount
    assert amount is not None
    return dict(amount.distribution.parameters)["median"].mid


def test_amounts_are_worth_their_rate() -> None:
    model = model_of(
        ("{median: 8k, p90: 19k}", "{median: 10k USD, p90: 20k USD}"),
        ("ae: {heads: 4, holds", "ae: {heads: 4, pay: 10k GBP per month, holds"),
        (END, f"{RATES}\ntargets: {{bookings: {{2027: 2.5M USD}}}}\nbands: {{small: {{below: 15k USD}}, large: {{}}}}"),
        ("    worked_by: {smb: ae", "    amount: here\n    worked_by: {smb: ae"),
    )
    assert median(model, 0) == 8000.0
    assert model.content.roles[1].pay_per_month.mid == 12000.0
    assert (model.targets[0].value, model.bands[0].below, model.currency) == (2e6, 12e3, "EUR")


def test_all_results_in_another_currency() -> None:
    plain, dollars = model_of(), model_of((END, f"{RATES}\nreport: {{currency: USD}}\n{END}"))
    assert median(dollars, 0) == pytest.approx(median(plain, 0) / 0.8)
    assert dollars.targets[0].value == pytest.approx(2.2e6 / 0.8)
    assert dollars.currency == "USD"
    pounds = model_of(("{median: 8k, p90: 19k}", "{median: 8k GBP, p90: 19k GBP}"),
                      (END, f"{RATES}\nreport: {{currency: USD}}\n{END}"))  # fmt: skip
    assert median(pounds, 0) == pytest.approx(8000 * 1.2 / 0.8)


def test_ranges_and_what_ifs_keep_their_currency(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        edited(("{median: 8k, p90: 19k}", "{median: 10k to 12k USD, p90: 30k USD}"), (END, RATES)), encoding="utf-8"
    )
    (tmp_path / "up.yaml").write_text("extends: base.yaml\nsegments.smb.amount: +10%\n", encoding="utf-8")
    scenario = load_scenario(tmp_path / "up.yaml")
    amount = scenario.model.content.segments[0].amount
    assert amount is not None
    number = dict(amount.distribution.parameters)["median"]
    assert (number.low, number.high) == (pytest.approx(8800.0), pytest.approx(10560.0))
    assert load_scenario_text(scenario.resolved_text()).model == scenario.model


def test_tables_have_a_column_for_it(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("currency,rate\nUSD,0.8\n", encoding="utf-8")
    (tmp_path / "deals.csv").write_text(
        "id,stage,entered,channel,segment,grade,amount,currency\n"
        "A,opportunity,2026-12-01,inbound,smb,hot,1000,USD\nB,opportunity,2026-12-01,inbound,smb,hot,1000,\n",
        encoding="utf-8",
    )
    (tmp_path / "actuals.csv").write_text(
        "period,metric,value,currency\n2026-12,bookings,5000,USD\n2026-12,wins,4,\n", encoding="utf-8"
    )
    text = edited((END, "rates: rates.csv\nopen: deals.csv\nactuals: actuals.csv"))
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    model = load_scenario(tmp_path / "plan.yaml").model
    assert [deal.amount for deal in model.open_deals] == [800.0, 1000.0]
    assert sorted(actual.value for actual in model.actuals) == [4.0, 4000.0]


@pytest.mark.parametrize(
    ("edit", "path", "reported"),
    [
        (
            ("median: 8k", "median: 8k USD"),
            "segments.smb.amount.median",
            "there is no rate for USD; write `rates: {USD",
        ),
        (("leads: 40 per week", "leads: 40 USD"), "channels.inbound.leads", "wrong unit `USD`"),
        ((END, "report: {currency: USD}"), "report.currency", "there is no rate for USD"),
        ((END, "report: {currency: dollars}"), "report.currency", "there is no rate for dollars"),
        ((END, "rates: {EUR: 1.1}"), "rates.EUR", "a rate of EUR to itself"),
        ((END, "rates: {USD: 0}"), "rates.USD", "out of bounds"),
        ((END, "rates: {dollar: 0.9}"), "rates.dollar", "not a valid name here"),
        ((END, "rates: {USD: 0.9 to 1.1}"), "rates.USD", "is a range"),
        ((END, "rates: {USD: cheap}"), "rates.USD", "is not a number"),
    ],
)
def test_what_cannot_be(edit: tuple[str, str], path: str, reported: str) -> None:
    assert any(diagnostic.path == path and reported in str(diagnostic) for diagnostic in diagnostics_of(edited(edit)))


def test_without_rates_nothing_changes() -> None:
    assert loaded().model.currency == "EUR"
