"""What a rule looks at: one content of a model, with its positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rpmsim.model.cycle import Stage
from rpmsim.model.graph import Pair, pairs_by_stage
from rpmsim.model.number import Dimension
from rpmsim.model.plan import Content, Model
from rpmsim.scenario.assemble.place import Place


@dataclass(frozen=True)
class Look:
    """One content of a model and the tree from which it was built."""

    model: Model
    content: Content
    place: Place

    @cached_property
    def stages(self) -> Mapping[str, Stage]:
        """Stages by name."""
        return {stage.name: stage for stage in self.content.stages}

    @cached_property
    def pairs(self) -> Mapping[str, set[Pair]]:
        """Channels and segments that can come to each stage."""
        stock = ((item.stage, item.channel, item.segment) for item in self.model.opening)
        deals = ((deal.stage, deal.channel, deal.segment) for deal in self.model.open_deals)
        return pairs_by_stage(self.content, dict.fromkeys([*stock, *deals]))

    @cached_property
    def names(self) -> Mapping[Dimension, tuple[str, ...]]:
        """Class names by dimension."""
        counts = tuple(str(i) for i in range(self.model.max_returns + 1)) if self.model.max_returns else ()
        return {
            "channel": tuple(channel.name for channel in self.content.channels),
            "segment": tuple(segment.name for segment in self.content.segments),
            "grade": self.model.grades,
            "returns": counts,
            "band": tuple(band.name for band in self.model.bands),
        }
