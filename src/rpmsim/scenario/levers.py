"""What changed from one scenario to another as levers, and the scenarios in which only some of them are pulled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

from rpmsim.errors import InputError
from rpmsim.scenario.check import check
from rpmsim.scenario.differences import Difference, differences, subject
from rpmsim.scenario.posterior_file import KEY
from rpmsim.scenario.scenario import Scenario
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Path, dotted

MOST_LEVERS = 8
"""Levers of a bridge: all subsets of them are simulated."""
_OF_THINGS = ("channels", "segments", "stages", "roles", "costs", "changes", "grades", "bands")
"""Sections of which each entry is a lever of its own."""
_NO_EFFECT = ("targets", "actuals", "track_record", "report", "status", "approved_by")
"""What changes no number of leads, deals or money that is simulated."""
_TOGETHER = "All changes together"
_TITLES = {
    "channels": "Channels",
    "segments": "Segments",
    "stages": "Stages",
    "roles": "Staff",
    "costs": "Costs",
    "changes": "Dated changes",
    "open": "Open deals",
    "opening": "Opening stock",
    "calendar": "Calendar",
    "rates": "Exchange rates",
    "posterior": "Posterior",
}


@dataclass(frozen=True)
class Lever:
    """Changes that are made together or not at all.

    Parameters
    ----------
    places : tuple of Path
        The parts of the scenario's tree that it replaces.
    title : str
        What it is about, in few words.
    words : tuple of str
        Each change, in words.
    """

    places: tuple[Path, ...]
    title: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in files: the places, with dots."""
        return "+".join(dotted(place) for place in self.places)


def levers(a: Scenario, b: Scenario, most: int = MOST_LEVERS) -> list[Lever]:
    """The levers from ``a`` to ``b``, in the order of their names.

    Each channel, segment, stage, role, cost and dated change is a lever, and so is every other section of a scenario.
    Levers of which one without the other makes no valid scenario are one lever, and so are those of a section where
    there are more than ``most``.

    Parameters
    ----------
    a, b : Scenario
        Of the same dates and currency.
    most : int
        At most so many levers.
    """
    found: dict[Path, list[Difference]] = {}
    for difference in differences(a, b):
        parts = tuple(difference.path.split("."))
        if parts[0] not in _NO_EFFECT:
            found.setdefault(parts[:2] if parts[0] in _OF_THINGS else parts[:1], []).append(difference)
    result = [Lever((place,), _title(place, own, a, b), tuple(d.words for d in own)) for place, own in found.items()]
    result = _that_stand_alone(a, b, sorted(result, key=lambda lever: lever.name))
    if len(result) > most:
        result = _by_section(result)
    if len(result) > most:
        result = [*result[: most - 1], _joined(result[most - 1 :], "All other changes")]
    if not _all_are_valid(a, b, result):
        return [_joined(result, _TOGETHER)]
    return sorted(result, key=lambda lever: lever.name)


def with_levers(a: Scenario, b: Scenario, pulled: Iterable[Lever]) -> Scenario:
    """The scenario ``a`` with some of its levers as they are in ``b``.

    Raises
    ------
    InputError
        It is no valid scenario.
    """
    tree = a.tree.copy()
    for lever in pulled:
        for place in lever.places:
            _replace(tree, b.tree, place)
    complaints = Complaints()
    posterior = next((s.posterior for s in (a, b) if s.tree.items.get(KEY) == tree.items.get(KEY)), None)
    model = check(tree, complaints, posterior.contents if posterior else None)
    complaints.raise_if_any()
    return Scenario(model, tree, a.path, warnings=complaints.warnings, posterior=posterior)


def _replace(tree: Mapping, source: Mapping, place: Path) -> None:
    """Put what stands at a place in ``source`` at that place in ``tree``, or remove it."""
    for key in place[:-1]:
        inner, other = tree.items.get(key), source.items.get(key)
        if not isinstance(other, Mapping):
            other = Mapping({}, {}, source.mark)
        if not isinstance(inner, Mapping):
            inner = Mapping({}, {}, other.mark)
            tree.put(key, inner, source.marks.get(key, other.mark))
        tree, source = inner, other
    key = place[-1]
    if key in source.items:
        node = source.items[key]
        tree.put(key, node.copy() if isinstance(node, Mapping) else node, source.marks[key])
    elif key in tree.items:
        tree.drop(key)


def _that_stand_alone(a: Scenario, b: Scenario, found: list[Lever]) -> list[Lever]:
    """Levers of which each may be pulled, or left out, alone; those that may not are joined."""
    if len(found) < 2:
        return found
    tied = [
        lever
        for lever in found
        if not _is_valid(a, b, [lever]) or not _is_valid(a, b, [other for other in found if other is not lever])
    ]
    if len(tied) < 2:
        return [_joined(found, _TOGETHER)] if tied else found
    return [*(lever for lever in found if lever not in tied), _joined(tied, "Changes that need each other")]


def _all_are_valid(a: Scenario, b: Scenario, found: list[Lever]) -> bool:
    """Whether any of the levers can be pulled together: each alone may be fine, and two of them not."""
    sizes = range(1, len(found))
    return all(_is_valid(a, b, pulled) for size in sizes for pulled in combinations(found, size))


def _is_valid(a: Scenario, b: Scenario, pulled: Collection[Lever]) -> bool:
    try:
        with_levers(a, b, pulled)
    except InputError:
        return False
    return True


def _by_section(found: list[Lever]) -> list[Lever]:
    """One lever for each section."""
    sections: dict[str, list[Lever]] = {}
    for lever in found:
        sections.setdefault(lever.places[0][0] if len(lever.places) == 1 else lever.title, []).append(lever)
    return [own[0] if len(own) == 1 else _joined(own, _TITLES.get(name, name)) for name, own in sections.items()]


def _joined(found: list[Lever], title: str) -> Lever:
    places = tuple(sorted(place for lever in found for place in lever.places))
    return Lever(places, title, tuple(words for lever in found for words in lever.words))


def _title(place: Path, own: list[Difference], a: Scenario, b: Scenario) -> str:
    """One change in its own words; of several what they are about."""
    if len(own) == 1:
        return own[0].words.removesuffix(", not stated before")
    if place[0] == "changes":
        return f"Dated change {place[1]}"
    about = subject(dotted(place), a, b) if len(place) > 1 else _TITLES.get(place[0], place[0].capitalize())
    return f"{about}: {len(own)} changes"
