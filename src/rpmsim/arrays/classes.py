"""The classes of a model and how moves change them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rpmsim.model.number import LeadClass
from rpmsim.model.plan import Model


@dataclass(frozen=True)
class Classes:
    """All classes in a fixed order: channel, segment, grade, returns, band, each in the order of the scenario."""

    leads: tuple[LeadClass, ...]
    channels: tuple[str, ...]
    segments: tuple[str, ...]
    bands: tuple[str, ...]
    max_returns: int

    def index(self, lead: LeadClass) -> int:
        """Number of a class."""
        return self.leads.index(lead)

    def cell(self, lead: LeadClass) -> int:
        """Number of the class's channel and segment."""
        return self.channels.index(lead.channel) * len(self.segments) + self.segments.index(lead.segment)

    def returned(self, lead: LeadClass) -> LeadClass:
        """The class after a move that raises the return count."""
        return replace(lead, returns=min(lead.returns + 1, self.max_returns))

    def banded(self, lead: LeadClass, band: str) -> LeadClass | None:
        """The class with a size band, None where its segment has no amounts."""
        banded = replace(lead, band=band)
        return banded if banded in set(self.leads) else None


def classes_of(model: Model) -> Classes:
    """Enumerate the classes that can occur: in the mix of a channel at some time, or open at the start."""
    contents = model.contents
    pairs = {(c.name, segment) for content in contents for c in content.channels for segment, _ in c.mix}
    pairs |= {(stock.channel, stock.segment) for stock in model.opening}
    pairs |= {(deal.channel, deal.segment) for deal in model.open_deals}
    channels = tuple(channel.name for channel in model.content.channels)
    segments = tuple(segment.name for segment in model.content.segments)
    has_amount = {segment.name for segment in model.content.segments if segment.amount is not None}
    banded = any(stage.amount_here for stage in model.content.stages)
    bands = tuple(band.name for band in model.bands) if banded else ()
    leads = []
    for channel in channels:
        for segment in segments:
            if (channel, segment) not in pairs:
                continue
            for grade in model.grades or ("",):
                for returns in range(model.max_returns + 1):
                    own_bands = ("", *(bands if segment in has_amount else ()))
                    leads += [LeadClass(channel, segment, grade, returns, band) for band in own_bands]
    return Classes(tuple(leads), channels, segments, bands, model.max_returns)
