"""`kubetriage triage`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubetriage.cli.app import Options
from kubetriage.cli.names import NamespaceName
from kubetriage.cli.progress import progress_for

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings
    from kubetriage.bootstrap.triaging import Incident
    from kubetriage.cli.output import Style
    from kubetriage.domain.language import Language
    from kubetriage.domain.ports import Progress
    from kubetriage.domain.report import Report

FORMATS = ("text", "markdown", "json", "html")
LANGUAGES = ("en", "zh", "both")


class Seconds(click.FloatRange):
    """A number of seconds; `nan`, which is in every range, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if isinstance(seconds, float) and isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


@click.command()
@click.argument("alert", metavar="ALERT|-")
@click.option("--namespace", "-n", type=NamespaceName(), metavar="NAMESPACE",
              help="The namespace of KIND/NAME [default: default].")  # fmt: skip
@click.option("--snapshot", metavar="DIR|BUNDLE", help="Read a snapshot, or a bundle, instead of a cluster.")
@click.option("--cluster", metavar="NAME", help="The configured connection to read.")
@click.option("--model", metavar="NAME|none", help="The model profile that writes [default: as configured].")
@click.option("--language", type=click.Choice(LANGUAGES),
              help="Of the report.  [default: as configured, else the locale]")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Of the report.")  # fmt: skip
@click.option("--output", "-o", metavar="FILE", help="Write the report there instead of standard output.")
@click.option("--notify", metavar="CHANNEL", multiple=True, help="Also send the report there; repeatable.")
@click.option("--timeout", type=Seconds(min=0.1, max=86400), default=120.0, metavar="SECONDS",
              help="After this the report so far is given.  [default: 120]")  # fmt: skip
@click.pass_obj
def triage(
    options: Options,
    alert: str,
    namespace: str | None,
    snapshot: str | None,
    cluster: str | None,
    model: str | None,
    language: str | None,
    format_: str,
    output: str | None,
    notify: Sequence[str],
    timeout: float,
) -> int:
    """Diagnose an alert and print the report.

    ALERT is a file, or - for standard input, with JSON or YAML in any alert format (Alertmanager, Prometheus,
    Grafana, PrometheusAlert, a bare alert, …), or KIND/NAME to triage a resource without an alert:

    \b
      kubetriage triage alert.json
      amtool alert query -o json | kubetriage triage -
      kubetriage triage pod/web-0 -n shop --language zh
    """
    if snapshot and cluster:
        raise click.UsageError("--snapshot and --cluster exclude each other.")
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.alerts import incidents_of
    from kubetriage.cli.bundles import readable_snapshot
    from kubetriage.cli.interrupt import end_as_interrupted
    from kubetriage.cli.output import Style

    end_as_interrupted()
    settings = load_settings(options.config)
    if cluster:
        settings.require_cluster(cluster)
    settings.require_model(model)
    settings.require_channels(notify)
    values, headings = settings.languages(language)
    if language:  # it is that of channels, too, that have none of their own
        primary = values.value if headings is not values else settings.primary_language
        settings = settings.model_copy(update={"language": headings, "primary_language": primary})
    snapshot = readable_snapshot(snapshot, quiet=options.quiet)
    incidents, several, truncated = incidents_of(alert, namespace, snapshot)
    if truncated:
        click.echo(f"kubetriage: the sender left {more_alerts(truncated)} of this group out", err=True)
    style = Style(format=format_, headings=headings, colour=colour_for(output), several=several)
    request = Request(
        settings, incidents, snapshot, cluster or "", values, timeout, settings.chosen_model(model), notify
    )
    return print_reports(request, style, output, quiet=options.quiet)


def more_alerts(count: int) -> str:
    return f"{count} more alert{'s' * (count != 1)}"


class Request:
    """What is to be triaged, and with what."""

    def __init__(
        self,
        settings: Settings,
        incidents: Sequence[Incident],
        snapshot: str | None,
        cluster: str,
        language: Language,
        timeout: float,
        model: str = "",
        notify: Sequence[str] = (),
    ) -> None:
        self.settings = settings
        self.incidents = incidents
        self.snapshot = Path(snapshot) if snapshot else None
        self.cluster = cluster
        self.language = language
        self.timeout = timeout
        self.model = model
        self.notify = notify
        """Channels that the reports are sent to when they are printed."""

    async def run(self, progress: Progress) -> list[Sequence[Report]]:
        """The reports of each incident: the one to print, then those in other languages of channels."""
        from kubetriage.bootstrap.services import build_services
        from kubetriage.bootstrap.triaging import triage_in_languages
        from kubetriage.state.triage_alert import TriageContext

        context = TriageContext(
            cluster=self.cluster,
            language=self.language,
            other_languages=self._told_in(),
            deadline=self.timeout,
            model=self.model,
        )
        async with build_services(self.settings, snapshot=self.snapshot, progress=progress) as services:
            return [made async for made in triage_in_languages(services, self.incidents, context)]

    def _told_in(self) -> tuple[Language, ...]:
        if not self.notify:
            return ()
        from kubetriage.bootstrap.channels import languages_of

        return tuple(set(languages_of(self.settings, self.notify).values()) - {self.language})


def print_reports(request: Request, style: Style, output: str | None, *, quiet: bool) -> int:
    """Run, print, and say the exit status."""
    from kubetriage.bootstrap.triaging import unreachable
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.cli.output import check_writable, rendered, write
    from kubetriage.domain.rendering.visible import one_line

    check_writable(output)
    progress = progress_for(quiet)
    try:
        told = asyncio.run(run_until_interrupted(request.run(progress)))
    finally:
        progress.clear()
    reports = [own for own, *_ in told]
    write(rendered(reports, style), output)
    delivered = not request.notify or notified(request, told)
    if all(unreachable(report) for report in reports):
        why = one_line(reports[0].gaps[0].why)  # in the words of whatever answered
        click.echo(f"kubetriage: the cluster could not be read at all: {why}", err=True)
        return 3
    return 0 if delivered else 4


def notified(request: Request, reports: Sequence[Sequence[Report]]) -> bool:
    """Send the reports to the channels asked for; False, and why on stderr, if one was not delivered."""
    from kubetriage.bootstrap.channels import deliver
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.cli.notify import explained

    told = asyncio.run(run_until_interrupted(deliver(request.settings, reports, request.notify)))
    failed = [each for each in told if each.delivery.verdict.value != "delivered"]
    for each in failed:
        click.echo(f"kubetriage: {explained(each)}", err=True)
    return not failed


def colour_for(output: str | None) -> bool:
    import sys

    from kubetriage.bootstrap.terminal import colours_wanted

    return output is None and sys.stdout.isatty() and colours_wanted()
