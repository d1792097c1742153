"""The platform under the applications: GitOps, the scheduler, a node's memory, runtime and network."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.alerts import alert, exported, not_ready, webhook
from kubetriage.evals.builders.custom import application
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.nodes import NodeState
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, crash_loop, placed, restarts
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    crashing,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, Ended, PodState, creating, pending
from kubetriage.evals.builders.templates import container, template
from kubetriage.evals.builders.texts import entry
from kubetriage.evals.builders.world import World

REPOSITORY = "https://git.example.com/platform/apps.git"
REVISION = "9f2c41d07be3"
NOT_THIS = (NO_OOM, NO_PULL, NO_ROOM)


def _out_of_sync(world: World, name: str, since: str) -> Json:
    """An alert on argocd_app_info."""
    return alert(
        "ArgoCDAppOutOfSync",
        {"dest_namespace": name, "name": name, "namespace": "argocd", "sync_status": "OutOfSync"},
        world.clock,
        since=since,
        summary="An Argo CD application is out of sync.",
        description=f"Application {name} has been out of sync for 15 minutes.",
    )


def application_namespace_absent() -> Built:
    """Argo CD cannot apply: the target namespace does not exist, and it may not create it."""
    world = lean("2027-01-05T09:00:00Z")
    made = application(
        world,
        "loyalty",
        repository=REPOSITORY,
        target="loyalty",
        message='one or more objects failed to apply, reason: namespaces "loyalty" not found. Retrying '
        "attempt #5 at 8:51AM.",
        failed="9m",
        age="3h",
        revision=REVISION,
    )
    gone = ("Namespace", "", "loyalty")
    return Built(
        "application-namespace-absent",
        webhook([_out_of_sync(world, "loyalty", "2h40m")]),
        key(
            made,
            made,
            "gitops-sync",
            "Argo CD Application argocd/loyalty is not synced because its target namespace loyalty does "
            "not exist "
            '(namespaces "loyalty" not found).',
            (r"loyalty", r"namespace", r"not found|not exist|does ?n.t exist|missing|absent"),
            *NOT_THIS,
            also=(gone,),
            tags=("gitops", "custom-resource"),
            absent=(gone,),
        ),
        world,
    )


def application_object_too_large() -> Built:
    """Client-side apply keeps the whole object in an annotation, and that is too long."""
    world = lean("2027-01-06T10:00:00Z")
    world.namespace("dashboards", age="200d")
    made = application(
        world,
        "dashboards",
        repository=REPOSITORY,
        target="dashboards",
        message='one or more objects failed to apply, reason: ConfigMap "grafana-dashboards" is invalid: '
        "metadata.annotations: Too long: must have at most 262144 bytes",
        failed="6m",
        age="200d",
        revision=REVISION,
    )
    return Built(
        "application-object-too-large",
        [_out_of_sync(world, "dashboards", "1h20m")],
        key(
            made,
            made,
            "gitops-sync",
            "Argo CD Application argocd/dashboards is not synced because ConfigMap grafana-dashboards is "
            "too large to "
            "apply: its annotations would be longer than 262144 bytes.",
            (r"dashboards", r"too l(ong|arge)|262144"),
            *NOT_THIS,
            also=(("ConfigMap", "dashboards", "grafana-dashboards"),),
            tags=("gitops", "custom-resource"),
            absent=(("ConfigMap", "dashboards", "grafana-dashboards"),),
        ),
        world,
    )


def _static_pod(world: World, name: str, state: PodState, **main: Any) -> Json:
    """A pod of the control plane on node-1, which is its kubelet's own."""
    node = world.get("Node", "node-1")
    node["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
    mirror = {
        "apiVersion": "v1",
        "controller": True,
        "kind": "Node",
        "name": "node-1",
        "uid": node["metadata"]["uid"],
    }
    one = container(name, f"registry.k8s.io/{name}:v{world.kubernetes}", requests={"cpu": "100m"}, **main)
    spec = template(
        {"component": name, "tier": "control-plane"},
        {"containers": [one], "hostNetwork": True, "restartPolicy": "Always", "priority": 2000001000},
    )
    spec["metadata"]["annotations"] = {"kubernetes.io/config.source": "file"}
    return world.pod(f"{name}-node-1", "kube-system", spec, state, age="50m", owner=mirror)


def scheduler_is_down() -> Built:
    """Nobody schedules: the scheduler cannot read its configuration, and pods wait without a word."""
    world = lean("2027-01-07T11:00:00Z")
    state = crash_loop(world, "kube-scheduler", Ended(1, began="1m31s", ended="1m31s"), 14)
    scheduler = _static_pod(
        world,
        "kube-scheduler",
        PodState(containers=state.containers, node="node-1"),
        command=["kube-scheduler", "--config=/etc/kubernetes/scheduler.yaml"],
    )
    image = scheduler["spec"]["containers"][0]["image"]
    restarts(world, scheduler, "kube-scheduler", image, first="49m", tries=14)
    world.log(
        scheduler,
        "kube-scheduler",
        'E0107 10:58:29.110214       1 run.go:74] "command failed" err="no kind \\"KubeSchedulerConfig\\" '
        "is registered "
        'for version \\"kubescheduler.config.k8s.io/v1\\""\n',
        previous=True,
    )
    work = running(world, "tasks", "team", age="33m", states=pending("nobody"), progress="stuck")
    work.pod["status"] = {"phase": "Pending", "qosClass": work.pod["status"]["qosClass"]}
    born(world, work, "33m")
    return Built(
        "scheduler-is-down",
        webhook([not_ready(work.pod, world.clock, since="17m")]),
        key(
            work.pod,
            scheduler,
            "control-plane-down",
            "Pod of Deployment team/tasks waits for a node without any word of the scheduler, because "
            "kube-scheduler "
            "crashes: it cannot read its configuration (no kind KubeSchedulerConfig).",
            (r"tasks", r"kube-scheduler|scheduler", r"crash|KubeSchedulerConfig|not run|down|exit|ends"),
            *NOT_THIS,
            also=(("Node", "", "node-1"),),
            tags=("control-plane", "scheduling", "cross-namespace"),
        ),
        world,
    )


def node_short_of_memory() -> Built:
    """A pod without a limit ate the node's memory: MemoryPressure, and another pod was evicted for it."""
    state = NodeState(texts={"MemoryPressure": "node-memory-pressure"}, since="18m", heartbeat="30s")
    world = lean("2027-01-08T12:00:00Z", nodes={"node-2": state})
    values = {"resource": "memory", "threshold": "100Mi", "available": "61284Ki"}
    text = world.say("evicted", name="renderer", usage="6812344Ki", request="128Mi", **values)
    gone = PodState(
        containers={"renderer": Ended(137, began="5h", ended="17m")},
        node="node-2",
        age="5h",
        reason="Evicted",
        message=text,
        conditions=(
            {
                "lastProbeTime": None,
                "lastTransitionTime": world.clock.ago("17m"),
                "message": text,
                "reason": entry("terminated-by-kubelet").reason,
                "status": "True",
                "type": "DisruptionTarget",
            },
        ),
    )
    work = running(world, "renderer", "lab", age="9d", states=[gone, PodState(node="node-1", age="16m50s")])
    node = world.get("Node", "node-2")
    world.event(node, "eviction-threshold", first="18m", last="40s", count=40, resource="memory")
    return Built(
        "node-short-of-memory",
        [
            alert(
                "KubeNodePressure",
                exported({"condition": "MemoryPressure", "node": "node-2", "status": "true"}),
                world.clock,
                since="8m",
                severity="info",
                summary="Node has as active Condition.",
                description="node-2 has active Condition MemoryPressure. This is caused by resource usage "
                "exceeding "
                "eviction thresholds.",
            )
        ],
        key(
            node,
            node,
            "node-pressure",
            "Node node-2 is under memory pressure: a pod of Deployment lab/renderer, which has no memory "
            "limit, used "
            "6812344Ki and was evicted.",
            (r"node-2", r"memory", r"evicted|renderer|6812344"),
            NO_PULL,
            NO_PROBE,
            r"disk ?pressure (is )?true",
            also=(work.object,),
            tags=("node", "eviction", "memory", "subject-node"),
        ),
        world,
    )


def network_agent_down_on_node() -> Built:
    """The CNI agent crashes on node-2: pods there get no network."""
    world = lean("2027-01-09T13:00:00Z")
    state = crash_loop(world, "calico-node", Ended(1, began="2m40s", ended="2m39s"), 12)
    agent = world.daemonset(
        "calico-node",
        "kube-system",
        [main_of("calico-node", "kube-system", image="docker.io/calico/node:v3.28.2", ports=[])],
        {"node-1": READY, "node-2": state},
        age="100d",
    )
    bad = agent.pods[1]
    restarts(world, bad, "calico-node", "docker.io/calico/node:v3.28.2", first="51m", tries=12)
    world.log(
        bad,
        "calico-node",
        "2027-01-09 12:57:21.119 [INFO][9] startup/startup.go 445: Early log level set to info\n"
        "2027-01-09 12:57:21.402 [WARNING][9] startup/startup.go 1008: Calico node 'node-2' is already "
        "using the IPv4 "
        "address 10.0.1.11.\n2027-01-09 12:57:21.402 [ERROR][9] startup/startup.go 212: Terminating: IPv4 "
        "address "
        "10.0.1.11 conflicts with node node-1\n",
        previous=True,
    )
    work = running(
        world, "cams", "city", age="39m", states=creating(["cams"], node="node-2"), progress="stuck"
    )
    born(world, work, "39m")
    placed(world, work.pod, "39m")
    world.event(
        work.pod,
        "sandbox-failed",
        first="39m",
        last="6s",
        count=180,
        sandbox="9d2c55e0b1a74c3e8f10",
        why='plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory: '
        "check that the "
        "calico/node container is running and has mounted /var/lib/calico/",
    )
    return Built(
        "network-agent-down-on-node",
        webhook([not_ready(work.pod, world.clock, since="23m")]),
        key(
            work.pod,
            agent.object,
            "cni",
            "Pod of Deployment city/cams gets no network on node-2, because the pod of DaemonSet "
            "calico-node there "
            "crashes: its address 10.0.1.11 conflicts with node-1's.",
            (r"node-2|cams", r"calico", r"network|sandbox|crash|conflict"),
            *NOT_THIS,
            also=(("Node", "", "node-2"),),
            tags=("node", "network", "daemonset", "cross-namespace"),
        ),
        world,
    )


def headless_service_absent() -> Built:
    """A StatefulSet's serviceName names no Service: its pods cannot find each other."""
    world = lean("2027-01-10T14:00:00Z")
    work = world.statefulset(
        "etcd",
        "kv",
        [main_of("etcd", "kv", image="registry.k8s.io/etcd:3.5.15-0", ports=[2379, 2380])],
        replicas=2,
        age="29m",
        states=PodState(),
    )
    for number, pod in enumerate(work.pods):
        other = 1 - number
        world.log(
            pod,
            "etcd",
            '{"level":"warn","ts":"2027-01-10T13:59:51.001Z","msg":"failed to resolve URL Host","url":'
            f'"http://etcd-{other}.etcd.kv.svc.cluster.local:2380","error":"lookup '
            f"etcd-{other}.etcd.kv.svc.cluster.local "
            'on 10.96.0.10:53: no such host"}\n' * 8,
        )
    gone = ("Service", "kv", "etcd")
    return Built(
        "headless-service-absent",
        [
            fires(
                world,
                "EtcdNoLeader",
                "etcd in kv has no leader.",
                "24m",
                "critical",
                namespace="kv",
                statefulset="etcd",
            )
        ],
        key(
            work.object,
            gone,
            "missing-service",
            "The pods of StatefulSet kv/etcd cannot resolve each other, because its headless Service etcd "
            "does not exist.",
            (
                r"etcd",
                r"service",
                r"not exist|does ?n.t exist|missing|absent|no (headless )?service|not "
                r"found",
            ),
            *NOT_THIS,
            r"coredns (is|was) (down|crash|misconfig)",
            also=(work.object,),
            tags=("statefulset", "dns", "log", "subject-statefulset"),
            absent=(gone,),
        ),
        world,
    )


def shared_memory_too_small() -> Built:
    """/dev/shm is 64 MiB unless a volume of medium Memory is mounted there."""
    world = lean("2027-01-11T15:00:00Z")
    work = crashing(
        world,
        "browser",
        "e2e",
        Ended(1, began="2m40s", ended="2m38s"),
        "[1:1:0111/145720.118:FATAL:memory.cc(42)] Out of shared memory: "
        "shm_open(/dev/shm/.com.chromium): No space left "
        "on device (28)\n",
        age="27m",
        main={"limits": {"memory": "2Gi"}},
    )
    return Built(
        "shared-memory-too-small",
        [
            fires(
                world,
                "PodRestarting",
                f"Pod e2e/{work.pod['metadata']['name']} restarts again and again.",
                "12m",
                namespace="e2e",
                pod=work.pod["metadata"]["name"],
                container="browser",
            )
        ],
        key(
            work.pod,
            work.object,
            "disk-full",
            "Container browser of Deployment e2e/browser ends because /dev/shm is full (No space left on "
            "device): no "
            "volume of medium Memory is mounted there.",
            (r"browser", r"/dev/shm|shared memory"),
            NO_PULL,
            NO_PROBE,
            r"OOMKilled",
            r"node[- ][a-z0-9-]+ (is|has)[^.;]{0,30}(full|disk ?pressure)",
            tags=("log", "crash", "storage"),
        ),
        world,
    )
