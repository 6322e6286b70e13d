"""All rules, in the order in which they are told."""

from __future__ import annotations

from rpmsim.model.plan import Content, Model
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.rules.arrivals import check_growth, check_tables, check_volume
from rpmsim.scenario.rules.classes import check_bands, check_class_maps
from rpmsim.scenario.rules.flow import check_cycle_takes_a_day, check_ends, check_reached, check_some_end
from rpmsim.scenario.rules.history import check_against_history
from rpmsim.scenario.rules.horizon import check_actuals, check_changes, check_start, check_targets
from rpmsim.scenario.rules.limits import check_sizes
from rpmsim.scenario.rules.look import Look
from rpmsim.scenario.rules.names import check_class_names, check_names, check_start_names
from rpmsim.scenario.rules.people import check_people_dates, check_roles
from rpmsim.scenario.rules.rows import check_rows
from rpmsim.scenario.rules.shares import check_mixes, check_slots, check_stage_shares
from rpmsim.scenario.schema.base import ClassMap


def check_content(model: Model, content: Content, class_maps: list[ClassMap], place: Place) -> None:
    """Check what holds from some day on."""
    look = Look(model, content, place)
    check_names(look)
    check_reached(look)
    check_ends(look)
    check_some_end(look)
    check_class_maps(look, class_maps)
    check_stage_shares(look)
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
    check_tables(look)
    check_people_dates(model, place)
    check_changes(model, place)
    check_actuals(model, place)
    check_targets(model, place)
    check_start(model, place)
    check_rows(model, place)
    check_against_history(model, place)
