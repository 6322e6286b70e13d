"""``rpmsim show``: what a scenario says once everything it extends is merged, and where each value comes from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.options import json_option, scenario_argument, set_option, show_warnings

if TYPE_CHECKING:
    from rpmsim.model.reach import Reach
    from rpmsim.scenario import Leaf, Scenario

WIDEST_VALUE = 72
"""A longer ``path = value`` pushes its origin out of line rather than everybody's."""

ABOUT = frozenset({"name", "label", "description", "status", "approved_by"})
"""Values that say what a scenario is, and change nothing."""


@click.command(
    epilog="""\b
Examples:
  rpmsim show fy27.yaml
  rpmsim show fy27.yaml --set roles.sdr.heads=+2 --json
  rpmsim show fy27.yaml --reach hire_two_sdrs.yaml
  rpmsim show fy27.yaml --picture
"""
)
@scenario_argument("file")
@set_option
@click.option(
    "--reach",
    "other",
    type=click.Path(path_type=Path),
    metavar="B",
    help="Print what the differences between FILE and scenario B can affect, and what they cannot.",
)
@click.option(
    "--picture",
    is_flag=False,
    flag_value="",
    metavar="[OUT.svg]",
    help="Draw the revenue cycle instead: stages, ways with shares and times, channels, and who works where. Without a "
    "name after it: NAME.cycle.svg in this folder, unless it exists.",
)
@json_option
def show(file: Path, settings: tuple[str, ...], other: Path | None, picture: str | None, as_json: bool) -> None:
    """Print the resolved scenario FILE: each value as --set takes it, with the file and line it comes from."""
    from rpmsim.scenario import load_scenario

    if picture and not picture.lower().endswith(".svg"):
        raise click.BadParameter(f"{picture!r} does not end in .svg", param_hint="--picture")
    scenario = load_scenario(file, settings)
    show_warnings(scenario)
    if picture is not None:
        _draw(scenario, Path(picture) if picture else Path(f"{file.stem}.cycle.svg"), overwrite=bool(picture))
    elif other is not None:
        target = load_scenario(other)
        show_warnings(target)
        _show_reach(scenario, target, as_json)
    elif as_json:
        click.echo(json.dumps(_document(scenario), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(scenario)))


def _draw(scenario: Scenario, target: Path, *, overwrite: bool) -> None:
    """Write the picture of the cycle, and say where."""
    from rpmsim.cli.destination import new_files
    from rpmsim.report.cycle_facts import cycle_of
    from rpmsim.report.cycle_picture import cycle_svg

    with new_files(target.parent, overwrite=overwrite) as work:
        (work / target.name).write_text(cycle_svg(cycle_of(scenario.model)), encoding="utf-8", newline="\n")
    click.echo(target)


def _lines(scenario: Scenario) -> list[str]:
    """One line for each value."""
    from rpmsim.scenario.drawn import drawn_of

    values = []
    for leaf in scenario.leaves():
        drawn = drawn_of(scenario, leaf)
        values.append((f"{leaf.path} = {leaf.text}", f"{f'{drawn}, ' if drawn else ''}{_origin(leaf)}"))
    width = max((len(value) for value, _ in values if len(value) <= WIDEST_VALUE), default=0)
    return [f"{value:{width}}  # {origin}" for value, origin in values]


def _origin(leaf: Leaf) -> str:
    """Where a value was written; for a relative one, every step."""
    if len(leaf.chain) < 2:
        return _place(leaf.file, leaf.line)
    return ", then ".join(f"{step.text} {_place(step.mark.file, step.mark.line)}" for step in leaf.chain)


def _place(file: str, line: int | None) -> str:
    return f"{file}:{line}" if line else file


def _show_reach(scenario: Scenario, target: Scenario, as_json: bool) -> None:
    """Print the levers between two scenarios and all that they can reach."""
    from rpmsim.model.reach import influence_reach

    reach = influence_reach(scenario.model, target.model)
    levers = _levers(scenario, target)
    apart = {} if reach.everything else _apart(scenario, reach)
    if as_json:
        document = {
            "from": scenario.name,
            "to": target.name,
            "levers": levers,
            "reach": reach.as_dict(),
            "apart": apart,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(f"From {scenario.name} to {target.name}:")
    for lever in levers:
        click.echo(f"  {lever['path']}: {lever['from'] or '(not stated)'} -> {lever['to'] or '(not stated)'}")
    click.echo("can affect:")
    for line in reach.lines():
        click.echo(f"  {line}")
    if not reach.everything:
        click.echo("Everything else is identical in every replication, given the same random seed:")
        for what, names in apart.items():
            click.echo(f"  {what}: {', '.join(names) or 'none'}")


def _apart(scenario: Scenario, reach: Reach) -> dict[str, list[str]]:
    """Arrivals, stages and roles of which nothing is reached."""
    content = scenario.model.content
    roles = reach.work | reach.people | reach.capacity | reach.pay
    return {
        "arrivals": [channel.name for channel in content.channels if channel.name not in reach.arrivals],
        "stages": [stage.name for stage in content.stages if not reach.stage(stage.name)],
        "roles": [role.name for role in content.roles if role.name not in roles],
    }


def _levers(scenario: Scenario, target: Scenario) -> list[dict[str, str | None]]:
    """Values that the two do not share, in the order of the files; what only names or describes is left out."""
    before, after = ({leaf.path: leaf.text for leaf in s.leaves()} for s in (scenario, target))
    paths = [path for path in {**before, **after} if path not in ABOUT and before.get(path) != after.get(path)]
    return [{"path": path, "from": before.get(path), "to": after.get(path)} for path in paths]


def _document(scenario: Scenario) -> dict[str, Any]:
    """The JSON form: what the lines say, and the history of each assumption."""
    from rpmsim.scenario.drawn import drawn_of

    return {
        "scenario": scenario.name,
        "status": scenario.status,
        "approved_by": scenario.approved_by,
        "files": [{"file": file.path, "sha256": file.sha256} for file in scenario.files],
        "set": scenario.overrides,
        "values": [
            {
                "path": leaf.path,
                "value": leaf.text,
                "file": leaf.file,
                "line": leaf.line,
                "steps": [
                    {"text": step.text, "file": step.mark.file, "line": step.mark.line or None} for step in leaf.chain
                ],
                "owner": leaf.owner,
                "source": leaf.source,
                "date": leaf.date,
                "note": leaf.note,
                **({"posterior": asdict(drawn)} if (drawn := drawn_of(scenario, leaf)) else {}),
            }
            for leaf in scenario.leaves()
        ],
    }
