from __future__ import annotations

import pytest

from rpmsim.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (7.26, "7.3"), (9.97, "10"), (850, "850"), (999.7, "1k"), (12_480, "12.5k"), (310_400, "310k"),
        (999_999, "1M"), (1_000_000, "1M"), (1_200_000, "1.2M"), (1_250_000, "1.25M"), (4_830_000, "4.8M"),
        (5_000_000, "5M"), (123_400_000, "123M"), (2_340_000_000, "2.3bn"), (5.5e12, "5,500bn"),
    ],
)  # fmt: skip
def test_short(value, text):
    assert numbers.short(value) == text


def test_at_least_is_rounded_down():
    assert numbers.short(4_890_000, down=True) == "4.8M"
    assert numbers.short(4_800_000, down=True) == "4.8M"
    assert numbers.short(12_999, down=True) == "12.9k"
    assert numbers.money(7.99, "USD", down=True) == "$7.9"


def test_currencies():
    assert numbers.money(4.8e6, "EUR") == "€4.8M"
    assert numbers.money(5e6, "CHF", even=True) == "CHF 5.0M"
    assert numbers.money(-310_000, "GBP") == "-£310k"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "<1%"), (0.004, "<1%"), (0.006, "1%"), (0.5, "50%"), (0.994, "99%"), (1.0, ">99%")],
)
def test_nothing_is_reported_as_certain(share, text):
    assert numbers.percent(share) == text
    assert numbers.percent(None) == "-"


@pytest.mark.parametrize(
    ("hours", "text"), [(0.25, "15 min"), (5.2, "5 hours"), (47, "47 hours"), (60, "2.5 days"), (753.2, "31 days")]
)
def test_durations(hours, text):
    assert numbers.duration(hours) == text


@pytest.mark.parametrize(
    ("typical", "word", "text"),
    [(15, "", "15.0"), (850, "", "850"), (45_000, "thousand", "45"), (5.2e6, "thousand", "5,200"),
     (45e6, "million", "45.0"), (450e6, "million", "450"), (45e9, "billion", "45.0")],
)  # fmt: skip
def test_a_column_has_one_unit(typical, word, text):
    scale = numbers.scale_of([0.0, None, typical, typical, typical * 1.1, typical * 0.9])
    assert scale.word == word
    assert scale.text(typical) == text
    assert scale.text(None) == "-"
