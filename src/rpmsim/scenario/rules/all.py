"""All rules, in the order in which they are reported."""

from __future__ import annotations

from rpmsim.model.plan import Content, Model
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.rules.actuals import check_against_history
from rpmsim.scenario.rules.advancing import check_advancing
from rpmsim.scenario.rules.arrivals import check_batches, check_growth, check_tables, check_volume
from rpmsim.scenario.rules.classes import check_bands, check_class_maps
from rpmsim.scenario.rules.empty_start import check_empty_start
from rpmsim.scenario.rules.graph import check_cycle_takes_a_day, check_ends, check_reached, check_some_end
from rpmsim.scenario.rules.horizon import (
    check_actuals,
    check_changes,
    check_class_targets,
    check_start,
    check_targets,
    check_targets_agree,
)
from rpmsim.scenario.rules.limits import check_sizes
from rpmsim.scenario.rules.look import Look
from rpmsim.scenario.rules.months import check_rows
from rpmsim.scenario.rules.names import check_class_names, check_names, check_start_names
from rpmsim.scenario.rules.overdue import check_overdue
from rpmsim.scenario.rules.overfull import check_overfull
from rpmsim.scenario.rules.people import check_people_dates, check_roles
from rpmsim.scenario.rules.presence import check_presence
from rpmsim.scenario.rules.shares import check_mixes, check_old_leads, check_slots, check_stage_shares
from rpmsim.scenario.rules.slips import check_hires, check_tails, check_win_shares
from rpmsim.scenario.rules.track_record import check_track_record
from rpmsim.scenario.schema.reading import ClassMap


def check_content(model: Model, content: Content, class_maps: list[ClassMap], place: Place) -> None:
    """Check what holds from some day on."""
    look = Look(model, content, place)
    check_names(look)
    check_reached(look)
    check_ends(look)
    check_some_end(look)
    check_class_maps(look, class_maps)
    check_stage_shares(look)
    check_old_leads(look)
    check_mixes(look)
    check_slots(look)
    check_roles(look)
    check_growth(look)
    check_volume(look)


def check_plan(model: Model, class_maps: list[ClassMap], place: Place) -> None:
    """Check what holds for the whole run."""
    look = Look(model, model.content, place)
    check_sizes(model, place)
    check_class_names(look)
    check_start_names(look)
    check_bands(look, class_maps)
    check_cycle_takes_a_day(model, place)
    check_batches(look)
    check_tables(look)
    check_people_dates(model, place)
    check_changes(model, place)
    check_actuals(model, place)
    check_targets(model, place)
    check_class_targets(look)
    check_start(model, place)
    check_rows(model, place)
    check_against_history(model, place)
    check_track_record(model, place)


def look_twice(model: Model, places: list[Place]) -> None:
    """Warn of what is allowed and usually not meant, in a plan without errors; of changes, what they bring.

    Parameters
    ----------
    places : list of Place
        Of the content at the start, and of each change.
    """
    look = Look(model, model.content, places[0])
    check_empty_start(look)
    check_targets_agree(model, places[0])
    check_overdue(look)
    check_presence(look)
    check_hires(look)
    check_advancing(look)
    before: Content | None = None
    for content, place in zip(model.contents, places, strict=True):
        known = () if before is None else before.stages
        fresh = {stage.name for stage in content.stages if stage not in known}
        changed = Look(model, content, place)
        check_overfull(changed, fresh)
        check_win_shares(changed, fresh)
        check_tails(changed, before)
        before = content
