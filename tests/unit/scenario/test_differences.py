"""What changed, in words; frozen scenarios; assumptions far outside the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import load_scenario, load_scenario_text
from rpmsim.scenario.differences import differences
from rpmsim.scenario.frozen import frozen_text
from tests.unit.scenario.texts import END, loaded

INLINE = "leads: {" + ", ".join(f"2027-{m:02d}: {100 + m}" for m in range(1, 13)) + "}"


def words(*edits: tuple[str, str], base: tuple[tuple[str, str], ...] = ()) -> list[str]:
    return [difference.words for difference in differences(loaded(*base), loaded(*edits))]


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ("sdr: {heads: 6,", "sdr: {heads: 8,", "Role sdr, heads: from 6 to 8 (+33.3%)"),
        ("hires: {2027-03: 2}", "hires: {2027-03: 4}", "Role ae_enterprise, hires in 2027-03: from 2 to 4 (+100%)"),
        (", hires: {2027-03: 2}", "", "Role ae_enterprise, hires in 2027-03: no longer stated, was 2"),
        ("share: 30%", "share: 33%", "Stage mql to nurture, share: from 30% to 33% (+3 points, +10%)"),
        ("20% to 26%", "22% to 30%", "Stage mql to opportunity, share enterprise: from 20% to 26% to 22% to 30%"),
        ("40 per week", "50 per week", "Channel inbound, leads: from 40 per week to 50 per week (+25%)"),
        ("40 per week", "50 per month", "Channel inbound, leads: from 40 per week to 50 per month"),
        ("2.2M", "2.5M", "Target of bookings in 2027: from 2.2M to 2.5M (+13.6%)"),
        ("sdr: {heads: 6,", "sdr: {label: SDRs, heads: 7,", "Role sdr (SDRs), heads: from 6 to 7 (+16.7%)"),
        ("name: Small\n", "name: Other\nstatus: approved\n", "status: approved, not stated before"),
    ],
)
def test_levers(old: str, new: str, reported: str) -> None:
    assert reported in words((old, new))


def test_tables_are_reported_together() -> None:
    base = (("leads: 40 per week", INLINE),)
    more = INLINE
    for month in range(1, 13):
        more = more.replace(f": {100 + month}", f": {(100 + month) * 2}")
    reported = words(("leads: 40 per week", more), base=base)
    assert reported == ["Channel inbound, leads: 12 rows, 2027-01 to 2027-12: each +100%"]
    one = words(("leads: 40 per week", INLINE.replace("2027-03: 103", "2027-03: 206")), base=base)
    assert one == ["Channel inbound, leads in 2027-03: from 103 to 206 (+100%)"]


def test_open_records_go_by_their_number() -> None:
    def deals(*rows: str) -> tuple[str, str]:
        head = "open: |\n  id,stage,entered,channel,segment,grade,amount\n"
        return END, head + "".join(f"  {row}\n" for row in rows)

    first = "D1,opportunity,2026-12-01,inbound,smb,hot,40k"
    second = "D2,opportunity,2026-12-01,inbound,smb,hot,70k"
    assert words(deals(second), base=(deals(first, second),)) == [
        "Open deal D1: no longer listed, was stage opportunity, amount 40k"
    ]
    assert words(deals(first, second.replace("70k", "77k")), base=(deals(first, second),)) == [
        "Open deal D2, amount: from 70k to 77k (+10%)"
    ]


def test_nothing_differs() -> None:
    assert words(("name: Small\n", "name: Other\nlabel: An other one\n")) == []


class TestFrozen:
    def text(self) -> str:
        scenario = loaded((END, "status: approved"))
        return frozen_text(
            scenario.resolved_text(), {"replications": 500, "seed": 7, "draws": None}, {"a b.csv": "0"}, {}
        )

    def test_says_its_run_and_its_sources(self) -> None:
        scenario = load_scenario_text(self.text(), "frozen.yaml")
        assert scenario.model == loaded((END, "status: approved")).model
        assert scenario.frozen is not None
        assert (dict(scenario.frozen.run), scenario.inputs) == ({"replications": 500, "seed": 7}, {"a b.csv": "0"})
        assert (scenario.status, "frozen" in scenario.resolved_text()) == ("approved", False)

    def test_a_changed_one_is_refused(self) -> None:
        for old, new in (("heads: 6", "heads: 7"), ("seed: 7", "seed: 8"), ("heads: 6", "heads:  6")):
            assert self.text().count(old) == 1
            with pytest.raises(
                InputError, match="frozen: the file was changed after it was frozen; use the original file"
            ):
                load_scenario_text(self.text().replace(old, new), "frozen.yaml")

    def test_line_ends_of_windows_do_not_break_the_seal(self, tmp_path: Path) -> None:
        (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbf" + self.text().replace("\n", "\r\n").encode())
        assert load_scenario(tmp_path / "f.yaml").frozen is not None

    def test_a_what_if_of_it_is_not_frozen(self, tmp_path: Path) -> None:
        (tmp_path / "f.yaml").write_text(self.text(), encoding="utf-8")
        (tmp_path / "w.yaml").write_text("extends: f.yaml\nroles.sdr.heads: +1\n", encoding="utf-8")
        scenario = load_scenario(tmp_path / "w.yaml")
        assert (scenario.frozen, scenario.status) == (None, "")
        assert scenario.model.content.roles[0].heads.mid == 7


PAST = "actuals: {bookings: {2026-Q2: 1.0M, 2026-Q3: 1.16M, 2026-Q4: 0.9M}, leads: {2026-Q3: 900, 2026-Q4: 400}}"


class TestHistory:
    def warnings(self, *edits: tuple[str, str]) -> str:
        return "\n".join(loaded(*edits).warnings)

    def test_a_target_above_all_that_was(self) -> None:
        reported = self.warnings((END, f"{PAST}\ntargets: {{bookings: {{2027-Q2: 2.2M}}}}"))
        assert "targets.bookings.2027-Q2: 1.9 times the best quarter so far (2026-Q3: 1,160,000); check it" in reported
        assert "targets" not in self.warnings((END, f"{PAST}\ntargets: {{bookings: {{2027-Q2: 1.7M}}}}"))
        assert "targets" not in self.warnings((END, f"{PAST}\ntargets: {{bookings: {{2027-05: 2.2M}}}}"))

    def test_leads_above_all_that_were(self) -> None:
        reported = self.warnings((END, PAST), ("40 per week", "140 per week"))
        assert "leads expected in 2027-Q3, 2.0 times the best quarter so far in the actuals (2026-Q3: 900)" in reported
        assert "leads expected" not in self.warnings((END, PAST))

    def test_leads_above_their_own_table(self) -> None:
        reported = self.warnings(("leads: 40 per week", INLINE + ", change: +90%"))
        assert (
            "channels.inbound.leads: 633 leads expected in 2027-Q4, 1.9 times the best quarter so far in its table"
            in reported
        )
        assert self.warnings(("leads: 40 per week", INLINE)) == ""
        assert "0.5 times the worst quarter" in self.warnings(("leads: 40 per week", INLINE + ", change: -50%"))


REGION = """
name: Region
as_of: {as_of}
until: 2028-06
calendar: {{holidays: {holidays}}}
segments: {{all: {{amount: 4k}}}}
channels: {{web: {{into: lead, leads: {{{leads}}}}}}}
stages: {{lead: {{to: {{won: {{share: 30%, median: 9 days}}, lost: {{share: rest, median: 9 days}}}}}}}}
"""


def region(as_of: str = "2026-12-31", holidays: str = "GB", shift: int = 0, resolved: bool = False):
    months = [f"{2027 + (m + shift) // 12}-{(m + shift) % 12 + 1:02d}" for m in range(20)]
    leads = ", ".join(f"{month}: {50 + i}" for i, month in enumerate(months))
    scenario = load_scenario_text(REGION.format(as_of=as_of, holidays=holidays, leads=leads), "region")
    return load_scenario_text(scenario.resolved_text(), "stored") if resolved else scenario


@pytest.mark.parametrize("resolved", [(True, True), (True, False), (False, True), (False, False)])
def test_holidays_of_a_region_follow_the_dates_and_are_no_change(resolved: tuple[bool, bool]) -> None:
    one, other = region(resolved=resolved[0]), region("2027-03-31", resolved=resolved[1])
    assert [d.words for d in differences(one, other)] == ["as_of: from 2026-12-31 to 2027-03-31"]


def test_holidays_that_someone_changed_are_named() -> None:
    days = [day.isoformat() for day in region().model.calendar.holidays]
    fewer = region(holidays=f"[{', '.join(day for day in days if day != '2027-12-27')}, 2027-07-08]")
    for resolved in (False, True):
        (found,) = differences(region(resolved=resolved), fewer)
        assert found.words == "Holidays: new 2027-07-08; no longer 2027-12-27"
    (found,) = differences(region(), region(holidays="FR"))
    assert found.words.startswith("Holidays: from GB to FR; new 2027-")


def test_rows_that_moved_are_named_by_month() -> None:
    (found,) = differences(region(), region(shift=2))
    assert found.words == (
        "Channel web, leads: 20 rows moved by +2 months: 2027-01 to 2027-03, 2027-02 to 2027-04, 2027-03 to 2027-05, "
        "2027-04 to 2027-06, 2027-05 to 2027-07, 2027-06 to 2027-08 and 14 more"
    )
    hires = ("hires: {2027-03: 2}", "hires: {2027-03: 2, 2027-09: 1}")
    moved = ("hires: {2027-03: 2}", "hires: {2027-04: 2, 2027-09: 1}")
    assert words(moved, base=(hires,)) == ["Role ae_enterprise, hires: moved, 2027-03 to 2027-04"]
    apart = ("hires: {2027-03: 2}", "hires: {2027-05: 2, 2027-10: 1}")
    assert words(apart, base=(hires,)) == ["Role ae_enterprise, hires: moved, 2027-03 to 2027-05, 2027-09 to 2027-10"]
    other = ("hires: {2027-03: 2}", "hires: {2027-05: 3, 2027-09: 4}")
    assert words(other, base=(hires,)) == [
        "Role ae_enterprise, hires: new: 2027-05; no longer stated: 2027-03; other: 2027-09"
    ]
    year_before = [INLINE.replace("2027-", "2026-").replace(": 1", ": 7")]
    assert words(("leads: 40 per week", year_before[0]), base=(("leads: 40 per week", INLINE),)) == [
        "Channel inbound, leads: new: 2026-01 to 2026-12; no longer stated: 2027-01 to 2027-12"
    ]
