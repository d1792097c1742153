"""StatefulSets, Jobs and CronJobs with their pods, and a status that fits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kubetriage.evals.builders.cluster import is_ready, spread
from kubetriage.evals.builders.deployments import Deployments, Workload
from kubetriage.evals.builders.identity import Json, suffix, template_hash, uid
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.states import READY, PodState
from kubetriage.evals.builders.templates import pinned, pod_spec, template
from kubetriage.evals.builders.texts import entry


class Workloads(Deployments):
    """All of a world's workloads."""

    def statefulset(
        self,
        name: str,
        ns: str,
        containers: Iterable[Json],
        *,
        replicas: int = 1,
        age: str = "40d",
        states: PodState | Sequence[PodState] = READY,
        volumes: Iterable[Json] = (),
        more: Json | None = None,
    ) -> Workload:
        """A StatefulSet whose pods are numbered from 0."""
        self.need_namespace(ns)
        labels = {"app": name}
        spec = pod_spec(containers, volumes=volumes, more=more)
        body = {
            "podManagementPolicy": "OrderedReady",
            "replicas": replicas,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "serviceName": name,
            "template": template(labels, spec),
            "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
        }
        created = self.clock.ago(age)
        top = self.add(
            made("apps/v1", "StatefulSet", name, ns, created, labels=labels, generation=1, spec=body)
        )
        revision = f"{name}-{template_hash(name, spec)}"
        pods = []
        for number, state in enumerate(spread(states, replicas)):
            own = {
                **labels,
                "apps.kubernetes.io/pod-index": str(number),
                "controller-revision-hash": revision,
                "statefulset.kubernetes.io/pod-name": f"{name}-{number}",
            }
            numbered = template(own, spec)
            pods.append(
                self.pod(f"{name}-{number}", ns, numbered, state, age=age, owner=owner_reference(top))
            )
        top["status"] = _stateful_status(pods, revision)
        return Workload(top, pods)

    def daemonset(
        self,
        name: str,
        ns: str,
        containers: Iterable[Json],
        states: Mapping[str, PodState],
        *,
        age: str = "40d",
        misplaced: int = 0,
        volumes: Iterable[Json] = (),
        more: Json | None = None,
    ) -> Workload:
        """A DaemonSet with a pod in the given state for each of the named nodes.

        `misplaced` of them are on nodes where it should not run.
        """
        self.need_namespace(ns)
        labels = {"app": name}
        spec = template(labels, pod_spec(containers, volumes=volumes, more=more))
        body = {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "template": spec,
            "updateStrategy": {
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
                "type": "RollingUpdate",
            },
        }
        top = self.add(
            made(
                "apps/v1",
                "DaemonSet",
                name,
                ns,
                self.clock.ago(age),
                labels=labels,
                annotations={"deprecated.daemonset.template.generation": "1"},
                generation=1,
                spec=body,
            )
        )
        pods = []
        own = {
            **labels,
            "controller-revision-hash": template_hash(name, spec),
            "pod-template-generation": "1",
        }
        for node, state in states.items():
            placed = template(own, pinned(spec["spec"], node))
            there = state if state.unschedulable else replace(state, node=node)
            full = f"{name}-{suffix(ns, name, node)}"
            pods.append(self.pod(full, ns, placed, there, age=age, owner=owner_reference(top)))
        top["status"] = _daemon_status(pods, misplaced)
        return Workload(top, pods)

    def job(
        self,
        name: str,
        ns: str,
        containers: Iterable[Json],
        states: Sequence[PodState],
        *,
        age: str,
        ended: str = "",
        failed: str = "",
        backoff: int = 6,
        deadline: int = 0,
        owner: Json | None = None,
        counted: int | None = None,
    ) -> Workload:
        """A Job whose tries are the pods; `failed` names the text of the condition that ended it `ended` ago.

        `counted` is how many failures it counts, when pods of it are gone.
        """
        self.need_namespace(ns)
        own = {"controller-uid": uid("Job", ns, name), "job-name": name}
        labels = own | {f"batch.kubernetes.io/{key}": value for key, value in own.items()}
        spec = template(labels, pod_spec(containers, restart="Never"))
        body = _job_spec(spec, own["controller-uid"], backoff, deadline)
        created, above = self.clock.ago(age), owner_reference(owner) if owner else None
        top = self.add(
            made("batch/v1", "Job", name, ns, created, labels=labels, owner=above, generation=1, spec=body)
        )
        pods = []
        for number, state in enumerate(states):
            full = f"{name}-{state.suffix or suffix(ns, name, str(number))}"
            pods.append(self.pod(full, ns, spec, state, age=age, owner=owner_reference(top)))
        top["status"] = self._job_status(pods, age, ended, failed, counted)
        return Workload(top, pods)

    def _job_status(self, pods: list[Json], age: str, ended: str, failed: str, counted: int | None) -> Json:
        phases = [one["status"]["phase"] for one in pods]
        count = phases.count("Failed") if counted is None else counted
        status: Json = {"ready": 0, "startTime": self.clock.ago(age), "terminating": 0}
        status |= {"failed": count} if count else {}
        if active := len([one for one in phases if one in ("Pending", "Running")]):
            status["active"] = active
        because: Json = {}
        kinds: tuple[str, ...] = ()
        if failed:
            because = {"message": self.say(failed), "reason": entry(failed).reason}
            kinds = ("FailureTarget", "Failed")
        elif "Succeeded" in phases:
            kinds = ("SuccessCriteriaMet", "Complete")
            status |= {"completionTime": self.clock.ago(ended), "succeeded": phases.count("Succeeded")}
        if kinds:
            at = self.clock.ago(ended)
            status["conditions"] = [
                {"lastProbeTime": at, "lastTransitionTime": at, **because, "status": "True", "type": kind}
                for kind in kinds
            ]
        return status

    def cronjob(
        self,
        name: str,
        ns: str,
        containers: Iterable[Json],
        *,
        schedule: str,
        last: str,
        backoff: int = 6,
        age: str = "90d",
    ) -> Json:
        """A CronJob that made its last Job `last` ago; `scheduled_job` names that Job."""
        self.need_namespace(ns)
        spec = template({"app": name}, pod_spec(containers, restart="Never"))
        body = {
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {
                "metadata": {"creationTimestamp": None},
                "spec": {"backoffLimit": backoff, "template": spec},
            },
            "schedule": schedule,
            "successfulJobsHistoryLimit": 3,
            "suspend": False,
        }
        at = {"lastScheduleTime": self.clock.ago(last)}
        created = self.clock.ago(age)
        return self.add(made("batch/v1", "CronJob", name, ns, created, generation=1, spec=body, status=at))

    def scheduled_job(self, cronjob: Json, last: str) -> str:
        """The name of the Job that a CronJob made `last` ago: its own and the minutes since 1970."""
        minutes = int(self.clock.moment(last).timestamp()) // 60
        return f"{cronjob['metadata']['name']}-{minutes}"


