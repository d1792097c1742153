"""What Prometheus' and vmalert's API answers: `/api/v1/alerts`, `/api/v1/rules`, and a query of `ALERTS`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats.bare import single_alert
from kubetriage.domain.alert_formats.fields import Fields
from kubetriage.domain.alert_formats.labelled import labelled_alert, one_line
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.errors import BadAlert

SOURCE = "prometheus"


def is_answer(fields: Fields) -> bool:
    return fields.value.get("status") in ("success", "error") and (
        "data" in fields.value or "error" in fields.value
    )


def answered_alerts(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """The alerts of an answer. `activeAt` becomes `starts_at`: it is when the expression came true, `for`
    before the alert fired. Pending alerts are kept as firing, with `state: pending` in `extra`.

    Raises BadAlert for an error answer and for one that holds no alerts.
    """
    if fields.text("status") == "error":
        raise BadAlert(f"The body is an API's error answer, not alerts: {one_line(fields.text('error'))}")
    alerts = tuple(_alerts(fields, received_at))
    if not alerts:
        raise BadAlert("The answer holds no alerts: none is firing or pending.")
    return ParsedAlerts(alerts=alerts, source=alerts[0].source)


def _alerts(fields: Fields, received_at: datetime) -> Iterator[Alert]:
    if isinstance(fields.value.get("data"), list):  # Alertmanager's former API v1
        for item in fields.objects("data"):
            yield single_alert(item, received_at=received_at)
        return
    data = fields.object("data")
    for item in data.objects("alerts"):
        yield labelled_alert(item, source=SOURCE, received_at=received_at)
    for group in data.objects("groups"):
        for rule in group.objects("rules"):
            for item in rule.objects("alerts"):
                yield labelled_alert(item, source=SOURCE, received_at=received_at)
    for sample in data.objects("result"):
        yield _of_sample(sample, received_at)


def _of_sample(sample: Fields, received_at: datetime) -> Alert:
    """One series of the `ALERTS` metric: its labels are the alert's, and `alertstate`."""
    metric = sample.labels("metric")
    metric.pop("__name__", None)
    state = metric.pop("alertstate", "firing")
    if "alertname" not in metric:
        raise BadAlert(f"{sample.path} is a query result without an alertname; query the ALERTS metric.")
    shown = {"labels": metric, "state": state, **sample.rest("metric", "value", "values")}
    return labelled_alert(Fields(shown, sample.path), source=SOURCE, received_at=received_at)
