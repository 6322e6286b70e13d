"""How the leads of each channel are split into segments: Dirichlet, centered on the split of all channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.part import Part

PRIOR_LEADS = 1.0
"""Leads that the split of all channels is worth in each of them."""


def channels_part(evidence: Evidence, draws: int, rng: np.random.Generator) -> Part:
    """Channels and segments with their labels, where leads enter, and the split of their leads.

    Parameters
    ----------
    evidence : Evidence
    draws : int
    rng : Generator
    """
    part, names = Part(), evidence.segments.names
    pooled = evidence.mix.sum(axis=0) / max(float(evidence.mix.sum()), 1.0)
    channels: dict[str, Any] = {}
    for i, (name, label) in enumerate(zip(evidence.channels.names, evidence.channels.labels, strict=True)):
        channels[name] = {"label": label, "into": evidence.stages[evidence.into[i]].name}
        if len(names) < 2:
            continue
        leads = evidence.mix[i]
        drawn = rng.standard_gamma(np.maximum(leads + PRIOR_LEADS * pooled, 1e-6), (draws, len(names)))
        drawn /= drawn.sum(axis=1, keepdims=True)
        largest = int(leads.argmax())
        mix = {names[g]: "posterior" for g in range(len(names)) if g != largest}
        for g, segment in enumerate(names):
            if g != largest:
                part.draws[f"channels.{name}.mix.{segment}"] = drawn[:, g]
                part.records[f"channels.{name}.mix.{segment}"] = int(leads.sum())
        channels[name]["mix"] = {**mix, names[largest]: "rest"}
    segments = {name: {"label": label} for name, label in zip(names, evidence.segments.labels, strict=True)}
    part.text = {"segments": segments, "channels": channels}
    return part
