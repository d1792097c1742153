"""What well-known alert names are about: the table behind `alertname → kind → label`.

Names, severities and `for` come from the rules of kubernetes-mixin, of the mixins of node-exporter, etcd,
Prometheus and Alertmanager, of kube-prometheus, and of awesome-prometheus-alerts; kinds, causes and Chinese
titles are ours.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from kubetriage.domain.alert import SubjectScope

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class AlertRow(NamedTuple):
    """One well-known alert name."""

    alertname: str
    source: str
    """The rule set it is from."""
    group: str
    severities: tuple[str, ...]
    hold_seconds: tuple[int, ...]
    """The rule's `for`, one for each severity: the fault began at least this long before the alert fired."""
    kind: str
    """The Kubernetes kind, or Cluster, APIServer, ControlPlane, Etcd, Certificate, MonitoringStack, None."""
    resource_labels: tuple[str, ...]
    """The labels that say which object, e.g. namespace, pod, container."""
    misleading_labels: str
    """Labels that name the exporter rather than the object, or that are lost; English, for people."""
    title_zh: str
    typical_causes: tuple[str, ...]
    triage: SubjectScope


def row_of(alertname: str) -> AlertRow | None:
    """The table's row for a name, None for a name of someone's own."""
    return rows().get(alertname)


@cache
def rows() -> MappingProxyType[str, AlertRow]:
    """All rows by alertname, read once from `domain/data/alert_names.tsv`."""
    table = files("kubetriage.domain").joinpath("data", "alert_names.tsv").read_text(encoding="utf-8")
    lines = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType({line["alertname"]: _row(line) for line in lines})


def _row(line: dict[str, str]) -> AlertRow:
    return AlertRow(
        alertname=line["alertname"],
        source=line["source"],
        group=line["group"],
        severities=tuple(line["severities"].split("|")),
        hold_seconds=tuple(_seconds(hold) for hold in line["for"].split("|")),
        kind=line["primary_kind"],
        resource_labels=tuple(name for name in line["resource_labels"].split(",") if name != "-"),
        misleading_labels=""
        if line["misleading_or_lost_labels"] == "-"
        else line["misleading_or_lost_labels"],
        title_zh=line["zh_title"],
        typical_causes=tuple(cause.strip() for cause in line["typical_causes"].split(";")),
        triage=SubjectScope(line["triage"]),
    )


def _seconds(duration: str) -> int:
    """`1h30m` as seconds; `0` is none."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))