def _daemon_status(pods: list[Json], misplaced: int) -> Json:
    ready, wanted = len([one for one in pods if is_ready(one)]), len(pods) - misplaced
    status: Json = {
        "currentNumberScheduled": wanted,
        "desiredNumberScheduled": wanted,
        "numberMisscheduled": misplaced,
        "numberReady": ready,
        "observedGeneration": 1,
        "updatedNumberScheduled": wanted,
    }
    status |= {"numberAvailable": ready} if ready else {}
    return status | ({"numberUnavailable": wanted - ready} if wanted > ready else {})


def _stateful_status(pods: list[Json], revision: str) -> Json:
    ready = len([one for one in pods if is_ready(one)])
    return {
        "availableReplicas": ready,
        "collisionCount": 0,
        "currentReplicas": len(pods),
        "currentRevision": revision,
        "observedGeneration": 1,
        "readyReplicas": ready,
        "replicas": len(pods),
        "updateRevision": revision,
        "updatedReplicas": len(pods),
    }


def _job_spec(spec: Json, controller: str, backoff: int, deadline: int) -> Json:
    body: Json = {
        "backoffLimit": backoff,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": False,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": controller}},
        "suspend": False,
        "template": spec,
    }
    return body | ({"activeDeadlineSeconds": deadline} if deadline else {})
