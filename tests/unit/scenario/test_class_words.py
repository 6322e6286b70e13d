"""Classes whose names are words of the language: the same model under any name, and no word is taken for another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.model.number import Number
from rpmsim.scenario import Scenario, load_scenario_text
from rpmsim.scenario.differences import differences
from rpmsim.scenario.schema.reading import WORDS, spelled
from tests.unit.scenario.conftest import WhatIf

PLAN = """\
name: Words
as_of: 2026-12-31
until: 2027-03
grades: {GRADE: {}, mild: {}}
bands: {BAND: {below: 5k}, large: {}}
segments: {SEGMENT: {amount: 4k}, big: {amount: 9k}}
channels:
  CHANNEL: {into: lead, leads: 90 per month, mix: {SEGMENT: 60%, big: rest}, grades: {[grade GRADE]: 20%, mild: rest}}
  web:
    into: lead
    leads: 50 per month
    mix: {big: 100%}
    grades: {[segment SEGMENT]: {[grade GRADE]: 30%, mild: rest}, big: {[grade GRADE]: 5%, mild: rest}}
stages:
  lead:
    worked_by: {[segment SEGMENT]: sdr, big: sdr}
    queue: {priority: ["[grade GRADE]", "[channel CHANNEL]", web], ties: ["[segment SEGMENT]"]}
    odds: {grade: {[grade GRADE]: x1.2}, channel: {[channel CHANNEL]: x0.9}}
    to:
      opportunity: {share: {[channel CHANNEL]: {[segment SEGMENT]: 10%, big: 12%}, web: 30%}, median: 10 days}
      lost: {share: rest, median: {[grade GRADE]: 3 days, other: 5 days}}
  opportunity:
    amount: here
    to: {won: {share: {[band BAND]: 20%, other: 10%}, median: 20 days}, lost: {share: rest, median: 9 days}}
