"""`kubetriage models`: list profiles, probe endpoints, show what was spent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from kubetriage.cli.app import Options

if TYPE_CHECKING:
    from kubetriage.adapters.model.ledger import Spent
    from kubetriage.adapters.model.probed import Probed
    from kubetriage.adapters.model.profile import Price
    from kubetriage.bootstrap.models import Listed

FORMATS = ("text", "json")
MARKS = {True: "yes", False: "NO", None: "-"}


@click.group(invoke_without_command=True)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Of the list.")  # fmt: skip
@click.pass_context
def models(ctx: click.Context, format_: str) -> None:
    """List the model profiles: name, model, endpoint, key, methods, price.

    They are ready, or come from [models.NAME] of the configuration; `model = "NAME"` there chooses one.

    \b
      kubetriage models
      kubetriage models probe siliconflow-qwen3-30b
      kubetriage models usage --days 7
    """
    if ctx.invoked_subcommand is not None:
        return
    from kubetriage.bootstrap.models import listed
    from kubetriage.bootstrap.settings import load_settings

    options: Options = ctx.obj
    found = listed(load_settings(options.config))
    if format_ == "json":
        _print_json([_as_json(each) for each in found])
    else:
        click.echo(_table([_heading(), *(_row(each) for each in found)]))


@models.command(short_help="Ask a profile's endpoint what it can do.")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Of what was found out.")  # fmt: skip
@click.pass_obj
def probe(options: Options, name: str, dry_run: bool, format_: str) -> int:
    """Ask a profile's endpoint what it can do, and write that down for later runs.

    A dozen short requests, about 3,000 tokens with a model that thinks. Exits with 1 if it gives no answer.
    """
    from kubetriage.adapters.model.probing import planned
    from kubetriage.bootstrap import models as bootstrap
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted

    settings = load_settings(options.config)
    if dry_run:
        click.echo("\n".join(planned(bootstrap.profile_of(settings, name))))
        return 0
    found, written = asyncio.run(run_until_interrupted(bootstrap.probe(settings, name)))
    if format_ == "json":
        _print_json(
            {"profile": name, "findings": found.findings(), "form": found.form.model_dump(mode="json")}
        )
    else:
        click.echo(_probed(found))
    where = f"written to {written}" if written else "could not be written down: the folder is read-only"
    click.echo(f"kubetriage: {where}", err=True)
    return 0


@models.command(short_help="Show what was spent on models.")
@click.option(
    "--days", type=click.IntRange(1, 90), default=1, help="Today and the days before.  [default: 1]"
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Of the figures.")  # fmt: skip
@click.pass_obj
def usage(options: Options, days: int, format_: str) -> None:
    """Show what was spent on models today (UTC), and what the budgets leave."""
    from kubetriage.bootstrap.models import spent
    from kubetriage.bootstrap.settings import load_settings

    settings = load_settings(options.config)
    found = spent(settings, days)
    budget = settings.budget
    if format_ == "json":
        _print_json({"spent": [each._asdict() for each in found], "budget": budget.model_dump()})
        return
    click.echo(_spent(found))
    limits = [(name, value) for name, value in budget.model_dump().items() if name != "currency" and value]
    today = spent(settings)
    for name, value in limits:
        unit = budget.currency if name.endswith("cost") else "tokens"
        left = f", {max(0.0, value - _used(today, unit)):g} left today" if name.startswith("day") else ""
        click.echo(f"budget.{name}: {value:g} {unit}{left}")


def _used(today: Sequence[Spent], unit: str) -> float:
    """Tokens, or money of one currency."""
    if unit == "tokens":
        return sum(each.prompt + each.completion for each in today)
    return sum(each.cost or 0.0 for each in today if each.currency == unit)


# --- on a screen ----------------------------------------------------------------------------------------


def _heading() -> list[str]:
    return ["NAME", "MODEL", "ENDPOINT", "KEY", "METHODS", "TOOLS", "PRICE PER MILLION"]


def _row(each: Listed) -> list[str]:
    profile = each.profile
    key = (
        "not needed"
        if not profile.key_env
        else profile.key_env
        if each.key_set
        else f"{profile.key_env} NOT SET"
    )
    name = f"{profile.name}{' *' if each.default else ''}"
    methods = ",".join(each.methods) + (" (probed)" if each.probed else "")
    return [
        name,
        profile.model,
        profile.base_url,
        key,
        methods,
        MARKS[each.tools].lower(),
        _price(profile.price),
    ]


def _price(price: Price | None) -> str:
    if price is None:
        return "unknown"
    if not price.prompt and not price.completion:
        return "free"
    cached = "" if price.cached is None else f" (cached {price.cached:g})"
    return f"{price.prompt:g}{cached} / {price.completion:g} {price.currency}"


def _probed(found: Probed) -> str:
    profile = found.profile
    rows = [[check.name, MARKS[check.good], check.said] for check in found.checks]
    form = found.form
    tools = "native tools" if form.tools else "tools in words"
    stream = "streams" if form.stream else "no streams"
    asked = f"It will be asked by {form.method.value}, with {tools}, {stream}, {form.max_tokens_field}."
    return f"{profile.name}: {profile.model} at {profile.base_url}\n\n{_table(rows)}\n\n{asked}"


def _spent(found: Sequence[Spent]) -> str:
    if not found:
        return "Nothing was spent."
    rows = [["DAY", "PROFILE", "CALLS", "PROMPT", "CACHED", "COMPLETION", "COST"]]
    for each in found:
        cost = "unknown" if each.cost is None else f"{each.cost:.4f} {each.currency}"
        counts = [str(n) for n in (each.calls, each.prompt, each.cached, each.completion)]
        rows.append([each.day, each.profile, *counts, cost])
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    from kubetriage.domain.rendering.visible import one_line

    shown = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in shown) for at in range(len(shown[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in shown]
    return "\n".join(line.rstrip() for line in lines)


def _as_json(each: Listed) -> dict[str, Any]:
    profile = each.profile
    return {
        "name": profile.name,
        "about": profile.about,
        "model": profile.model,
        "base_url": profile.base_url,
        "key_env": profile.key_env,
        "key_set": each.key_set,
        "default": each.default,
        "methods": list(each.methods),
        "native_tools": each.tools,
        "context_tokens": profile.context_tokens,
        "output_tokens": profile.output_tokens,
        "thinking": profile.thinking,
        "fallbacks": list(profile.fallbacks),
        "price": profile.price.model_dump() if profile.price else None,
        "probed": each.probed.isoformat() if each.probed else None,
    }


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
