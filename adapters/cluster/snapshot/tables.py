"""Lists and objects as `meta.k8s.io/v1` Tables, which kubectl asks the API for and prints as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kubetriage.adapters.cluster.snapshot.columns_cluster import CLUSTER_COLUMNS
from kubetriage.adapters.cluster.snapshot.columns_network import NETWORK_COLUMNS
from kubetriage.adapters.cluster.snapshot.columns_workloads import WORKLOAD_COLUMNS
from kubetriage.adapters.cluster.snapshot.printing import AGE, NAME, Column, Object, age, at
from kubetriage.adapters.cluster.snapshot.served_kinds import EVENTS_GROUP, ServedKind

Document = dict[str, Any]

_COLUMNS = WORKLOAD_COLUMNS | NETWORK_COLUMNS | CLUSTER_COLUMNS

_STEP = re.compile(r"""\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]|\[(\d+)\]|\.?((?:[^.\[\\]|\\.)+)""")


def table(
    kind: ServedKind,
    objects: Iterable[Object],
    now: datetime,
    *,
    version: str = "v1",
    include: str = "Metadata",
    metadata: Document,
) -> Document:
    """`include` is the request's `includeObject`: Metadata, Object or None; ages are counted to `now`."""
    columns = columns_of(kind)
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": "name" if column.name == "Name" else "",
                "description": "",
                "priority": int(column.wide),
            }
            for column in columns
        ],
        "rows": [_row(columns, obj, now, include) for obj in objects],
    }


def _row(columns: tuple[Column, ...], obj: Object, now: datetime, include: str) -> Document:
    row: Document = {"cells": [column.cell(obj, now) for column in columns]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = partial(obj)
    return row


def partial(obj: Object) -> Document:
    """The object's metadata alone."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj.get("metadata") or {},
    }


def columns_of(kind: ServedKind) -> tuple[Column, ...]:
    key = ("", "Event") if kind.group == EVENTS_GROUP else (kind.group, kind.kind)
    known = _COLUMNS.get(key)
    if known:
        return known
    return _defined_columns(kind) if kind.definition else (NAME, AGE)


def _defined_columns(kind: ServedKind) -> tuple[Column, ...]:
    """The printer columns of a CustomResourceDefinition, of its preferred version."""
    versions = at(kind.definition, "spec.versions", ())
    version: Mapping[str, Any] = next(
        (v for v in versions if kind.versions and v.get("name") == kind.versions[0]), {}
    )
    columns = version.get("additionalPrinterColumns")
    return (NAME, *(_defined(column) for column in columns)) if columns else (NAME, AGE)


def _defined(column: Mapping[str, Any]) -> Column:
    path, kind = str(column.get("jsonPath", "")), str(column.get("type", "string"))

    def cell(obj: Object, now: datetime) -> Any:
        value = _json_path(obj, path)
        return age(value, now) if kind == "date" and value is not None else value

    shown = "string" if kind == "date" else kind
    return Column(str(column.get("name", "")), cell, wide=bool(column.get("priority")), type=shown)


def _json_path(obj: Any, path: str) -> Any:
    """Plain steps, `[0]` and `[?(@.type=="Ready")]`: what printer columns use; None for anything else."""
    for step in _steps(path):
        if isinstance(step, tuple):
            key, wanted = step
            obj = next((i for i in obj if str(at(i, key)) == wanted), None) if isinstance(obj, list) else None
        elif isinstance(step, int):
            obj = obj[step] if isinstance(obj, list) and len(obj) > step else None
        else:
            obj = obj.get(step) if isinstance(obj, Mapping) else None
        if obj is None:
            return None
    return obj


def _steps(path: str) -> Iterable[str | int | tuple[str, str]]:
    for filter_key, filter_value, index, plain in _STEP.findall(path):
        if filter_key:
            yield filter_key, filter_value
        elif index:
            yield int(index)
        else:
            yield plain.replace("\\.", ".")
