"""Objects, events and status as a world builds them."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.nodes import STOPPED, NodeState
from kubetriage.evals.builders.states import READY, Ended, PodState, Running, Waiting, creating, pending
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

TIME = "2026-03-12T08:40:00Z"


def condition(obj: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in obj["status"]["conditions"] if one["type"] == kind)


def test_a_healthy_deployment_has_everything_a_cluster_gives_it() -> None:
    """Replica set, pods, counts, conditions, admitted spec and container statuses fit each other."""
    world = World(TIME)
    web = world.deployment("web", "shop", [container("web", "web:1.0", ports=[80])], replicas=2)
    assert web.object["status"]["availableReplicas"] == 2
    assert "unavailableReplicas" not in web.object["status"]
    assert condition(web.object, "Available")["reason"] == "MinimumReplicasAvailable"
    for pod in web.pods:
        assert pod["metadata"]["labels"]["pod-template-hash"] in web.replica_set["metadata"]["name"]
        assert pod["metadata"]["ownerReferences"][0]["uid"] == web.replica_set["metadata"]["uid"]
        assert pod["spec"]["volumes"][-1]["projected"]
        assert pod["spec"]["nodeName"] in ("node-1", "node-2", "node-3")
        status = pod["status"]["containerStatuses"][0]
        assert status["ready"] and status["imageID"] and status["containerID"].startswith("containerd://")
        assert condition(pod, "Ready")["status"] == "True"


def test_an_unschedulable_pod_has_no_node_address_or_containers() -> None:
    """What the scheduler could not place has only the condition that says why."""
    world = World(TIME)
    web = world.deployment("web", "shop", [container("web", "web:1.0")], states=pending("no room"))
    assert "nodeName" not in web.pod["spec"]
    assert set(web.pod["status"]) == {"conditions", "phase", "qosClass"}
    assert condition(web.pod, "PodScheduled")["message"] == "no room"
    assert web.object["status"]["unavailableReplicas"] == 1
    assert condition(web.object, "Available")["status"] == "False"


def test_a_crash_looping_pod_runs_on_in_phase_running() -> None:
    """A container that waits after a run that ended keeps its pod Running, not ready, with the last run."""
    world = World(TIME)
    last = Ended(1, began="3m", ended="2m")
    state = PodState(containers={"web": Waiting("CrashLoopBackOff", "back-off <pod>", restarts=4, last=last)})
    pod = world.deployment("web", "shop", [container("web", "web:1.0")], states=state).pod
    status = pod["status"]["containerStatuses"][0]
    assert pod["status"]["phase"] == "Running"
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["restartCount"] == 4
    assert pod["metadata"]["uid"] in status["state"]["waiting"]["message"]
    assert condition(pod, "Ready")["lastTransitionTime"] == "2026-03-12T08:38:00Z"


def test_a_pod_that_was_never_started_is_pending_without_an_image_id() -> None:
    """Containers that wait for their first run have no id, and no sandbox means no address."""
    world = World(TIME)
    pod = world.deployment("web", "shop", [container("web", "web:1.0")], states=creating(["web"])).pod
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["containerStatuses"][0]["imageID"] == ""
    assert "podIP" not in pod["status"]


def test_main_containers_wait_for_their_init_containers() -> None:
    """While an init container fails, the others are waiting with PodInitializing."""
    world = World(TIME)
    init = container("prepare", "web:1.0")
    state = PodState(init={"prepare": Waiting("CrashLoopBackOff", restarts=2, last=Ended(1))})
    web = world.deployment(
        "web", "shop", [container("web", "web:1.0")], states=state, more={"initContainers": [init]}
    )
    main = web.pod["status"]["containerStatuses"][0]
    assert main["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert condition(web.pod, "Initialized")["reason"] == "ContainersNotInitialized"


def test_jobs_pods_end_in_succeeded_or_failed() -> None:
    """A pod that is not restarted ends with its containers, and the Job counts it."""
    world = World(TIME)
    main = container("run", "run:1")
    states = [PodState(containers={"run": Ended(code)}) for code in (0, 3)]
    job = world.job("run", "batch", [main], states, age="10m", ended="5m")
    assert [pod["status"]["phase"] for pod in job.pods] == ["Succeeded", "Failed"]
    assert job.object["status"]["failed"] == 1
    assert condition(job.object, "Complete")["status"] == "True"


def test_a_cronjob_names_its_job_after_the_minute() -> None:
    """The Job of a CronJob carries the scheduled minute since 1970 and is owned by it."""
    world = World(TIME)
    maker = world.cronjob("nightly", "batch", [container("run", "run:1")], schedule="0 * * * *", last="40m")
    name = world.scheduled_job(maker, "40m")
    job = world.job(name, "batch", [container("run", "run:1")], [], age="40m", owner=maker)
    assert name == "nightly-29555040"
    assert job.object["metadata"]["ownerReferences"][0]["kind"] == "CronJob"


def test_a_rollout_keeps_the_old_revision() -> None:
    """A new revision beside the old one: two replica sets, and counts over both."""
    world = World(TIME)
    old = container("web", "web:1.0")
    work = world.deployment(
        "web",
        "shop",
        [old | {"image": "web:2.0"}],
        replicas=2,
        rolled="15m",
        old=Revision([old], [READY, READY]),
        states=[PodState(containers={"web": Waiting("ImagePullBackOff")})],
        progress="stuck",
    )
    assert work.object["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    assert work.object["status"]["replicas"] == 3
    assert work.object["status"]["updatedReplicas"] == 1
    assert work.old_replica_set["status"]["readyReplicas"] == 2
    assert condition(work.object, "Available")["status"] == "True"
    assert condition(work.object, "Progressing")["reason"] == "ProgressDeadlineExceeded"


def test_statefulset_pods_are_numbered() -> None:
    """Replica n is named after it and carries its index."""
    made = World(TIME).statefulset("db", "data", [container("db", "db:1")], replicas=2)
    assert [pod["metadata"]["name"] for pod in made.pods] == ["db-0", "db-1"]
    assert made.pods[1]["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "1"
    assert "generateName" not in made.pod["metadata"]


def test_endpoints_follow_the_pods_readiness() -> None:
    """A Service's slice holds ready and unready pods, and none that it does not select."""
    world = World(TIME)
    states = [READY, PodState(containers={"web": Running(ready=False)})]
    world.deployment("web", "shop", [container("web", "web:1.0")], states=states, replicas=2)
    world.service("web", "shop")
    world.service("other", "shop", selector={"app": "nobody"})
    found = {
        obj["metadata"]["labels"]["kubernetes.io/service-name"]: obj
        for obj in world.complete()
        if obj["kind"] == "EndpointSlice"
    }
    assert sorted(one["conditions"]["ready"] for one in found["web"]["endpoints"]) == [False, True]
    assert found["other"]["endpoints"] == []


