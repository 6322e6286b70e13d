"""Names that a what-if brings in: misspelled ones are answered, new ones are taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import Scenario
from rpmsim.scenario.newcomers import slip
from tests.unit.scenario.texts import END, edited, loaded

WhatIf = Callable[..., Scenario]


@pytest.mark.parametrize(
    ("text", "path", "reported"),
    [
        ("channels.inbuond.leads: 60 per week", "channels.inbuond", "did you mean `inbound`? A new one needs"),
        ("channels: {inboud: {leads: 60 per week, mix: {smb: 100%}}}", "channels.inboud", "state its `label`"),
        ("channels.inboundd.change: +10%", "channels.inboundd", "there is no channel `inboundd`; did you mean"),
        ("roles.srd.heads: +2", "roles.srd.heads", "there is no role `srd`; did you mean `sdr`?"),
        ("roles.srd.heads: 8", "roles.srd", "did you mean `sdr`?"),
        ("roles: {ae_entreprise: {heads: 8, holds: 9 each}}", "roles.ae_entreprise", "did you mean `ae_enterprise`?"),
        ("stages.oportunity.to.won.share: 30%", "stages.oportunity", "did you mean `opportunity`?"),
        ("segments.enterprize.amount: 90k", "segments.enterprize", "did you mean `enterprise`?"),
        ("segments.bsm.amount: +5%", "segments.bsm.amount", "there is no segment `bsm`; did you mean `smb`?"),
        ("calendar.clocks.closng: {weekdays: work}", "calendar.clocks.closng", "did you mean `closing`?"),
        ("stages.mql.worked_by: {smb: ea, enterprise: sdr}", "stages.mql.worked_by.smb", "there is no role `ea`"),
    ],
)
def test_a_misspelled_name_is_answered(what_if: WhatIf, text: str, path: str, reported: str) -> None:
    with pytest.raises(InputError) as caught:
        what_if(text)
    matching = [diagnostic for diagnostic in caught.value.diagnostics if diagnostic.path == path]
    assert matching, caught.value
    assert reported in str(matching[0])


NEW_SEGMENT = """
segments: {smc: {amount: 9k}}
channels.inbound.mix: {smb: 80%, smc: 10%}
stages.mql.to.opportunity.share: {smc: 20%}
stages.opportunity: {worked_by: {smc: ae}, to: {won: {share: {smc: 20%}, median: {smc: 9 days}}}}
"""


@pytest.mark.parametrize(
    "text",
    [
        "channels: {podcast: {into: mql, leads: 9 per month, mix: {smb: rest}, grades: {cold: rest}}}",
        "channels: {inbound_de: {into: mql, leads: 9 per month, mix: {smb: rest}, grades: {cold: rest}}}",
        "channels: {inbounds: {label: PR, into: mql, leads: 9 per month, mix: {smb: rest}, grades: {hot: rest}}}",
        "roles: {bdr: {heads: 2, handles: 9 per day each}}\nstages.mql.worked_by: bdr",
        NEW_SEGMENT,
        "roles: {sdr: {team: {Anna: {start: 2027-02-01}, Hanna: {start: 2027-03-01}}}}",
    ],
)
def test_a_new_name_is_taken(what_if: WhatIf, text: str) -> None:
    assert what_if(text).model != loaded().model


def test_a_person_who_is_not_new(what_if: WhatIf) -> None:
    base = edited(("sdr: {heads: 6,", "sdr: {team: {Marianne: {}, Jo: {}},"))
    with pytest.raises(InputError, match="did you mean `Marianne`\\? If it is new, state its `start` or `label`"):
        what_if("roles.sdr.team: {Mariane: {end: 2027-06-30}}", base=base)
    assert what_if("roles.sdr.team: {Joe: {}, Marianne: null}", base=base).model.content.roles[0].team


def test_a_dated_change_beside_the_parents(what_if: WhatIf) -> None:
    base = edited((END, "changes: {prices: {from: 2027-07, segments.*.amount: +4%}}"))
    with pytest.raises(InputError, match="did you mean `prices`\\? A new one needs `from`"):
        what_if("changes: {price: {segments.*.amount: +5%}}", base=base)
    warned = what_if("changes: {price: {from: 2027-06, segments.*.amount: +5%}}", base=base).warnings
    assert any("both apply" in warning for warning in warned)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("inbuond", "inbound", True),
        ("partners", "partner", True),
        ("paidsearch", "paid_search", True),
        ("sdr", "bdr", False),
        ("event_q3", "event_q4", False),
        ("tier1", "tier2", False),
        ("ae", "ae_2", False),
        ("partner_emea", "partner", False),
        ("website", "webinar", False),
    ],
)
def test_slips(one: str, two: str, expected: bool) -> None:
    assert slip(one, two) is slip(two, one) is expected
