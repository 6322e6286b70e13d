"""Size as a class of the model: whether the amount acts on outcome or speed, and the band of each record if it does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.amount_tables import Entries
from rpmsim.calibration.evidence import NOT_LEFT, Evidence
from rpmsim.calibration.fit_stage import is_progress
from rpmsim.calibration.part import Part
from rpmsim.calibration.size_effect import ADVANCED, OPEN, OTHER, SizedSpells
from rpmsim.calibration.sizes import Sizes, fit_size
from rpmsim.calibration.stage_fit import StageFit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class SizeClasses:
    """Size bands of the model.

    Parameters
    ----------
    sizes : Sizes
    entries : Entries, optional
        What entered the stage of the bands, for amounts by band; None without bands.
    """

    sizes: Sizes
    entries: Entries | None = None


def with_sizes(evidence: Evidence) -> tuple[Evidence, SizeClasses]:
    """Decide whether size acts, and give all records their bands if it does."""
    spells = evidence.spells
    sized = SizedSpells(
        spells.stage, spells.segment, spells.entered, spells.since - spells.entered, spells.until - spells.entered,
        _ends(evidence), spells.amount,
    )  # fmt: skip
    used = {*evidence.channels.names, *evidence.segments.names, *evidence.targets}
    sizes = fit_size(
        sized, stages=[rule.name for rule in evidence.stages], segments=len(evidence.segments.names),
        used=tuple(sorted(used)), currency=evidence.view.mapping.currency,
    )  # fmt: skip
    bands = sizes.bands
    if bands is None or not bands.divide:
        return evidence, SizeClasses(sizes)
    band = bands.of(spells.amount)
    usual = int(np.bincount(band[band >= 0]).argmax())
    spells = replace(spells, band=np.where(band < 0, usual, band).astype(np.int64))
    entries = bands.entries(sized, len(evidence.segments.names), evidence.wins.entry_amount)
    return replace(evidence, spells=spells, band_names=bands.names, band_stage=bands.stage), SizeClasses(sizes, entries)


def if_used(sizes: SizeClasses, fits: list[StageFit]) -> SizeClasses:
    """The same without bands, if no stage differs by them: amounts by band would then not be those of wins."""
    if sizes.entries is None or any("band" in fit.dimensions or fit.timed_by == "band" for fit in fits):
        return sizes
    return SizeClasses(replace(sizes.sizes, part=Part(findings=sizes.sizes.part.findings)))


def _ends(evidence: Evidence) -> I64:
    """How each spell ended: by advancing, otherwise, or not yet."""
    spells = evidence.spells
    up = np.array([[is_progress(evidence, rule, o) for o in range(len(evidence.targets))] for rule in evidence.stages])
    ended = np.where(up[spells.stage, np.maximum(spells.outcome, 0)], ADVANCED, OTHER)
    return np.where(spells.outcome == NOT_LEFT, OPEN, ended).astype(np.int64)


def size_odds(evidence: Evidence, sizes: Sizes) -> F64:
    """Factor on the odds of each open record by its own amount; 1 where that says nothing."""
    columns = evidence.open_records
    if sizes.bands is None:
        return np.ones(len(columns["amount"]))
    return sizes.bands.odds(columns["amount"], columns["segment"].astype(np.int64))
