"""How a container's run ended and who has to explain it: each ending belongs to one rule family.

Without this, the families would each see `CrashLoopBackOff` and state their own reason for the same end.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.kube import ContainerState, Obj, as_int, containers, pod_settled, when
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import NETWORK, Seen, last_sign, only_waited, read_record
from kubetriage.domain.logs import LastWords, Level, last_words
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.grouping import focus_pods, per_view
from kubetriage.domain.rules.server_kinds import answers_clients
from kubetriage.domain.view import ClusterView, LogText


class Kind(StrEnum):
    """What ended the run."""

    OOM = "oom"
    PROBE = "probe"
    """kubelet killed it after a failed liveness or startup probe."""
    HOOK = "hook"
    """kubelet killed it because its postStart hook failed."""
    START = "start"
    """The runtime could not start the command."""
    EXEC_FORMAT = "exec-format"
    LOG = "log"
    """The log states a known failure."""
    APP = "app"
    """The application ended by itself; why is in the last words at best."""
    LOST = "lost"
    """kubelet does not know (node restarted)."""


class Ending(NamedTuple):
    """The latest end of a container that is in trouble because of it."""

    pod: Obj
    state: ContainerState
    kind: Kind
    code: int
    reason: str
    """The terminated state's reason: Error, Completed, OOMKilled, StartError, …"""
    message: str
    """The terminated state's message: a runtime error, or the application's termination log."""
    at: datetime | None
    log: LogText | None
    """The log that ends with this run."""
    words: LastWords | None
    seen: Seen | None
    """The sign that explains it; set for LOG and EXEC_FORMAT."""
    probe: EventRecord | None
    """kubelet's event about the probe or the hook; set for PROBE and HOOK."""

    @property
    def looping(self) -> bool:
        return self.state.waiting_reason == "CrashLoopBackOff"


RECOVERED = timedelta(minutes=10)
"""A container that has run this long is no longer in a crash loop: kubelet resets its back-off then."""
LOOPING = 3
"""Restarts from which a container that runs again, for less than `RECOVERED`, may still be in its loop."""
STEADY = timedelta(minutes=3)
"""How long it has to run, at least, before it is out of its loop sooner than that."""
TIMES = 10
"""And how many times as long as the run before."""
START_REASONS = frozenset({"StartError", "ContainerCannotRun", "RunContainerError", "CreateContainerError"})
_POD_REASONS = frozenset(
    {
        "Evicted",
        "NodeLost",
        "NodeShutdown",
        "Shutdown",
        "Terminated",
        "Preempting",
        "DeadlineExceeded",
        "UnexpectedAdmissionError",
        "NodeAffinity",
        "TerminationByKubelet",
    }
)
"""`status.reason` of pods that were ended as a whole, by others than their containers."""
_KILLED = re.compile(r"failed (?:liveness|startup) probe|FailedPostStartHook", re.IGNORECASE)
_UNHEALTHY = re.compile(r"^(?:liveness|startup) probe (?:failed|errored)", re.IGNORECASE)
_HOOK = "FailedPostStartHook"
_KILLS = {"Killing": _KILLED, "Unhealthy": _UNHEALTHY, _HOOK: re.compile("")}
_TOO_SMALL = re.compile(r"OOM-killed \(memory limit too low", re.IGNORECASE)
"""runc's word when the limit does not even hold the container's first process."""
_BAD_START = (Sign.NO_COMMAND, Sign.NO_SCRIPT, Sign.FILE_DENIED, Sign.NO_FILE)
_STARTING = re.compile(
    r"executable file not found|no such file or directory|permission denied|not a directory|is a directory"
    r"|exec: \"|OCI runtime|runc create|starting container process|no command specified|exec format error",
    re.IGNORECASE,
)


@per_view
def endings(view: ClusterView) -> list[Ending]:
    """The containers of the pods in focus that are in trouble because a run of theirs ended."""
    found = []
    for pod in focus_pods(view):
        if pod.text("status", "reason") in _POD_REASONS or _job_done(view, pod):
            continue
        for state in containers(pod):
            if state.last_terminated and in_trouble(view, pod, state):
                found.append(_ending(view, pod, state))
    return _alike(view, found)


def _alike(view: ClusterView, ends: list[Ending]) -> list[Ending]:
    """Siblings whose log and events were not read ended like the one whose were, if the exit is the same."""
    known: dict[tuple[Resource, str, int, str], Ending] = {}
    keys = [(view.workload(e.pod.ref), e.state.name, e.code, e.reason) for e in ends]
    for key, end in zip(keys, ends, strict=True):
        if end.log is not None or end.kind is not Kind.APP:
            known.setdefault(key, end)
    found = []
    for key, end in zip(keys, ends, strict=True):
        model = known.get(key)
        if model is not None and end.kind is Kind.APP and end.log is None:
            end = end._replace(
                kind=model.kind, log=model.log, words=model.words, seen=model.seen, probe=model.probe
            )
        found.append(end)
    return found


def _job_done(view: ClusterView, pod: Obj) -> bool:
    """Whether the pod's Job, or a later one of its CronJob, completed all the same: that is history."""
    job = view.find(pod.controller)
    if job is None or job.ref.kind != "Job":
        return False
    if _complete(job):
        return True
    if job.controller is None or view.primary in (pod.ref, job.ref):
        return False
    later = [
        j for j in view.owned(job.controller, "Job") if j.created and job.created and j.created > job.created
    ]
    return any(_complete(j) for j in later)


def _complete(job: Obj) -> bool:
    done = job.conditions().get("Complete")
    return bool(done and done.status == "True")


