"""Bad input: every kind is told with file, line, what is wrong and how to mend it; several are told at once."""

from __future__ import annotations

import pytest

from tests.unit.scenario.texts import END, edited, faults_of, loaded

LEADS, NURTURE, LOST = "leads: 40 per week", "nurture: {share: 30%}", "lost: {share: rest, median: 60 days}"
MQL_LOST = "lost: {share: rest, median: 3 days}"
STAFFED = "worked_by: {smb: ae, enterprise: ae_enterprise}"
SDR = "sdr: {heads: 6, handles: 9 per day each"
RESPONSE = "response: {time: {median: 2 hours}, odds: x0.8 per day waited, sla: 24 hours}"
HIRES = "hires: {2027-03: 2}"
AGAIN = "mql: {share: 20%, median: 61 days, returning: yes}, lost: {share: rest, after: 180 days}"
WINS = "won: {share: {smb: 30%, enterprise: 12% to 18%}, median: {smb: 25 days, enterprise: 150 days}}\n      " + LOST
MIX = "mix: {smb: 90%, enterprise: rest}"


def mql(*lines: str) -> tuple[str, str]:
    """Further lines in the stage `mql`."""
    return RESPONSE, "\n    ".join([RESPONSE, *lines])


# What is edited; where it is told, as line:path; a part of the message; a part of the repair.
CASES = {
    # the form
    "unknown key": ([(LEADS, "leeds: 40")], "channels.inbound.leeds", "unknown key `leeds` in a channel", "`leads`"),
    "unknown key of the top": ([(END, "target: {}")], "target", "unknown key `target`", "`targets`"),
    "unknown key far from all": ([("  ae: {heads: 4,", "  ae: {xyzzy: 1,")], "roles.ae.xyzzy", "unknown key", "known are"),
    "wrong unit": ([(LEADS, "leads: 40 per hour")], "channels.inbound.leads", "wrong unit `per hour`", "`40 per week`"),
    "decimal comma in quotes": ([(LEADS, 'leads: "1,5 per week"')], "channels.inbound.leads", "comma", "decimal point"),
    "decimal comma in a flow map": ([(LEADS, "leads: 1,5 per week")], "channels.inbound.5 per week", "unknown key", "decimal point"),
    "text for a number": ([(LEADS, "leads: many")], "channels.inbound.leads", "not a number", "such as `12`"),
    "map for a text": ([("name: Small", "name: {a: 1}")], "name", "a map where a text belongs", "write a text"),
    "list for a number": ([(LEADS, "leads: [40]")], "channels.inbound.leads", "a list where", "40 per week"),
    "a word that is none": ([mql("queue: first")], "stages.mql.queue", "`first` is not an order", "first in"),
    "not a date": ([("as_of: 2026-12-31", "as_of: 31.12.2026")], "as_of", "not a date", "2027-01-31"),
    "no such day": ([("as_of: 2026-12-31", "as_of: 2026-02-30")], "as_of", "not a date", "2027-01-31"),
    "not a period": ([("until: 2027-12", "until: 2027-13")], "until", "not a date or period", "`2027-Q1`"),
    "not a month": ([(HIRES, "hires: {2027-13: 2}")], "roles.ae_enterprise.hires.2027-13", "not a month or date", "2027-03"),
    "a name in capitals": ([("  ae: {heads: 4,", "  AE: {heads: 4,")], "roles.AE", "not a name", "a-z"),
    "no value": ([("{share: 30%}", "{share: }")], "stages.mql.to.nurture.share", "no value", "write one"),
    "something missing": ([("until: 2027-12\n", "")], "until", "`until` is missing", "until: FY27"),
    "no stages": ([("stages:\n", "stagess:\n")], "stages", "`stages` is missing", "write"),
    "tables in files": ([(LEADS, "leads: leads.csv")], "channels.inbound.leads", "cannot be read yet", "by month"),
    "actuals": ([(END, "actuals: a.csv")], "actuals", "cannot be read yet", "take the line away"),
    "people in files": ([(SDR, "sdr: {team: people.csv, handles: 9")], "roles.sdr.team", "where people by name belongs", "write"),
    "unknown class": ([("{smb: 14%, enterprise: 20% to 26%}", "{smb: 14%, enterprize: 20%}")], "stages.mql.to.opportunity.share.enterprize", "no class", "`enterprise`"),
    "classes of two dimensions": ([("{smb: 14%, enterprise: 20% to 26%}", "{smb: 14%, inbound: 20%}")], "stages.mql.to.opportunity.share.inbound", "a channel among names of a segment", "nest"),
    "half a range": ([("{share: 30%}", "{share: {low: 20%}}")], "stages.mql.to.nurture.share", "without both ends", "`low` and `high`"),
    "extends in a text on its own": ([("name: Small", "extends: base.yaml")], "extends", "extends nothing", "load the file"),
    # the meaning: numbers
    "share over 100 %": ([("{share: 30%}", "{share: 130%}")], "stages.mql.to.nurture.share", "out of bounds", "at most 100%"),
    "a forgotten percent sign": ([("{share: 30%}", "{share: 30}")], "stages.mql.to.nurture.share", "without a percent sign", "30%"),
    "a range upside down": ([("20% to 26%", "26% to 20%")], "stages.mql.to.opportunity.share.enterprise", "upside down", "lower end first"),
    "a range to the limit": ([("20% to 26%", "0% to 26%")], "stages.mql.to.opportunity.share.enterprise", "reaches its limit", "without these"),
    "a value outside its range": ([("{share: 30%}", "{share: {value: 50%, low: 20%, high: 26%}}")], "stages.mql.to.nurture.share", "outside its range", "between"),
    "negative time": ([(LOST, "lost: {share: rest, median: -6 days}")], "stages.opportunity.to.lost.median", "below 0", "not negative"),
    "absurd time": ([(LOST, "lost: {share: rest, median: 60 years}")], "stages.opportunity.to.lost.median", "out of bounds", "20 years"),
    "a time of zero": ([(LOST, "lost: {share: rest, median: 0}")], "stages.opportunity.to.lost.median", "is 0", "after"),
    "p90 below the median": ([("p90: 30 days", "p90: 3 days")], "stages.mql.to.opportunity.p90", "not lie above `median`", "nine in ten"),
    "half a law": ([(LOST, "lost: {share: rest, p90: 60 days}")], "stages.opportunity.to.lost.p90", "do not state", "`median`, `p90`"),
    "a law without numbers": ([(LOST, "lost: {share: rest, law: gamma}")], "stages.opportunity.to.lost.law", "without its numbers", "median"),
    "two clocks in one law": ([("p90: 30 days", "p90: 30 workdays")], "stages.mql.to.opportunity.p90", "workdays and calendar days", "one of them"),
    "unknown clock": ([(LOST, "lost: {share: rest, median: 9, clock: closng}")], "stages.opportunity.to.lost.clock", "no clock `closng`", "`closing`"),
    "waiting that helps": ([("odds: x0.8 per day", "odds: x1.2 per day")], "stages.mql.response.odds", "out of bounds", "at most 1"),
    "an absurd power": ([("odds: x0.8 per day waited", "odds: {power: 9}")], "stages.mql.response.odds.power", "out of bounds", "at most 5"),
    "growth that explodes": ([(LEADS, "leads: 40, growth: 90% per month, damping: 1")], "channels.inbound.growth", "-fold", "damping"),
    # the meaning: shares
    "shares over 100 % together": ([("{share: 30%}", "{share: 90%}")], "stages.mql.to", "more than 100%", "lower"),
    "shares over 100 % for one class": ([("smb: 14%", "smb: 71%")], "stages.mql.to", "101% for smb", "lower"),
    "shares below 100 %": ([(MQL_LOST, "lost: {share: 10%}")], "stages.mql.to", "less than 100%", "stays: {share: rest}"),
    "two outcomes are the rest": ([("{share: 30%}", "{share: rest}")], "stages.mql.to", "2 outcomes are `rest`", "keep one"),
    "an outcome without a share": ([("{share: 30%}", "{median: 3}")], "stages.mql.to.nurture", "without a share", "share: rest"),
    "a mix over 100 %": ([("{smb: 30%, enterprise: 70%}", "{smb: 30%, enterprise: 80%}")], "channels.outbound.mix", "110%", "lower"),
    "a mix below 100 %": ([("{smb: 30%, enterprise: 70%}", "{smb: 30%}")], "channels.outbound.mix", "30%", "rest"),
    "no mix": ([(f" {MIX},", "")], "channels.inbound", "what kind of buyers", "mix"),
    "slots held for ever": ([(LOST, "lost: {share: 40%}\n    stays: {share: rest}")], "stages.opportunity.stays", "hold their slots", "timeout"),
    "slots held for ever by one class": (
        [(LOST, "lost: {share: {smb: rest, enterprise: 40%}}\n    stays: {share: {smb: 0%, enterprise: rest}}")],
        "stages.opportunity.stays", "enterprise", "timeout",
    ),
    # the meaning: the graph
    "outcome to an unknown stage": ([(NURTURE, "nurtur: {share: 30%}")], "stages.mql.to.nurtur", "no stage `nurtur`", "`nurture`"),
    "outcome to itself": ([(NURTURE, "mql: {share: 30%, median: 3}")], "stages.mql.to.mql", "own stage", "stays"),
    "unreachable stage": ([("roles:\n", "  island: {to: {lost: {share: rest}}}\nroles:\n")], "stages.island", "no lead ever comes", "into"),
    "dead end": ([("roles:\n", "  stuck: {}\nroles:\n"), (MQL_LOST, "stuck: {share: rest}")], "stages.stuck", "dead end", "stays"),
    "a cycle without a day": ([("median: 61 days, returning", "returning")], "stages.mql.to.nurture", "mql -> nurture -> mql", "a time"),
    "a cycle without a day, by its least time": ([("median: 61 days,", "median: 61 days, least: 0 days,")], "stages.mql.to.nurture", "cycle", "a time"),
    "a cycle without an end": ([(MQL_LOST, ""), (NURTURE, "nurture: {share: rest}"), (WINS, "nurture: {share: rest}"), (AGAIN, "mql: {share: rest, median: 61}")], "stages.mql", "comes to an end", "lost"),
    "where leads arrive": ([("inbound: {into: mql,", "inbound: {")], "channels.inbound", "not clear where", "into"),
    "leads into an unknown stage": ([("inbound: {into: mql,", "inbound: {into: mkl,")], "channels.inbound.into", "no stage `mkl`", "`mql`"),
    # the meaning: channels
    "no leads": ([(f" {LEADS},", "")], "channels.inbound", "no leads are stated", "40 per week"),
    "leads twice": ([(LEADS, f"{LEADS}, spend: 5k, current: {{spend: 5k, leads: 9}}, elasticity: 0.5")], "channels.inbound.current", "too", "keep"),
    "spend without elasticity": ([(LEADS, "spend: 5k, current: {spend: 5k, leads: 9}")], "channels.inbound.current", "how strongly", "elasticity"),
    "elasticity without current": ([(LEADS, f"{LEADS}, elasticity: 0.5")], "channels.inbound.elasticity", "without `current`", "current"),
    "each without a role": ([("made_by: sdr, ", "")], "channels.outbound.leads", "no role makes", "made_by"),
    "a role without each": ([("20 per month each", "20 per month")], "channels.outbound.leads", "per head", "each"),
    "made by an unknown role": ([("made_by: sdr", "made_by: sdrs")], "channels.outbound.made_by", "no role `sdrs`", "`sdr`"),
    "an unknown segment in a mix": ([(MIX, "mix: {smb: 90%, enterprize: rest}")], "channels.inbound.mix.enterprize", "no segment", "`enterprise`"),
    "no grades": ([("rest}, grades: {hot: 20%, cold: rest}}", "rest}}")], "channels.inbound", "declares grades", "grades"),
    "eleven months": ([(LEADS, f"{LEADS}, months: [{', '.join(['1'] * 11)}]")], "channels.inbound.months", "11 factors", "twelve"),
    # the meaning: people
    "a role that serves nothing": ([("  ae: {heads", "  clerk: {heads: 2, handles: 3}\n  ae: {heads")], "roles.clerk", "serves nothing", "worked_by"),
    "a role without a limit": ([("holds: 25 each", "pay: 5k")], "roles.ae", "can do is not stated", "handles"),
    "a maker without throughput": ([("handles: 9 per day each", "holds: 9 each")], "roles.sdr", "free time", "handles"),
    "worked by an unknown role": ([("smb: ae, enterprise: ae_", "smb: ea, enterprise: ae_")], "stages.opportunity.worked_by.smb", "no role `ea`", "`ae`"),
    "hire before the start": ([(HIRES, "hires: {2026-03: 2}")], "roles.ae_enterprise.hires.2026-03", "before the start", "heads"),
    "end before the start": ([(SDR, f"{SDR}, team: {{a: {{start: 2027-02-01, end: 2027-01-01}}}}")], "roles.sdr.team.a", "before the start", "dates"),
    "hours without hours": ([mql("work: 2 hours")], "stages.mql.work", "no role counts", "hours per day each"),
    "order of a stage that is not served": ([(SDR, f"{SDR}, serves: [mql, opportunity]")], "roles.sdr.serves", "does not work `opportunity`", "own"),
    "order that leaves a stage out": ([(STAFFED, "worked_by: {smb: sdr, enterprise: ae_enterprise}"), (SDR, f"{SDR}, serves: [mql]")], "roles.sdr.serves", "leaves out opportunity", "all stages"),
    "leavers to an unknown stage": ([(SDR, f"{SDR}, leavers_items: nowhere")], "roles.sdr.leavers_items", "no stage", "known are"),
    "a deadline without a limit": ([("sla: 24 hours}", "load: {time: x1.1}}\n    queue: deadline")], "stages.mql.queue", "without a limit", "sla"),
    "a queue where nobody works": ([("  nurture: {to", "  nurture: {gives_up: {share: 2%, to: lost}, to")], "stages.nurture.gives_up", "nobody works", "worked_by"),
    "giving up to nowhere": ([mql("gives_up: {share: 2% per day, to: limbo}")], "stages.mql.gives_up.to", "no stage `limbo`", "known"),
    "an unknown class in a queue": ([mql("queue: {ties: [inbuond]}")], "stages.mql.queue.ties.0", "no class `inbuond`", "`inbound`"),
    # the meaning: classes
    "a class that is not named": ([(STAFFED, "worked_by: {smb: ae}")], "stages.opportunity.worked_by", "no value for `enterprise`", "other"),
    "one name, two meanings": ([("{hot: {}, cold: {}}", "{hot: {}, cold: {}, smb: {}}")], "grades.smb", "is a segment too", "another name"),
    "a word as a name": ([("{hot: {}, cold: {}}", "{hot: {}, cold: {}, rest: {}}")], "grades.rest", "word of the language", "another name"),
    "effects of undeclared bands": ([mql("odds: {band: {big: x2}}")], "stages.mql.odds.band", "declares no bands", "declare"),
    "bands without a place": ([(END, "bands: {small: {below: 10k}, large: {}}")], "bands", "where amounts become known", "amount: here"),
    "bands out of order": ([(END, "bands: {a: {below: 10k}, b: {below: 5k}, c: {}}"), mql("amount: here")], "bands.b.below", "not in order", "small to large"),
    "bands before they are known": ([(END, "bands: {small: {below: 10k}, large: {}}"), ("  opportunity:\n", "  opportunity:\n    amount: here\n"), ("{share: 30%}", "{share: {small: 3%, large: 4%}}")], "stages.mql.to.nurture.share", "before its band is known", "earlier"),
    # the meaning: dates
    "an empty span": ([("until: 2027-12", "until: 2026-12")], "until", "the span is empty", "later"),
    "a huge span": ([("until: 2027-12", "until: 2099")], "until", "73 years", "30 years"),
    "no such week": ([("until: 2027-12", "until: 2027-W53")], "until", "no period", "label"),
    "a target outside": ([(END, "targets: {wins: {2029: 3}}")], "targets.wins.2029", "outside the run", "inside"),
    "a target cut in two": ([(END, "targets: {wins: {2026-W53: 3}}")], "targets.wins.2026-W53", "only a part", "whole"),
    "a target that is no period": ([(END, "targets: {wins: {2027-W53: 3}}")], "targets.wins.2027-W53", "not a period", "2027-Q1"),
    "no such region": ([("work: Mon-Fri,", "work: Mon-Fri, holidays: DE-XX,")], "calendar.holidays", "no holidays are known", "DE-BY"),
    # the meaning: what is there
    "opening of an unknown stage": ([(END, "opening: {nuture: [{channel: inbound, segment: smb, grade: hot, age: 3, count: 3}]}")], "opening.nuture", "no stage `nuture`", "`nurture`"),
    "opening of an unknown class": ([(END, "opening: {nurture: [{channel: inbond, segment: smb, grade: hot, age: 3, count: 3}]}")], "opening.nurture.0.channel", "no channel `inbond`", "`inbound`"),
    "opening without an age": ([(END, "opening: {nurture: [{channel: inbound, segment: smb, grade: hot, count: 3}]}")], "opening.nurture.0", "neither an age nor a wait", "age"),
    "an open record of the future": ([(END, "open: {a: {stage: nurture, entered: 2027-12-01, channel: inbound, segment: smb, grade: hot}}")], "open.a.entered", "after the last day", "leave out"),
    "an open record without a stage": ([(END, "open: {a: {entered: 2026-12-01, channel: inbound, segment: smb, grade: hot}}")], "open.a", "without `stage`", "stage"),
    "an open record twice": ([(END, "open: [{id: a, stage: nurture, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot}, {id: a, stage: nurture, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot}]")], "open.1.id", "stands twice", "keep one"),
    "a currency that is none": ([(END, "currency: euro")], "currency", "not a currency", "EUR"),
    # sizes
    "too many classes": ([(END, f"bands: {{{', '.join(f'b{i}: {{below: {i + 1}}}' for i in range(19))}, c: {{}}}}"), ("returns: 2", "returns: 10"), ("{hot: {}, cold: {}}", "{hot: {}, cold: {}, " + ", ".join(f"g{i}: {{}}" for i in range(18)) + "}")], "channels", "classes of leads", "gather"),
    "too many people": ([(SDR, "sdr: {heads: 9999, team: {a: {}}, hires: {2027-03: 9999, 2027-04: 9999}, handles: 9")], "roles.sdr", "people", "at most"),
    "too many heads": ([(SDR, "sdr: {heads: 1e6, handles: 9")], "roles.sdr.heads", "out of bounds", "10000"),
    "too many returns": ([("returns: 2", "returns: 99")], "returns", "out of bounds", "at most 10"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_bad_input(kind: str) -> None:
    edits, path, message, repair = CASES[kind]
    text = edited(*edits)
    told = [fault for fault in faults_of(text) if fault.path == path and message in fault.message]
    assert told, [str(fault) for fault in faults_of(text)]
    fault = told[0]
    assert repair in fault.repair, fault.repair
    assert fault.file == "plan.yaml"
    assert fault.line is not None
    assert 1 <= fault.line <= text.count("\n") + 1
    assert str(fault).startswith(f"plan.yaml:{fault.line}:{fault.column}: {path}: ")


def test_all_faults_of_a_level_are_told_at_once() -> None:
    form = edited((LEADS, "leeds: 40"), ("{share: 30%}", "{share: 3 days}"), (HIRES, "hires: {soon: 2}"), (STAFFED, "worked_by: {smb: ae}"))
    assert [fault.path for fault in faults_of(form)] == ["channels.inbound.leeds", "stages.mql.to.nurture.share", "roles.ae_enterprise.hires.soon"]
    meaning = edited(("{share: 30%}", "{share: 90%}"), (STAFFED, "worked_by: {smb: ae}"), (HIRES, "hires: {2026-03: 2}"), ("until: 2027-12", "until: 2099"))
    assert [fault.path for fault in faults_of(meaning)] == [
        "until", "stages.mql.to", "stages.opportunity.worked_by", "roles.ae_enterprise", "roles.ae_enterprise.hires.2026-03",
    ]  # fmt: skip


def test_positions_are_those_of_the_value() -> None:
    text = edited(("{share: 30%}", "{share: 130%}"))
    fault = next(fault for fault in faults_of(text) if fault.path == "stages.mql.to.nurture.share")
    line = text.splitlines()[(fault.line or 0) - 1]
    assert line[(fault.column or 0) - 1 :].startswith("130%")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ((LOST, "lost: {share: rest, after: 0 days}"), "takes 1 day"),
        ((NURTURE, "nurture: {share: 30%, clock: work}"), "no effect without a time"),
        (("{median: 8k, p90: 19k}", "{median: 8k, p90: 19k, term: 2 years}"), "`term` has no effect"),
        ((HIRES, "hires: {2028-03: 2}"), "a hire after the end"),
        (("{heads: 4, holds: 25 each}", "{holds: 25 each}"), "nobody works as `ae`"),
        (("name: Small", "name: Small #2"), "ends before ` #`"),
        ((END, "changes:"), "`changes` is empty"),
    ],
)
def test_what_is_surely_not_meant_is_warned_about(edit: tuple[str, str], told: str) -> None:
    warnings = loaded(edit).warnings
    assert len(warnings) == 1
    assert told in warnings[0]
    assert warnings[0].startswith("plan.yaml:")


def test_the_small_scenario_itself_is_without_warning() -> None:
    assert loaded().warnings == []