roles: {sdr: {heads: 3, handles: 5 per day each}}
targets: {channels: {CHANNEL: {wins: {2027-Q1: 5}}}, segments: {SEGMENT: {wins: {2027-Q1: 4}}}}
opening: {lead: [{channel: CHANNEL, segment: SEGMENT, grade: GRADE, age: 3 days, count: 5}]}
open: {a: {stage: lead, entered: 2026-12-20, channel: CHANNEL, segment: SEGMENT, grade: GRADE}}
"""
USUAL = {"CHANNEL": "fairs", "SEGMENT": "small", "GRADE": "keen", "BAND": "tiny"}


def written(**names: str) -> str:
    """The plan with names of classes, each written as the language wants it in a map by class."""
    text = PLAN
    for kind, name in (USUAL | names).items():
        key = spelled(kind.lower(), name)
        text = text.replace(f"[{kind.lower()} {kind}]", key).replace(kind, name)
    return text


def renamed(thing: Any, old: str, new: str) -> Any:
    """A model with another name for a class."""
    if isinstance(thing, str):
        return new if thing == old else thing
    if isinstance(thing, tuple | list):
        return type(thing)(renamed(item, old, new) for item in thing)
    if isinstance(thing, dict):
        return {renamed(key, old, new): renamed(item, old, new) for key, item in thing.items()}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = {f.name: renamed(getattr(thing, f.name), old, new) for f in dataclasses.fields(thing)}
        return dataclasses.replace(thing, **fields)
    return thing


def share_of(scenario: Scenario) -> Any:
    return scenario.model.content.stages[0].outcomes[0].share


def said(text: str) -> str:
    with pytest.raises(InputError) as caught:
        load_scenario_text(text, "plan.yaml")
    return str(caught.value)


@pytest.mark.parametrize("kind", USUAL)
@pytest.mark.parametrize("word", WORDS)
def test_a_class_may_have_any_name(kind: str, word: str) -> None:
    scenario = load_scenario_text(written(**{kind: word}))
    other = load_scenario_text(written(**{kind: "unusual"}))
    assert renamed(scenario.model.content, word, "unusual") == renamed(other.model.content, word, "unusual")
    assert renamed(scenario.model.opening, word, "unusual") == other.model.opening
    assert renamed(scenario.model.open_deals, word, "unusual") == other.model.open_deals
    assert len(list(scenario.leaves())) == len(list(other.leaves()))
    text = scenario.resolved_text()
    again = load_scenario_text(text)
    assert again.model == scenario.model
    assert again.resolved_text() == text


@pytest.mark.parametrize("word", ["other", "low", "source", "channel"])
def test_two_scenarios_differ_by_the_class_that_changed(word: str) -> None:
    text = written(CHANNEL=word)
    (found,) = differences(load_scenario_text(text), load_scenario_text(text.replace("big: 12%", "big: 14%")))
    assert found.path == f"stages.lead.to.opportunity.share.channel {word}.big"
    (found,) = differences(load_scenario_text(text), load_scenario_text(text.replace("90 per month", "91 per month")))
    assert found.path == f"channels.{word}.leads"
    segment = written(SEGMENT=word)
    found = differences(load_scenario_text(segment), load_scenario_text(segment.replace("60%, big", "61%, big")))[0]
    assert found.path == f"channels.fairs.mix.{word}"


def test_other_is_all_others_and_with_its_kind_the_class() -> None:
    text = written(CHANNEL="other").replace("web: 30%}, median: 10", "other: 7%}, median: 10")
    share = share_of(load_scenario_text(text))
    assert [(name, value.cases) for name, value in share.cases] == [
        ("other", (("small", Number(0.1)), ("big", Number(0.12))))
    ]
    assert share.default == Number(0.07)


@pytest.mark.parametrize(
    ("edit", "reported"),
    [
        (("channel other: {small", "other: {small"), ""),
        (("channel other: {small", "channel web: {small"), "only a name that is a word of the language needs its kind"),
        (("channel other: {small", "segment other: {small"), "there is no segment `other`; known are `small`, `big`"),
        (("web: 30%", "chanel web: 30%"), "there is no class `chanel web`"),
        (('"channel other", web', "other, web"), "`other` is a word of the language here; write `channel other`"),
        (('"channel other", web', '"grade other", web'), "there is no grade `other`"),
        (('"channel other", web', '"channel web", web'), "only a name that is a word of the language needs its kind"),
    ],
)
def test_a_word_where_a_class_is_meant_is_answered(edit: tuple[str, str], reported: str) -> None:
    text = written(CHANNEL="other")
    assert edit[0] in text
    text = text.replace(*edit)
    if not reported:  # all other channels: there is no value for none of them
        assert share_of(load_scenario_text(text)).cases == (("web", Number(0.3)),)
    else:
        assert reported in said(text)


def test_a_range_and_two_classes_are_told_apart() -> None:
    text = written(GRADE="low").replace("mild", "high")
    text = text.replace("grade low: 3 days, other: 5 days", "low: 3 days, high: 5 days")
    text = text.replace(", high: rest", ", grade high: rest")
    reported = said(text)
    assert "one number, or numbers by grade: `low` is a grade and a word of the language" in reported
    assert "write `10% to 30%` for a range, or `grade low` for the grade" in reported
    fine = text.replace("{low: 3 days, high: 5 days}", "{grade low: 3 days, grade high: 5 days}")
    median = dict(load_scenario_text(fine).model.content.stages[0].outcomes[1].delay.cases)
    assert set(median) == {"low", "high"}
    value = fine.replace("{grade low: 3 days, grade high: 5 days}", "{value: 4 days, low: 3 days, high: 5 days}")
    load_scenario_text(value)  # a number with its range is one, whatever the grades are called


@pytest.fixture
def changed(what_if: WhatIf) -> Callable[..., Any]:
    def changed(*texts: str, overrides: dict[str, str] | None = None) -> Any:
        return share_of(what_if(*texts, base=written(CHANNEL="other"), overrides=overrides))

    return changed


def test_a_what_if_changes_such_a_class(changed: Callable[..., Any]) -> None:
    before = changed("note: x")
    by_name = changed("stages.lead.to.opportunity.share: {channel other: 5%}")
    assert dict(by_name.cases) == dict(before.cases) | {"other": Number(0.05)}
    for said in (
        "stages.lead.to.opportunity.share.channel other.big: +50%",
        "stages: {lead: {to: {opportunity: {share: {channel other: {big: 18%}}}}}}",
    ):
        assert dict(dict(changed(said).cases)["other"].cases)["big"].mid == pytest.approx(0.18)
    by_set = changed("note: x", overrides={"stages.lead.to.opportunity.share.channel other.big": "18%"})
    assert dict(dict(by_set.cases)["other"].cases)["big"].mid == pytest.approx(0.18)
    doubled = changed("stages.lead.to.opportunity.share.*.*: x2\nstages.lead.to.opportunity.share.web: x2")
    assert dict(doubled.cases)["web"].mid == pytest.approx(0.6)
    assert dict(dict(doubled.cases)["other"].cases)["small"].mid == pytest.approx(0.2)


def test_a_dated_change_touches_such_a_class(what_if: WhatIf) -> None:
    scenario = what_if(
        "changes: {c: {from: 2027-02, stages.lead.to.opportunity.share.channel other.big: x2}}",
        base=written(CHANNEL="other"),
    )
    share = scenario.model.changes[0].content.stages[0].outcomes[0].share
    assert dict(dict(share.cases)["other"].cases)["big"].mid == pytest.approx(0.24)


def test_a_channel_called_other_leaves_the_parents_maps_as_they_are(what_if: WhatIf) -> None:
    base = written().replace("web: 30%}, median: 10", "other: 30%}, median: 10")
    more = "channels: {other: {into: lead, leads: 5 per month, mix: {big: 100%}, grades: {mild: 100%}}}"
    assert share_of(what_if(more, base=base)) == share_of(what_if("note: x", base=base))


@pytest.mark.parametrize("word", ["source", "owner", "note", "date"])
def test_a_star_stands_for_every_name(word: str, what_if: WhatIf) -> None:
    base = written(CHANNEL=word).replace("sdr", word)
    if word != "source":
        base = base.replace("opportunity", word)
    model = what_if("roles.*.heads: +2\nchannels.*.change: x2\nstages.*.to.lost.median: x2", base=base).model
    assert [channel.change.mid for channel in model.content.channels] == [2.0, 2.0]
    assert model.content.roles[0].heads.mid == 5
    assert dict(model.content.stages[1].outcomes[1].delay.distribution.parameters)["median"].mid == 18


def test_relative_shares_of_a_mix_hold_for_every_segment(what_if: WhatIf) -> None:
    base = written(SEGMENT="source").replace("source: 60%, big: rest", "source: 60%, big: 40%")
    mix = dict(
        what_if("channels.fairs.mix: x0.5", "channels.fairs.mix.big: 70%", base=base).model.content.channels[0].mix
    )
    assert mix["source"].mid == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ("opportunity", "source", "stages.source: `source` is a reserved word: the forecast calls so where new leads"),
        ("sdr", "nobody", "roles.nobody: `nobody` is a reserved word: `worked_by: nobody` means no role"),
        (
            "fairs",
            "returning",
            "channels.returning: `returning` is a reserved word: in a list of classes it stands for",
        ),
    ],
)
def test_names_that_are_taken(old: str, new: str, reported: str) -> None:
    assert reported in said(written().replace(old, new))
