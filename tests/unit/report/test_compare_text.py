from __future__ import annotations

import pytest

from rpmsim.report.compare_text import amount, better, binding_sentence, compare_text, rows_of, signed
from tests.unit.report.comparisons import D, comparison, months

TARGETS = {"2027": 6e6, "2028": 6.3e6}


@pytest.fixture(scope="module")
def document():
    return comparison(targets=TARGETS)


@pytest.fixture(scope="module")
def text(document):
    return compare_text(document)


def cells(text, start):
    """The numbers of the first line that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(start))
    return line[len(start) :].split()


def test_bands_and_differences_are_those_of_the_document(document, text):
    after_total = text[text.index("Total until 2028-12-31") :]
    entry = document["metrics"]["bookings"]["total"]["Leads down 20%"]
    found = cells(after_total, "  Leads down 20%")
    assert found[:3] == [amount(document, "bookings", entry["value"][key]) for key in ("p10", "p50", "p80")]
    assert found[3:6] == [signed(document, "bookings", entry["difference"][key]) for key in ("mean", "p10", "p90")]
    assert found[6] == better(entry)
    assert len(cells(after_total, "  Base plan")) == 3


def test_a_scenario_that_is_the_same_has_zeros():
    text = compare_text(comparison({"The same": 0.0}))
    assert cells(text[text.index("Total until") :], "  The same")[3:] == ["0", "0", "0", "same"]


def test_targets_with_the_change_of_their_chance(document, text):
    own = document["targets"][0]["scenarios"]["Leads down 20%"]
    line = next(line for line in text[text.index("Targets") :].splitlines() if "Leads down 20%" in line)
    points = round(100 * own["probability_difference"]["mean"])
    assert f"{100 * own['probability']:.0f}%" in line
    assert f"{points:+d} points" in line
    assert "Targets" not in compare_text(comparison())


def test_the_bridge_names_its_changes_the_largest_first(document, text):
    part = text[text.index("Why Leads down 20% differs") :]
    assert part.index("Base plan") < part.index("Role sdr, heads: 4 -> 6") < part.index("Channel paid, change: x1.1")
    value = document["bridge"]["Leads down 20%"][1]["value"]
    error = 2 * document["bridge"]["Leads down 20%"][1]["mc_error"]
    line = next(line for line in part.splitlines() if line.startswith("Role sdr"))
    assert line.split()[-3:] == [signed(document, "bookings", value), "±", amount(document, "bookings", error)]
    assert "Together" not in text


@pytest.mark.parametrize(("value", "word"), [(2e5, "more"), (-2e5, "less")])
def test_an_interaction_is_named(document, value, word):
    pair = {"levers": ["a", "b"], "value": value, "mc_error": 1e4}
    said = compare_text(document | {"interactions": {"Leads down 20%": pair, "Two more SDRs in March": None}})
    assert said.count(f"Together, a and b give €200k {word} than the sum of what each gives alone.") == 1


def test_what_limits_a_scenario(document):
    entry = document["binds"][0] | {"moves": [{"date": "2027-05-01", "period": "2027-05", "from": "SDRs", "to": "AEs"}]}
    assert binding_sentence(document, entry) == (
        "Base plan: SDRs (a capacity problem). One more person (SDRs) gives +€500k bookings (± €80.0k). By period: "
        "first SDRs, then AEs from 2027-05 on."
    )
    nothing = binding_sentence(document, entry | {"binds": None})
    assert nothing == "Base plan: nothing clearly. No single step gains more than its Monte Carlo error."


def test_where_the_band_comes_from(text, document):
    part = text[text.index("Where the band of Base plan comes from") :]
    assert cells(part, "Unknown numbers (ranges)") == ["70%", "±", "6", "points"]
    assert cells(part, "  stages.mql.response.odds.power")[0] == "55%"
    assert cells(part, "Arrivals of leads")[0] == "0%"  # below zero only by chance
    assert "channels.paid.elasticity" not in part  # within its error
    certain = compare_text(document | {"variance": {"variance": 0.0}})
    assert "there is none, every replication gives the same total" in certain
    assert "Where the band" not in compare_text(document | {"variance": None})


def test_a_year_that_is_the_whole_run_needs_no_total():
    year = [("2027", D(2027, 1, 1), D(2027, 12, 31))]
    assert rows_of(comparison(periods=months(2027, 2027), longer=year)) == ["2027"]
    assert rows_of(comparison(periods=months(2027, 2028), longer=year)) == ["2027", "total"]


def test_lines_fit_a_mail():
    gains = {f"Consolidated plan of the EMEA region with more partners, variant {i}": 0.1 * i for i in range(1, 3)}
    lines = compare_text(comparison(gains, targets=TARGETS)).splitlines()
    assert max(len(line) for line in lines) <= 130
    assert not [line for line in lines if "None" in line or "nan" in line]


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("bookings", -744221.9, "-€744k"),
        ("bookings", 0.0, "0"),
        ("bookings", 0.004, "0"),
        ("bookings", None, "-"),
        ("rate", 0.123, "+0.12 points"),
        ("rate", -0.001, "0"),
        ("wins", 3.04, "+3.0"),
        ("pay", 0.02, "0"),
        ("pay", -1200.0, "-XOF 1.20k"),
    ],
)
def test_differences_in_short(document, metric, value, words):
    currency = "XOF" if metric == "pay" else "EUR"
    units = {"units": {"bookings": "EUR", "rate": "percent", "wins": "deals", "pay": "XOF"}, "currency": currency}
    assert signed(document | units, metric, value) == words
