"""What can be decided without a model: one failure family a file, collected in `RULES`.

A rule is a plain function `(ClusterView) -> Iterable[Finding | Want]`. It reads the view only, never a
clock, and speaks only of objects that the run looked at or that hang together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.rules import (
    admission,
    aggregated_api,
    autoscaling,
    certificates,
    changes,
    chaos,
    command,
    config_refs,
    crash,
    crash_notes,
    custom_resources,
    health,
    image,
    init,
    job,
    log_causes,
    mesh,
    network_policy,
    node,
    oom,
    pdb,
    probes,
    rollout,
    scheduling,
    security,
    service,
    storage,
    terminating,
    throttling,
    version_skew,
)
from kubetriage.domain.view import ClusterView

Rule = Callable[[ClusterView], Iterable[Finding | Want]]

RULES: tuple[Rule, ...] = (
    *image.RULES,
    *command.RULES,
    *config_refs.RULES,
    *security.RULES,
    *init.RULES,
    *oom.RULES,
    *crash.RULES,
    *crash_notes.RULES,
    *log_causes.RULES,
    *probes.RULES,
    *scheduling.RULES,
    *storage.RULES,
    *admission.RULES,
    *aggregated_api.RULES,
    *rollout.RULES,
    *job.RULES,
    *autoscaling.RULES,
    *pdb.RULES,
    *service.RULES,
    *network_policy.RULES,
    *mesh.RULES,
    *custom_resources.RULES,
    *certificates.RULES,
    *version_skew.RULES,
    *chaos.RULES,
    *node.RULES,
    *terminating.RULES,
    *throttling.RULES,
    *health.RULES,
    *changes.RULES,
)
"""Every rule; their order changes nothing but the time it takes."""
