"""When more of a log is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kubetriage.domain.evidence import LOG_LINES, Observation, log_of
from kubetriage.domain.log_keeping import with_digest
from kubetriage.domain.log_reading import PlainLogReader
from kubetriage.domain.relations.logs import MOST, earlier_lines
from kubetriage.domain.relations.pod import LONG_TAIL
from kubetriage.domain.view import ClusterView

PODS = [f"Pod shop/app-{n}" for n in range(4)]


def view(
    k8s: Any, view_of: Any, minutes: float, *, errors: bool = True, lines: int = LONG_TAIL
) -> ClusterView:
    """Pods whose logs reach back so many minutes; the alert began ten minutes ago."""
    base = view_of([k8s.pod(pod) for pod in PODS], PODS[0], looked=PODS, alert_minutes_ago=10)
    read = []
    for pod in PODS:
        step = timedelta(minutes=minutes) / lines
        text = "\n".join(
            f"{k8s.now - timedelta(minutes=minutes) + n * step:%Y-%m-%dT%H:%M:%SZ} "
            f"{'ERROR no reply' if errors and n % 9 == 0 else 'INFO sold'} {n}"
            for n in range(lines)
        )
        asked = log_of(k8s.ref(pod), "app", tail=LONG_TAIL)
        seen = Observation(read=asked, tool="pods_log", at=k8s.now, text=text)
        read.append(with_digest(seen, PlainLogReader().digest(text)))
    return ClusterView(
        base.alert, base.subject, base.primary, base.now, [*base.observations, *read], base.looked
    )


def test_a_log_that_begins_after_the_alert_is_read_further_back(k8s: Any, view_of: Any) -> None:
    """Where its errors cannot be held against what was usual before: two logs at most, at full length."""
    wants = list(earlier_lines(view(k8s, view_of, minutes=8)))
    assert len(wants) == MOST and {w.read.tail for w in wants} == {LOG_LINES}
    assert all(w.why.en and w.why.zh and w.about == k8s.ref(pod) for w, pod in zip(wants, PODS, strict=False))


@pytest.mark.parametrize(
    "known",
    [{"minutes": 60}, {"minutes": 8, "errors": False}, {"minutes": 8, "lines": 1000}],
    ids=["reaches-back", "no-errors", "is-whole"],
)
def test_a_log_that_tells_enough_is_not_read_again(k8s: Any, view_of: Any, known: dict[str, Any]) -> None:
    """It reaches back before the alert, holds no errors, or was read to its beginning."""
    assert not list(earlier_lines(view(k8s, view_of, **known)))
