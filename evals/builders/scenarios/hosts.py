"""The machine under the pods: its container runtime, its disk, and whether it takes pods; and a Service alone."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, exported, not_ready, webhook
from kubetriage.evals.builders.custom import condition
from kubetriage.evals.builders.nodes import NodeState
from kubetriage.evals.builders.policies import disruption_budget
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, placed
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import creating
from kubetriage.evals.builders.texts import entry


def runtime_cannot_make_sandboxes() -> Built:
    """The runtime's own binary is gone from node-2: no pod placed there gets a sandbox."""
    world = lean("2027-02-23T11:10:00Z")
    work = running(
        world, "resizer", "media", age="31m", states=creating(["resizer"], node="node-2"), progress="stuck"
    )
    born(world, work, "31m")
    placed(world, work.pod, "31m")
    world.event(
        work.pod, "sandbox-without-runtime", first="31m", last="5s", count=144,
        sandbox="7b1c9e02d4f84b7aa0c35d6e8f901223445566778899aabbccddeeff00112233",
    )  # fmt: skip
    node = ("Node", "", "node-2")
    return Built(
        "runtime-cannot-make-sandboxes",
        webhook([not_ready(work.pod, world.clock, since="15m")]),
        key(
            work.pod,
            node,
            "container-runtime",
            "Pod of Deployment media/resizer cannot start on node-2: its container runtime cannot make the "
            "sandbox, because runc is not found in $PATH there.",
            (r"resizer", r"node-2", r"sandbox|runtime|runc"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            r"network plugin|CNI",
            also=(work.object,),
            tags=("node", "runtime"),
        ),
        world,
    )


def node_file_system_turned_read_only() -> Built:
    """node-problem-detector: the kernel remounted the disk read-only; kubelet still posts that it is ready."""
    world = lean("2027-02-24T03:35:00Z")
    node = world.get("Node", "node-2")
    text = world.say("node-read-only", device="nvme1n1p1")
    node["status"]["conditions"].insert(
        0, condition("ReadonlyFilesystem", "True", entry("node-read-only").reason, text, world.clock.ago("22m"))
        | {"lastHeartbeatTime": world.clock.ago("20s")},
    )  # fmt: skip
    return Built(
        "node-file-system-turned-read-only",
        [
            alert(
                "NodeProblem",
                exported({"condition": "ReadonlyFilesystem", "node": "node-2", "status": "true"}),
                world.clock,
                since="17m",
                severity="critical",
                summary="A node reports a problem.",
                description="node-2 has had a problem for 5 minutes.",
            )
        ],
        key(
            node,
            node,
            "node-hardware",
            "Node node-2 reports ReadonlyFilesystem: the kernel remounted nvme1n1p1 read-only.",
            (r"node-2", r"read-?only", r"nvme1n1p1|remount"),
            NO_OOM,
            NO_PULL,
            tags=("node", "subject-node"),
        ),
        world,
    )


def node_stays_cordoned() -> Built:
    """A node is well and closed for new pods since last night's maintenance."""
    world = lean("2027-02-25T08:05:00Z", nodes={"node-2": NodeState(cordoned=True, since="8h")})
    running(world, "web", "shop", replicas=2)
    node = world.get("Node", "node-2")
    return Built(
        "node-stays-cordoned",
        fires(world, "NodeTakesNoPods", "node-2 takes no pods.", "7h", node="node-2"),
        key(
            node,
            node,
            "node-cordoned",
            "Node node-2 is ready but has been cordoned (unschedulable) for 8 hours, so no new pod is placed on it.",
            (r"node-2", r"cordon"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("node", "subject-node"),
        ),
        world,
    )


def pdb_wants_more_pods_than_there_are() -> Built:
    """The Deployment was made smaller than its budget: minAvailable 3 of 2 replicas."""
    world = lean("2027-02-26T12:15:00Z")
    work = running(world, "auth", "core", replicas=2, age="50d")
    budget = world.add(
        disruption_budget(
            "auth", "core", world.clock.ago("50d"), pods={"app": "auth"}, healthy=2, expected=2, at_least=3,
            desired=3, changed=world.clock.ago("3h"),
        )
    )  # fmt: skip
    return Built(
        "pdb-wants-more-pods-than-there-are",
        alert(
            "KubePdbNotEnoughHealthyPods",
            exported({"namespace": "core", "poddisruptionbudget": "auth"}),
            world.clock,
            since="2h40m",
            summary="PDB does not have enough healthy pods.",
            description="PDB core/auth expects 1 more healthy pods. The desired number of healthy pods has not been "
            "met for at least 15m.",
        ),
        key(
            budget,
            budget,
            "pdb",
            "PodDisruptionBudget core/auth demands 3 healthy pods, but Deployment auth has only 2 replicas: it can "
            "never be met and blocks every eviction.",
            (r"auth", r"\b3\b", r"\b2\b"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("pdb", "subject-pdb"),
        ),
        world,
    )


def service_without_a_workload() -> Built:
    """The release was taken down, and its Service was forgotten: nothing in the namespace fits its selector."""
    world = lean("2027-02-27T16:55:00Z")
    running(world, "mail", "crm", age="90d")
    world.service("mail", "crm", age="90d")
    service = world.service("sms", "crm", age="90d")
    return Built(
        "service-without-a-workload",
        webhook(
            [
                fires(
                    world, "ServiceWithoutEndpoints", "Service crm/sms has had no endpoints for an hour.", "3h",
                    namespace="crm", service="sms",
                )
            ]
        ),
        key(
            service,
            service,
            "selector-mismatch",
            "Service crm/sms has no endpoints because no pod and no workload of its namespace has the labels of its "
            "selector app=sms.",
            (r"\bsms\b", r"selector|app=sms", r"no (pod|workload|endpoints)"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("service", "subject-service"),
        ),
        world,
    )  # fmt: skip


def clock_of_node_is_behind() -> Built:
    """One of two pods meets a certificate of an hour ago as one that is not valid yet: its node's clock is behind."""
    world = lean("2027-02-28T09:40:00Z")
    running(world, "vault", "secure", age="90d")
    world.service("vault", "secure", port=443, target=8443, age="90d")
    work = running(
        world, "signer", "secure", replicas=2, age="12d", main={"env": {"VAULT": "https://vault.secure"}}
    )
    text = (
        'ERROR renew failed: Put "https://vault.secure/v1/renew": tls: failed to verify certificate: x509: '
        "certificate has expired or is not yet valid: current time 2027-02-28T06:3{n}:02Z is before "
        "2027-02-28T08:30:00Z\n"
    )
    world.log(work.pods[0], "signer", "".join(text.format(n=n) for n in range(6)))
    world.log(work.pods[1], "signer", "INFO renewed 12 leases\n" * 6)
    bad = work.pods[0]
    node = ("Node", "", bad["spec"]["nodeName"])
    return Built(
        "clock-of-node-is-behind",
        webhook(
            [
                fires(
                    world, "SignerRenewalsFail", "signer in secure fails every renewal on one pod.", "50m",
                    namespace="secure", pod=bad["metadata"]["name"],
                )
            ]
        ),
        key(
            bad,
            node,
            "clock-skew",
            f"Pod signer on {node[2]} fails because the certificate of vault.secure is not valid yet for it: the clock "
            f"of {node[2]} is behind (06:30 where the certificate begins at 08:30).",
            (r"signer", r"clock", r"node-1"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("log", "tls", "node", "clock"),
        ),
        world,
    )  # fmt: skip
