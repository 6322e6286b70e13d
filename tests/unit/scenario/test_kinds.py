"""Numbers with their units: what they mean to the model, and what is wrong with them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rpmsim.scenario import kinds as k
from rpmsim.scenario.kind import Kind, in_currency, to_number
from rpmsim.text.quantity import QuantityError, parse_quantity


def number(text: str, kind: Kind) -> float:
    value, _, wrong = to_number(parse_quantity(text), kind, "path")
    assert wrong == []
    return value.mid


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("14%", k.SHARE, 0.14),
        ("0.14", k.SHARE, 0.14),
        ("100%", k.SHARE, 1.0),
        ("23.45%", k.SHARE, 0.2345),
        ("12", k.DELAY, 12.0),
        ("12 days", k.DELAY, 12.0),
        ("1 day", k.DELAY, 1.0),
        ("2 weeks", k.DELAY, 14.0),
        ("36 hours", k.DELAY, 1.5),
        ("1 year", k.DELAY, 365.25),
        ("2", k.HOURS, 2.0),
        ("30 minutes", k.HOURS, 0.5),
        ("18k", k.MONEY, 18_000.0),
        ("2.4M", k.MONEY, 2.4e6),
        ("1bn", k.MONEY, 1e9),
        ("18000", k.MONEY, 18_000.0),
        ("66k per year", k.MONEY_PER_MONTH, 5_500.0),
        ("5.5k", k.COST_PER_MONTH, 5_500.0),
        ("3% per month", k.MONTHLY_SHARE, 0.03),
        ("-1% per month", k.GROWTH, -0.01),
        ("x0.8 per day waited", k.PER_DAY_WAITED, 0.8),
        ("1e3", k.COUNT, 1000.0),
        (".5", k.SHAPE, 0.5),
        ("8 months", k.MONTHS, 8.0),
        ("2 years", k.MONTHS, 24.0),
    ],
)
def test_numbers_with_units(text: str, kind: Kind, value: float) -> None:
    assert number(text, kind) == pytest.approx(value, rel=1e-15)


def test_a_yearly_chance_is_twelve_monthly_ones() -> None:
    monthly = number("30% per year", k.MONTHLY_SHARE)
    assert 1 - (1 - monthly) ** 12 == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "kind", "low", "mid", "high"),
    [
        ("4 to 9", k.DELAY, 4.0, 6.0, 9.0),  # geometric middle
        ("20% to 80%", k.SHARE, 0.2, 0.5, 0.8),  # middle of the log odds
        ("20 to 80%", k.SHARE, 0.2, 0.5, 0.8),
        ("-1% to 3% per month", k.GROWTH, -0.01, 0.01, 0.03),
        ("4k to 9k", k.MONEY, 4_000.0, 6_000.0, 9_000.0),
        ("x0.5 to x0.5", k.EFFECT, None, 0.5, None),
    ],
)
def test_ranges(text: str, kind: Kind, low: float | None, mid: float, high: float | None) -> None:
    value, _, wrong = to_number(parse_quantity(text), kind, "path")
    assert wrong == []
    assert (value.low, value.high) == (low, high)
    assert value.mid == pytest.approx(mid, rel=1e-12)
    assert value.name == ("path" if low is not None else "")


@pytest.mark.parametrize(
    ("text", "kind", "fix"),
    [
        ("28%", k.MONTHLY_SHARE, "write `28% per month` or `28% per year`"),
        ("2% to 4%", k.MONTHLY_SHARE, "write `2% to 4% per month` or `2% to 4% per year`"),
        ("91k", k.MONEY_PER_MONTH, "write `91k per month` or `91k per year`"),
        ("260", k.LEADS, "write `260 per month` or `260 per week`"),
        ("7", k.HANDLES, "write `7 per day each` or `7 hours per day each`"),
        ("18%", k.GROWTH, "write `18% per month`"),
        ("4%", k.DAILY_SHARE, "write `4% per day` or `4% per week`"),
        ("2", k.TERM, "write `2 months` or `2 years`"),
    ],
)
def test_a_unit_is_asked_for_where_a_wrong_one_changes_everything(text: str, kind: Kind, fix: str) -> None:
    with pytest.raises(QuantityError) as caught:
        to_number(parse_quantity(text), kind, "path")
    assert caught.value.message == f"`{text}` without a unit"
    assert caught.value.fix == fix
    if not kind.above_zero:
        assert number("0", kind) == 0.0


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("25", "write `25%`"),
        ("2.5", "write `2.5%`"),
        ("1", "write `1%` or `100%`"),
        ("20 to 30", "write `20% to 30%`"),
        ("250", "a share is at most 100%"),
    ],
)
def test_a_share_without_a_percent_sign(text: str, fix: str) -> None:
    _, _, wrong = to_number(parse_quantity(text), k.SHARE, "path")
    assert {fix for _, fix in wrong} == {fix}


def test_signs_of_currencies() -> None:
    worth = {"": Decimal(1), "EUR": Decimal(1), "USD": Decimal("0.9")}

    def value(text: str, worth: dict[str, Decimal], own: str) -> Decimal | None:
        return in_currency(parse_quantity(text), worth, own).value

    assert value("€3k", worth, "EUR") == value("3k", worth, "EUR") == 3
    assert value("$3k", worth, "EUR") == Decimal("2.7")
    assert value("$3k/month", {"": Decimal(1), "USD": Decimal(1), "CAD": Decimal("0.7")}, "USD") == 3
    assert value("$3k", {"": Decimal(1), "CAD": Decimal(1)}, "CAD") == 3
    with pytest.raises(QuantityError, match="no rate for USD"):
        value("$3k", {"": Decimal(1), "EUR": Decimal(1)}, "EUR")
    with pytest.raises(QuantityError, match="can mean USD or CAD"):
        value("$3k", {"": Decimal(1), "CAD": Decimal(1), "USD": Decimal("1.3")}, "CAD")
    with pytest.raises(QuantityError, match="is money"):
        to_number(parse_quantity("$30"), k.SHARE, "path")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("3 hours", k.SHARE), ("20%", k.DELAY), ("40 per hour", k.LEADS), ("x2", k.DELAY), ("9 per week each", k.HANDLES)],
)
def test_wrong_units(text: str, kind: Kind) -> None:
    with pytest.raises(QuantityError) as caught:
        to_number(parse_quantity(text), kind, "path")
    assert text in caught.value.message
    assert kind.examples[0] in caught.value.fix


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("120%", k.SHARE),
        ("20", k.SHARE),
        ("1", k.SHARE),
        ("21 years", k.DELAY),
        ("1.5", k.COUNT),
        ("0% to 20%", k.SHARE),
        ("0 to 3", k.DELAY),
    ],
)
def test_out_of_bounds_is_a_matter_of_meaning(text: str, kind: Kind) -> None:
    value, _, wrong = to_number(parse_quantity(text), kind, "path")
    assert len(wrong) == 1
    assert kind.least <= value.mid <= kind.most
