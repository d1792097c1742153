"""A Prometheus that is asked over its HTTP API: reads become queries, answers become observations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from kubetriage.adapters.metrics.connection import PrometheusConnection
from kubetriage.adapters.metrics.failures import LONGEST, Refused
from kubetriage.adapters.metrics.http_api import Endpoint, HttpApi
from kubetriage.domain.evidence import Observation, Read, ReadFailure, ReadKind
from kubetriage.domain.samples import MOST_SERIES, NoAnswer, Rows, rows_of, rules_in


class Prometheus:
    """A `ports.MetricSource`; nothing is connected before the first query."""

    def __init__(self, connection: PrometheusConnection) -> None:
        """Raises `BadSettings` for a file of certificates that cannot be used."""
        self.where = connection.where
        self._timeout = connection.timeout
        self._api = HttpApi(connection)

    async def read(self, read: Read) -> Observation:
        """See `ports.MetricSource`."""
        endpoint, parameters = question_of(read)
        rows, failure = Rows([], ""), None
        try:
            answer = await self._api.get(endpoint, self._bounded(endpoint, parameters))
            rows = rules_in(answer, read.name) if endpoint == "rules" else rows_of(answer)
        except Refused as refused:
            failure = refused.failure
        except NoAnswer as unclear:
            message = f"the answer cannot be used: {unclear}"[:LONGEST]
            failure = ReadFailure(kind=unclear.kind, message=message)
        return Observation(
            read=read,
            tool=f"prometheus {endpoint}",
            arguments=dict(parameters),
            at=datetime.now(UTC),
            failure=failure,
            objects=tuple(rows.rows),
            cut=rows.cut,
        )

    def _bounded(self, endpoint: Endpoint, parameters: Mapping[str, str]) -> dict[str, str]:
        """What the server is asked to keep to; servers that do not know it leave it alone."""
        if endpoint == "rules":
            return dict(parameters)
        bounds = {"timeout": f"{self._timeout:g}s", "limit": str(MOST_SERIES + 1)}
        return {**parameters, **bounds}

    async def close(self) -> None:
        """Let go of all connections."""
        await self._api.close()


def question_of(read: Read) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint and the parameters that ask a read."""
    if read.verb is ReadKind.RULES:
        return "rules", {"type": "alert", "rule_name[]": read.name}
    at = read.at or datetime.now(UTC)
    if not read.seconds:
        return "query", {"query": read.expr, "time": _moment(at)}
    span = {"start": _moment(at - timedelta(seconds=read.seconds)), "end": _moment(at)}
    return "query_range", {"query": read.expr, **span, "step": str(read.step)}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
