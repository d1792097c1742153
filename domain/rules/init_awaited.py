"""What an init container waits for by asking the API server: a Job to complete, a rollout to end.

`kubectl wait`, `kubectl rollout status`, and the image k8s-wait-for, whose arguments are a kind and a name.
"""

from __future__ import annotations

import re

from kubetriage.domain.kube import ContainerState
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.view import Absent, ClusterView, Present

_KINDS = {
    "job": "Job", "jobs": "Job", "job.batch": "Job", "jobs.batch": "Job", "job-wr": "Job", "job-we": "Job",
    "pod": "Pod", "pods": "Pod", "po": "Pod",
    "deployment": "Deployment", "deployments": "Deployment", "deploy": "Deployment",
    "deployment.apps": "Deployment",
    "statefulset": "StatefulSet", "statefulsets": "StatefulSet", "sts": "StatefulSet",
    "statefulset.apps": "StatefulSet",
}  # fmt: skip
_NAME = r"(?P<name>[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?)"
_KIND = rf"(?P<kind>{'|'.join(sorted(map(re.escape, _KINDS), key=len, reverse=True))})"
_KUBECTL = re.compile(rf"\bkubectl\b[^;|&\n]*?\b(?:wait|rollout\s+status)\b[^;|&\n]*?\s{_KIND}[/ ]\s*{_NAME}")
_NAMESPACE = re.compile(r"(?:\s-n[ =]?|\s--namespace[ =])(?P<namespace>[a-z0-9][a-z0-9\-]*)")
_WAIT_FOR = re.compile(rf"^(?:\S*wait[_-]for\S*\s+)?{_KIND}\s+{_NAME}$")


def awaited(state: ContainerState, namespace: str) -> Resource | None:
    """The object whose completion or readiness the container's command asks for; None if it names none."""
    words = " ".join(command_words(state.spec))
    found = _KUBECTL.search(words)
    if found is None and "wait-for" in state.image + words:
        found = _WAIT_FOR.search(words)
    if found is None:
        return None
    where = _NAMESPACE.search(words)
    return resource(_KINDS[found["kind"]], where["namespace"] if where else namespace, found["name"])


def told_of(view: ClusterView, ref: Resource) -> tuple[Text, str]:
    """`; it waits for Job migrate`, with whether that is there, and the citation of what shows it."""
    known, what = view.get(ref), f"{ref.kind} {ref.name}"
    if isinstance(known, Absent):
        return say(
            "; it waits for {w}, which does not exist", "；它在等待 {w}，而该对象不存在", w=what
        ), known.cite
    told = say("; it waits for {w}", "；它在等待 {w}", w=what)
    if not isinstance(known, Present):
        return told, ""
    failed = known.object.conditions().get("Failed")
    if failed is not None and failed.status == "True":
        told = say("; it waits for {w}, which has failed ({r})", "；它在等待 {w}，而它已失败（{r}）",
                   w=what, r=failed.reason)  # fmt: skip
    return told, known.cite
