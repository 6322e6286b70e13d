"""The same figures by SQL from the events of generated histories, and from the forecast of the scenario behind them."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

import rpmsim
from rpmsim.generate import generate_history
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export

HISTORIES = 16
FIRST = "2027-02-01"
QUARTER = f"between timestamp '{FIRST}' and timestamp '2027-05-01'"

QUERIES = {
    "leads": f"select count(*) from first where entered {QUARTER}",
    "wins": "select count(*) from visits where stage = 'won' and entered >= $first",
    "bookings": "select coalesce(sum(amount), 0) from visits where stage = 'won' and entered >= $first",
    "pipeline": "select count(*) from visits where stage in ('discovery', 'solution', 'contract') and left_at is null",
    "meetings of the first quarter": f"""
        select avg((following = 'meeting')::int) from visits where stage = 'engaged' and entered {QUARTER}""",
    "days from engaged to meeting": f"""
        select avg(date_diff('day', entered::date, left_at::date)) from visits
        where stage = 'engaged' and following = 'meeting' and entered {QUARTER}""",
    "mean age in meeting": """
        select avg(date_diff('day', entered::date, date '2029-01-31')) from visits
        where stage = 'meeting' and left_at is null""",
    "median age in discovery": """
        select quantile_disc(date_diff('day', entered::date, date '2029-01-31'), 0.5) from visits
        where stage = 'discovery' and left_at is null""",
    "won of the first quarter's leads": f"""
        select 100.0 * avg((record in (select record from visits where stage = 'won'))::int)
        from first where entered {QUARTER}""",
    "opportunities of the first quarter's leads": f"""
        select avg((record in (select record from visits where stage = 'discovery'))::int)
        from first where entered {QUARTER}""",
    "inbound leads that were won": """
        select count(*) from visits where stage = 'won' and channel = 'inbound' and entered >= $first""",
}

VISITS = """
    create table visits as
    select record, stage, channel, entered_at::timestamp as entered, amount::double as amount,
        lead(entered_at::timestamp) over own as left_at, lead(stage) over own as following
    from (select *, row_number() over () as number from read_csv('{file}', all_varchar = true, parallel = false))
    window own as (partition by record order by entered_at::timestamp, number)
"""


@pytest.fixture(scope="module")
def scenario():
    return rpmsim.load_scenario("scenarios/enterprise.yaml")


@pytest.fixture(scope="module")
def by_sql(scenario, tmp_path_factory):
    """Figures of each history, by name."""
    found: dict[str, list[float]] = {name: [] for name in QUERIES}
    for seed in range(HISTORIES):
        folder = tmp_path_factory.mktemp("history")
        write_export(shape_of("events", generate_history(scenario.model, seed, drawn=True)), folder, "csv")
        with duckdb.connect() as con:
            con.execute(VISITS.format(file=folder / "events.csv"))
            con.execute(
                """
                create table first as
                select record, min(entered) as entered from visits group by record having min(entered) >= $first
                """,
                {"first": FIRST},
            )
            for name, query in QUERIES.items():
                parameters = {"first": FIRST} if "$first" in query else None
                found[name].append(float(con.execute(query, parameters).fetchone()[0]))
    return {name: np.array(values) for name, values in found.items()}


@pytest.fixture(scope="module")
def by_forecast(scenario):
    forecast = rpmsim.simulate(scenario, 500, seed=8, measure=("speed", "cohorts"))
    metrics = rpmsim.metrics
    first = forecast.isel(period=0)
    edge = {"edge": "engaged->meeting"}
    stay, moved = (first[name].sel(edge).sum(["channel", "segment"]) for name in ("stay_days", "cohort_moves"))
    return {
        "leads": metrics.leads(forecast).isel(period=0),
        "wins": metrics.wins.total(forecast),
        "bookings": metrics.bookings.total(forecast),
        "pipeline": metrics.pipeline_count.total(forecast),
        "meetings of the first quarter": moved / metrics.entries(forecast).isel(period=0).sel(stage="engaged"),
        "days from engaged to meeting": stay / moved,
        "mean age in meeting": metrics.lead_age_mean.total(forecast).sel(stage="meeting"),
        "median age in discovery": metrics.lead_age.total(forecast).sel(stage="discovery"),
        "won of the first quarter's leads": metrics.leads_to_close_cohort(forecast).isel(period=0),
        "opportunities of the first quarter's leads": metrics.lead_to_opportunity(forecast).isel(period=0),
        "inbound leads that were won": metrics.wins.total(forecast, by=["channel"]).sel(channel="inbound"),
    }


def test_history_and_forecast_agree(by_sql, by_forecast):
    """Means within 3.5 standard errors, of histories and replications."""
    for name in QUERIES:
        ours, theirs = by_forecast[name].values, by_sql[name]
        error = np.sqrt(ours.var(ddof=1) * (1 / len(ours) + 1 / len(theirs)))
        assert abs(ours.mean() - theirs.mean()) < 3.5 * error, (name, ours.mean(), theirs.mean(), error)
        assert 0.3 < theirs.std(ddof=1) / ours.std(ddof=1) < 2.5, name  # histories differ as replications do