def in_trouble(view: ClusterView, pod: Obj, state: ContainerState) -> bool:
    """Whether the latest end matters now: the container is down by it, or was since the alert or just now.

    A restart that is over and done is history, however high its count.
    """
    end = state.last_terminated
    code, finished = end.get("exitCode"), when(end.get("finishedAt"))
    restartable = pod.text("spec", "restartPolicy") not in ("Never", "OnFailure")
    if code == 0 and (pod.text("status", "phase") == "Succeeded" or not restartable):
        return False
    if state.init and not state.sidecar and state.terminated.get("exitCode") == 0:
        return False
    if state.terminated or state.waiting_reason in ("CrashLoopBackOff", *START_REASONS):
        return not (code == 0 and pod_settled(pod))
    if not state.running:
        return bool(state.waiting) and state.waiting_reason != "PodInitializing"
    if finished is None:
        return not state.ready
    if view.alert_began is not None and finished >= view.alert_began:
        return True
    started = when(state.running.get("startedAt"))
    young = started is not None and view.now - started < RECOVERED
    looping = state.restarts >= LOOPING and not _outlasts(view, state)
    return young and (view.alert_began is None or not state.ready or looping)


def _outlasts(view: ClusterView, state: ContainerState) -> bool:
    """Whether a container has run much longer than the run before, which ended as it started: it got past
    what stopped it there. One that was killed may be killed at any time."""
    end = state.last_terminated
    began, finished = when(end.get("startedAt")), when(end.get("finishedAt"))
    started = when(state.running.get("startedAt"))
    if not (began and finished and started) or end.get("exitCode") in (137, 143):
        return False
    return view.now - started >= max(STEADY, TIMES * (finished - began))


def _ending(view: ClusterView, pod: Obj, state: ContainerState) -> Ending:
    end = state.last_terminated
    number = as_int(end.get("exitCode"))
    code = -1 if number is None else number
    reason, message = str(end.get("reason") or ""), str(end.get("message") or "")
    log = log_of_end(view, pod, state)
    words = last_words(log.text) if log is not None else None
    seen = sign_of_end(log, words)
    if seen is not None and seen.sign is Sign.SERVER_STATE and answers_clients(state.image, seen.quote):
        seen = None  # what a server answers its clients does not end it
    probe = _probe_event(view, pod, state, code, when(end.get("finishedAt")))
    made = Ending(
        pod, state, Kind.APP, code, reason, message, when(end.get("finishedAt")), log, words, seen, probe
    )
    return made._replace(kind=_kind(made))


def _kind(end: Ending) -> Kind:
    if end.reason == "OOMKilled" or _TOO_SMALL.search(end.message):
        return Kind.OOM
    if end.reason == "ContainerStatusUnknown":
        return Kind.LOST
    if "exec format error" in f"{end.message} {end.state.waiting.get('message') or ''}".lower():
        return Kind.EXEC_FORMAT
    if end.reason in START_REASONS or (end.code in (126, 127, 128) and _STARTING.search(end.message)):
        return Kind.START
    if end.seen is not None and end.seen.sign is Sign.EXEC_FORMAT:
        return Kind.EXEC_FORMAT
    if end.code in (126, 127) and (end.seen is None or end.seen.sign in _BAD_START):
        return Kind.START
    if end.probe is not None:
        return Kind.HOOK if _HOOK in (end.probe.reason, end.probe.message.strip()) else Kind.PROBE
    return Kind.LOG if end.seen is not None else Kind.APP


def log_of_end(view: ClusterView, pod: Obj, state: ContainerState) -> LogText | None:
    """The log that ends with the latest run that ended.

    While a container runs again, that is the previous one; while it waits or has ended, kubelet gives it as
    either, and a snapshot may hold one of the two.
    """
    order = (True, False) if state.running or state.waiting else (False, True)
    for previous in order:
        found = view.log(pod.ref, state.name, previous=previous)
        if found is not None and found.text.strip():
            return found
        if state.running and previous and found is None:
            return None  # the current run's log says nothing of how the one before ended
    return None


def sign_of_end(log: LogText | None, words: LastWords | None) -> Seen | None:
    """What the log states as the reason: in its last words, or near its end when those say nothing by
    themselves (`giving up`, a panic about an empty value)."""
    if log is None or words is None:
        return None
    own = read_record(words.record)
    before = last_sign(log.text)
    if own is not None:  # the record before may name the host that this one cannot connect to
        same = before is not None and (
            only_waited(own) or ({own.sign, before.sign} <= NETWORK and "host" not in own.values)
        )
        return before if same else own
    if before is None or (words.decisive and before.record.level is Level.WARN):
        return None  # a warning that the application went on after does not explain another error
    return before


def _probe_event(
    view: ClusterView, pod: Obj, state: ContainerState, code: int, finished: datetime | None
) -> EventRecord | None:
    """The event with which kubelet says that a probe, or a hook that failed, made it kill this container.

    Without its own word (`Killing`), failed probes count only for an end that a signal brought about.
    """
    for event in view.events(pod.ref, "Killing", "Unhealthy", _HOOK):
        if not _KILLS[event.reason].search(event.message) or not concerns(event, state, pod):
            continue
        if event.reason != "Killing" and code not in (0, 137, 143):
            continue
        if finished is None or event.last is None or event.last >= finished - timedelta(minutes=3):
            return event
    return None


def concerns(event: EventRecord, state: ContainerState, pod: Obj) -> bool:
    """Whether a kubelet event is about this container: by its field path, its name in the text, or alone."""
    path = event.object.text("involvedObject", "fieldPath")
    if path:
        return path.endswith("{" + state.name + "}")
    if re.search(rf"\b{re.escape(state.name)}\b", event.message):
        return True
    return len(pod.items("spec", "containers")) == 1