def test_a_silent_node_is_unknown_tainted_and_gets_no_new_pods() -> None:
    """Conditions, taints and lease say that the kubelet is silent, and pods are placed elsewhere."""
    state = NodeState(texts=STOPPED, since="20m", heartbeat="21m")
    world = World(TIME, nodes={"node-2": state})
    node = world.get("Node", "node-2")
    assert {one["status"] for one in node["status"]["conditions"]} == {"Unknown"}
    assert {taint["key"] for taint in node["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
    assert all(pod["spec"]["nodeName"] != "node-2" for pod in world.of_kind("Pod"))
    lease = world.get("Lease", "node-2", "kube-node-lease")
    assert lease["spec"]["renewTime"].startswith("2026-03-12T08:19:00")


def test_events_come_in_both_forms() -> None:
    """The scheduler's have eventTime and series and null times, the others count, first and last."""
    world = World(TIME)
    pod = world.deployment("web", "shop", [container("web", "web:1.0")], states=pending("no room")).pod
    new = world.event(pod, "failed-scheduling", first="9m", last="1m", count=3, why="no room")
    assert new["firstTimestamp"] is None and "count" not in new and new["source"] == {}
    assert new["series"]["count"] == 3
    ready = world.deployment("ok", "shop", [container("ok", "ok:1.0")]).pod
    old = world.event(
        ready, "back-off-pulling", first="9m", last="1m", count=3, container="ok", image="ok:1.0"
    )
    assert (old["count"], old["eventTime"]) == (3, None)
    assert old["source"] == {"component": "kubelet", "host": ready["spec"]["nodeName"]}
    assert old["involvedObject"]["fieldPath"] == "spec.containers{ok}"


def test_words_follow_the_clusters_versions() -> None:
    """Kubernetes' own texts follow its version, the runtime's follow the runtime and its version."""
    old = World(TIME, kubernetes="1.26.9", runtime="docker://20.10.21")
    new = World(TIME, kubernetes="1.32.1", runtime="containerd://2.1.0")
    assert "docker login" in old.pull_error("denied", "noimage")
    assert "failed to resolve image" in new.pull_error("denied", "noimage")
    said = {"image": "noimage", "why": "denied"}
    assert old.say("waiting-image-pull-back-off", **said) == 'Back-off pulling image "noimage"'
    assert new.say("waiting-image-pull-back-off", **said).endswith(": ErrImagePull: denied")


def test_quality_of_service_follows_the_resources() -> None:
    """Equal requests and limits are Guaranteed, some are Burstable, none BestEffort."""
    world = World(TIME)
    full = {"cpu": "1", "memory": "1Gi"}
    specs = {
        "Guaranteed": container("c", "c:1", requests=full, limits=full),
        "Burstable": container("c", "c:1", requests={"cpu": "1"}),
        "BestEffort": container("c", "c:1", livenessProbe=http_probe("/", 80)),
    }
    for wanted, spec in specs.items():
        made = world.deployment(wanted.lower(), "qos", [spec])
        assert made.pod["status"]["qosClass"] == wanted


def test_an_object_is_added_once() -> None:
    """Two objects of one name are a mistake in a scenario."""
    world = World(TIME)
    world.configmap("settings", "shop", {"a": "1"})
    with pytest.raises(ValueError, match="is there already"):
        world.configmap("settings", "shop", {"a": "2"})
