"""Numbers as text: what they mean, and what relative values make of them."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpmsim.scenario import kinds as k
from rpmsim.scenario.kinds import Kind, in_currency, to_number
from rpmsim.text.quantity import QuantityError, apply_relative, parse_quantity, parse_relative
from rpmsim.text.spelling import unit_words


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
    ("text", "said", "repair"),
    [
        ("1,5", "comma", "decimal point"),
        ("18,000", "comma", "without a separator"),
        ("abc", "not a number", "20%"),
        ("18K", "not a number", "k, M and bn"),
        ("1 to 2 to 3", "not a number", "low to high"),
        ("60 to 70k", "different units", "both ends"),
        ("", "missing", "write"),
        ("2 days to 3 weeks", "different units", "one unit"),
        ("1e30", "absurdly", "check"),
    ],
)
def test_what_is_no_number_is_answered_with_its_repair(text: str, said: str, repair: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert said in caught.value.message
    assert repair in caught.value.repair


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("14-19%", "14% to 19%"),
        ("14–19 %", "14% to 19%"),
        ("14 % – 19 %", "14% to 19%"),
        ("31k - 44k", "31k to 44k"),
        ("$31k-$44k per month", "$31k to $44k per month"),
        ("x0.6–x0.9", "x0.6 to x0.9"),
        ("7 hrs", "7 hour"),
        ("40min", "40 minute"),
        ("6wks", "6 week"),
        ("8 mos", "8 month"),
        ("4 %/month", "4% per month"),
        ("30 per mo", "30 per month"),
        ("7/day/head", "7 per day each"),
        ("66k p.a.", "66k per year"),
        ("66k a year", "66k per year"),
        ("66k annually", "66k per year"),
        ("3 business days", "3 workday"),
        ("2.5 k", "2.5k"),
        ("\u22123%", "-3%"),
        ("14\u00a0%", "14%"),
        ("14 percent", "14%"),
        ("1.2x", "x1.2"),
        ("×0.7", "x0.7"),
        ("1 week to 3 weeks", "1 to 3 week"),
        ("12days", "12 day"),
        ("GBP 9k", "9k GBP"),
    ],
)
def test_spellings_that_mean_one_thing(text: str, plain: str) -> None:
    quantity = parse_quantity(text)
    unit = quantity.unit if quantity.unit.isupper() else unit_words(quantity.unit)
    assert str(replace(quantity, unit=unit)) == plain
    again = parse_quantity(str(quantity))
    assert (again.value, again.low, again.high, again.suffix, again.unit) == (
        quantity.value,
        quantity.low,
        quantity.high,
        quantity.suffix,
        quantity.unit,
    )


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        ("4,750", "write `4750` (or `4.750`"),
        ("1,204,750", "write `1204750`"),
        ("7,25", "write `7.25`"),
        ("4 750", "write `4750`"),
        ("~30%", "`27% to 33%`"),
        ("≈ 30 %", "`27 % to 33 %`"),
        ("30% +- 4%", "`26% to 34%`"),
        ("30 ± 4 days", "`26 days to 34 days`"),
        ("31K", "write `31k`"),
        ("31m", "write `31M`"),
        ("3 million", "write `3M`"),
        ("14..19%", "`14 to 19%`"),
        ("between 14 and 19%", "`14 to 19%`"),
        ("1/4", "`0.25`"),
        ("0.3 to 40%", "write % at both ends"),
        ("2027-03", "such as"),
        ("9" * 100_000 + "!", "at most 200 characters"),
    ],
)
def test_what_is_nearly_a_number_is_answered_with_the_exact_fix(text: str, repair: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert repair in caught.value.repair


@pytest.mark.parametrize(
    ("text", "kind", "repair"),
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
def test_a_unit_is_asked_for_where_a_wrong_one_changes_everything(text: str, kind: Kind, repair: str) -> None:
    with pytest.raises(QuantityError) as caught:
        to_number(parse_quantity(text), kind, "path")
    assert caught.value.message == f"`{text}` without a unit"
    assert caught.value.repair == repair
    if not kind.above_zero:
        assert number("0", kind) == 0.0


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        ("25", "write `25%`"),
        ("2.5", "write `2.5%`"),
        ("1", "write `1%` or `100%`"),
        ("20 to 30", "write `20% to 30%`"),
        ("250", "a share is at most 100%"),
    ],
)
def test_a_share_without_a_percent_sign(text: str, repair: str) -> None:
    _, _, wrong = to_number(parse_quantity(text), k.SHARE, "path")
    assert {fix for _, fix in wrong} == {repair}


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
    with pytest.raises(QuantityError, match="may mean USD or CAD"):
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
    assert kind.examples[0] in caught.value.repair


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


@pytest.mark.parametrize(
    ("parent", "change", "result"),
    [
        ("20%", "+20%", "24%"),
        ("20%", "-20%", "16%"),
        ("20%", "x1.1", "22%"),
        ("20%", "+5 points", "25%"),
        ("0.2", "+5 points", "0.25"),
        ("20% to 26%", "+20%", "24% to 31.2%"),
        ("20% to 26%", "+1 point", "21% to 27%"),
        ("50%", "odds x2", "66.6666666666667%"),
        ("40 per week", "-10%", "36 per week"),
        ("2", "+2", "4"),
        ("2", "-1", "1"),
        ("60k per month", "+10k", "70k per month"),
        ("60k", "+500", "60.5k"),
        ("x1.08", "-20%", "x0.864"),
        ("20%", "+5% to +10%", "21% to 22%"),
        ("8k to 9k", "x2", "16k to 18k"),
    ],
)
def test_relative_values(parent: str, change: str, result: str) -> None:
    relative = parse_relative(change)
    assert relative is not None
    assert str(apply_relative(parse_quantity(parent), relative)) == result


def test_a_range_on_a_range_is_refused() -> None:
    relative = parse_relative("+5% to +10%")
    assert relative is not None
    with pytest.raises(QuantityError, match="is a range"):
        apply_relative(parse_quantity("20% to 26%"), relative)


@pytest.mark.parametrize("text", ["20%", "12", "odds", "rest", "per month"])
def test_what_is_not_relative(text: str) -> None:
    assert parse_relative(text) is None


@pytest.mark.parametrize(
    "text", ["odds 1.2", "+x", "x", "odds x1.2 days", "x1.1 per month", "-120%", "x0 to x2", "+2% per month"]
)
def test_what_looks_relative_and_is_wrong(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_relative(text)


@given(
    st.decimals(min_value="0.001", max_value=1_000_000, places=3),
    st.sampled_from(["", "%", "k", "M"]),
    st.sampled_from(["", "per month", "days"]),
)
def test_text_value_and_text_agree(value: object, suffix: str, unit: str) -> None:
    written = parse_quantity(f"{value}{suffix} {unit}".strip())
    again = parse_quantity(str(written))
    assert again == written
    assert written.value is not None
    assert math.isclose(float(written.value), float(str(value)))
