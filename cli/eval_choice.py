"""Choosing scenarios: the options that commands of `kubetriage eval` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kubetriage.cli.demo import bundled_scenarios

if TYPE_CHECKING:
    from kubetriage.evals.scenario import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--scenarios", metavar="DIR", help="A folder of scenarios.  [default: the bundled ones]"),
    click.option("--only", metavar="NAME", multiple=True, help="Only this scenario; repeatable."),
    click.option("--tag", "tags", metavar="TAG", multiple=True, help="Only those with this tag; repeatable."),
    click.option(
        "--family", "families", metavar="NAME", multiple=True, help="Only this family of faults; repeatable."
    ),
    click.option(
        "--sample",
        type=click.IntRange(1),
        help="So many of them: of each family its share.",
    ),
)


def choosing(command: Command) -> Command:
    """Adds --scenarios, --only, --tag, --family and --sample."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_scenarios(
    folder: str | None,
    only: Sequence[str] = (),
    tags: Sequence[str] = (),
    families: Sequence[str] = (),
    sample: int | None = None,
) -> list[Scenario]:
    """The scenarios that fit: by name if names are given, with any of the tags, of any of the families.

    Raises `BadInput` for a folder that cannot be used, and a usage error for a name, tag or family that no
    scenario has.
    """
    from kubetriage.evals.families import family_of
    from kubetriage.evals.sampling import sampled
    from kubetriage.evals.scenario import find

    every = find(Path(folder) if folder else bundled_scenarios())
    for what, wanted, there in (
        ("scenario", only, {each.name for each in every}),
        ("tag", tags, {tag for each in every for tag in each.expected.tags}),
        ("family", families, {family_of(each.expected.category) for each in every}),
    ):
        for name in wanted:
            if name not in there:
                raise click.UsageError(_unknown(what, name, there))
    found = [
        each
        for each in every
        if (not only or each.name in only)
        and (not tags or set(tags) & set(each.expected.tags))
        and (not families or family_of(each.expected.category) in families)
    ]
    if not found:
        raise click.UsageError("No scenario fits all of --only, --tag and --family.")
    return found if sample is None else sampled(found, sample)


def _unknown(what: str, name: str, there: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(there), 1)
    hint = f"; did you mean {near[0]}?" if near else "; `kubetriage eval list` shows them."
    return f"There is no {what} {name!r}{hint}"
