"""Numbers as text: how they are read, and what relative values make of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpmsim.text.quantity import QuantityError, apply_relative, parse_quantity, parse_relative
from rpmsim.text.spelling import unit_words


@pytest.mark.parametrize(
    ("text", "said", "fix"),
    [
        ("1,5", "comma", "decimal point"),
        ("18,000", "comma", "without a separator"),
        ("abc", "not a number", "20%"),
        ("18K", "not a number", "k, M and bn"),
        ("1 to 2 to 3", "not a number", "low to high"),
        ("60 to 70k", "different units", "both ends"),
        ("", "missing", "write"),
        ("2 days to 3 weeks", "different units", "one unit"),
        ("1e30", "too large", "check"),
    ],
)
def test_what_is_no_number_is_answered_with_its_fix(text: str, said: str, fix: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert said in caught.value.message
    assert fix in caught.value.fix


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
    ("text", "fix"),
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
def test_what_is_nearly_a_number_is_answered_with_the_exact_fix(text: str, fix: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert fix in caught.value.fix


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
