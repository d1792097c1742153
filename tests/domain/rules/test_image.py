"""Images that cannot be pulled."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Likelihood, RemedyKind, Role
from kubetriage.domain.rules.image import bare_name, not_pulled, still_pulling
from kubetriage.domain.rules.image_answers import Answer, full_name, is_bare, read_answer, registry_host

IMAGE = "registry.example.com/shop/app:9.9"
HEAD = f'Failed to pull image "{IMAGE}": '
CONTAINERD = (
    HEAD + f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": failed to resolve '
    f'reference "{IMAGE}": {IMAGE}: not found'
)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (CONTAINERD, Answer.ABSENT),
        (
            HEAD
            + "failed to extract layer sha256:8b1d: mount callback failed on /var/lib/x: archive/tar: invalid "
            "tar header: unknown",
            Answer.BROKEN,
        ),
        (HEAD + "failed to extract layer sha256:8b1d: write /x: no space left on device", Answer.DISK),
        (HEAD + "failed commit on ref: unexpected commit digest sha256:1, expected sha256:2", Answer.BROKEN),
        (HEAD + "manifest for registry.example.com/shop/app:9.9 not found: manifest unknown", Answer.ABSENT),
        (HEAD + "initializing source: reading manifest 9.9 in registry: name unknown", Answer.ABSENT),
        (
            HEAD + "Error response from daemon: pull access denied for app, repository does not exist or may "
            "require 'docker login': denied: requested access to the resource is denied",
            Answer.HIDDEN,
        ),
        (
            HEAD + "pull access denied, repository does not exist or may require authorization: server "
            "message: "
            "insufficient_scope: authorization failed",
            Answer.HIDDEN,
        ),
        (HEAD + "unexpected status from HEAD request to https://r/v2/x: 401 Unauthorized", Answer.DENIED),
        (HEAD + "no basic auth credentials", Answer.DENIED),
        (HEAD + "dial tcp: lookup registry.example.com on 10.0.0.2:53: no such host", Answer.UNRESOLVED),
        (HEAD + "dial tcp 10.1.1.1:443: i/o timeout", Answer.UNREACHABLE),
        (HEAD + "net/http: TLS handshake timeout", Answer.UNREACHABLE),
        (HEAD + "received unexpected HTTP status: 503 Service Unavailable", Answer.UNREACHABLE),
        (
            HEAD + "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            Answer.UNTRUSTED,
        ),
        (HEAD + "toomanyrequests: You have reached your pull rate limit", Answer.LIMITED),
        (HEAD + "429 Too Many Requests", Answer.LIMITED),
        (HEAD + "no match for platform in manifest: not found", Answer.PLATFORM),
        (HEAD + "no matching manifest for linux/arm64/v8 in the manifest list entries", Answer.PLATFORM),
        (HEAD + "write /var/lib/containerd/x: no space left on device", Answer.DISK),
        (f'Back-off pulling image "{IMAGE}"', Answer.UNSEEN),
        ("Error: ImagePullBackOff", Answer.UNSEEN),
        ("something nobody has seen before", Answer.OTHER),
    ],
)
def test_registry_answers_of_old_and_new_runtimes_are_told_apart(message: str, answer: Answer) -> None:
    """The same answer is read from docker's, containerd's and CRI-O's wording."""
    assert read_answer(message, IMAGE) is answer


def test_an_image_named_like_an_error_proves_nothing() -> None:
    """The image's own name is not taken for the registry's answer."""
    image = "example.com/denied/not-found:404"
    assert (
        read_answer(f'Failed to pull image "{image}": dial tcp 10.0.0.1:443: i/o timeout', image)
        is Answer.UNREACHABLE
    )
    assert read_answer(f'Back-off pulling image "{image}"', image) is Answer.UNSEEN


@pytest.mark.parametrize(
    ("image", "full", "host", "bare"),
    [
        ("noimage", "docker.io/library/noimage:latest", "docker.io", True),
        ("nginx:1.25", "docker.io/library/nginx:1.25", "docker.io", False),
        ("team/app", "docker.io/team/app:latest", "docker.io", True),
        ("localhost:5000/app", "localhost:5000/app:latest", "localhost:5000", False),
        ("r.example.com/a/b@sha256:12", "r.example.com/a/b@sha256:12", "r.example.com", False),
    ],
)
def test_image_references_are_completed_as_runtimes_do(image: str, full: str, host: str, bare: bool) -> None:
    """Registry, namespace and tag that a reference leaves out are docker.io, library and latest."""
    assert (full_name(image), registry_host(image), is_bare(image)) == (full, host, bare)


def _cluster(
    k8s: Any, reason: str = "ImagePullBackOff", message: str = "", image: str = IMAGE, **pod: Any
) -> list[Any]:
    state = k8s.waiting(reason, message or f'Back-off pulling image "{image}"')
    return [
        k8s.pod(
            "Pod shop/app-7d9-x1",
            k8s.container(image=image, state=state),
            owner="ReplicaSet shop/app-7d9",
            **pod,
        ),
        k8s.replicaset("ReplicaSet shop/app-7d9", revision=2),
        k8s.deployment(),
    ]


def test_an_absent_image_is_the_workloads_fault_and_quotes_the_registry(k8s: Any, view_of: Any) -> None:
    """An absent tag is stated with the image and the Deployment as culprit, with high likelihood."""
    objects = [*_cluster(k8s), k8s.event("Pod shop/app-7d9-x1", "Failed", CONTAINERD)]
    (found,) = not_pulled(view_of(objects, "Pod shop/app-7d9-x1"))
    assert found.role is Role.CAUSE and found.likelihood is Likelihood.HIGH
    assert found.culprit == k8s.ref("Deployment shop/app") and found.category == "image-pull"
    assert IMAGE in found.statement.en and "does not exist" in found.statement.en
    assert "不存在" in found.statement.zh
    assert any(r.kind is RemedyKind.CHANGE and "kubectl set image deployment/app" in r.commands[0].command
               for r in found.remedies)  # fmt: skip


def test_the_answer_in_the_status_is_enough(k8s: Any, view_of: Any) -> None:
    """Kubernetes 1.32 and later repeat the answer in the waiting message: no event is needed."""
    said = f'Back-off pulling image "{IMAGE}": ErrImagePull: {CONTAINERD.removeprefix(HEAD)}'
    (found,) = not_pulled(view_of(_cluster(k8s, message=said), "Pod shop/app-7d9-x1"))
    assert found.rule == "image.absent" and found.likelihood is Likelihood.HIGH


def test_without_the_answer_the_reason_is_called_not_visible(k8s: Any, view_of: Any) -> None:
    """When only the back-off is left, the cause is not stated with confidence."""
    (found,) = not_pulled(view_of(_cluster(k8s), "Pod shop/app-7d9-x1"))
    assert found.rule == "image.unseen" and found.likelihood is Likelihood.MEDIUM
    assert "no longer in the events" in found.statement.en


def test_docker_hubs_refusal_names_both_possibilities(k8s: Any, view_of: Any) -> None:
    """Docker Hub does not tell absent from private; the statement says both and the missing pull secret."""
    event = k8s.event("Pod shop/app-7d9-x1", "Failed",
                      'Failed to pull image "noimage": pull access denied, repository '
                      "does not exist or may require authorization: insufficient_scope")  # fmt: skip
    (found,) = not_pulled(view_of([*_cluster(k8s, image="noimage"), event], "Pod shop/app-7d9-x1"))
    assert "does not exist there, or it is private" in found.statement.en
    assert "no imagePullSecrets" in found.statement.en


def test_a_pull_secret_that_cannot_be_retrieved_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """A denied pull with an absent pull secret is ended by that Secret."""
    pod = "Pod shop/app-7d9-x1"
    events = [
        k8s.event(pod, "Failed", HEAD + "unauthorized: authentication required"),
        k8s.event(pod, "FailedToRetrieveImagePullSecret",
                  "Unable to retrieve some image pull secrets (regcred); "
                  "attempting to pull the image may not succeed."),
    ]  # fmt: skip
    objects = [*_cluster(k8s, imagePullSecrets=[{"name": "regcred"}]), *events]
    (found,) = not_pulled(view_of(objects, pod))
    assert found.culprit == k8s.ref("Secret shop/regcred") and "regcred" in found.statement.en


def test_one_node_that_cannot_reach_the_registry_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """Where pods on other nodes run the same image, the node that fails to pull is to be changed."""
    running = k8s.container(image=IMAGE)
    running[2]["imageID"] = "sha256:1"
    objects = [
        *_cluster(k8s),
        k8s.event(
            "Pod shop/app-7d9-x1", "Failed", HEAD + "dial tcp 10.1.1.1:443: connect: connection refused"
        ),
        k8s.pod("Pod shop/app-7d9-x2", running, owner="ReplicaSet shop/app-7d9", node="n2"),
    ]
    (found,) = not_pulled(view_of(objects, "Pod shop/app-7d9-x1"))
    assert found.culprit == k8s.ref("Node n1")


def test_a_previous_revision_that_runs_is_gone_back_to_first(k8s: Any, view_of: Any) -> None:
    """Going back comes first where the older ReplicaSet still has ready pods."""
    old = k8s.replicaset("ReplicaSet shop/app-6c8", revision=1, ready=2)
    old["spec"]["template"] = {
        "spec": {"containers": [{"name": "app", "image": "registry.example.com/shop/app:9.8"}]}
    }
    objects = [*_cluster(k8s), old, k8s.event("Pod shop/app-7d9-x1", "Failed", CONTAINERD)]
    (found,) = not_pulled(view_of(objects, "Pod shop/app-7d9-x1"))
    command = found.remedies[0].commands[0].command
    assert command == "kubectl rollout undo deployment/app -n shop --to-revision=1"
    assert "app:9.8" in found.statement.en


def test_siblings_with_the_same_image_are_one_finding(k8s: Any, view_of: Any) -> None:
    """Pods of one workload that fail alike are grouped, the alert's pod in the lead."""
    objects = _cluster(k8s)
    for name in ("a0", "z9"):
        state = k8s.waiting("ErrImagePull", CONTAINERD)
        objects.append(k8s.pod(f"Pod shop/app-7d9-{name}", k8s.container(image=IMAGE, state=state),
                               owner="ReplicaSet shop/app-7d9"))  # fmt: skip
    (found,) = not_pulled(view_of(objects, "Pod shop/app-7d9-x1", looked=["Deployment shop/app"]))
    assert found.subject.name == "app-7d9-x1" and "3 of 3 pods" in found.statement.en
    assert found.rule == "image.absent"


def test_an_old_failure_of_a_running_pod_is_history(k8s: Any, view_of: Any) -> None:
    """A pod that has its image now is not reported for an event of the past."""
    objects = [
        k8s.pod("Pod shop/a", k8s.container(image=IMAGE)),
        k8s.event("Pod shop/a", "Failed", CONTAINERD),
    ]
    assert list(not_pulled(view_of(objects, "Pod shop/a"))) == []


def test_pods_nobody_looks_at_are_left_alone(k8s: Any, view_of: Any) -> None:
    """Another workload's pull failure that merely came with a list is not reported."""
    objects = [*_cluster(k8s), k8s.pod("Pod shop/other")]
    assert list(not_pulled(view_of(objects, "Pod shop/other"))) == []


def test_owners_that_could_not_be_read_leave_the_nearest_known_one(k8s: Any, view_of: Any) -> None:
    """A forbidden ReplicaSet hides no cause; the nearest known controller stands for the workload."""
    objects = [_cluster(k8s)[0], k8s.event("Pod shop/app-7d9-x1", "Failed", CONTAINERD)]
    failed = {"ReplicaSet shop/app-7d9": FailureKind.FORBIDDEN}
    (found,) = not_pulled(view_of(objects, "Pod shop/app-7d9-x1", failed=failed))
    assert found.culprit == k8s.ref("ReplicaSet shop/app-7d9")


def test_a_bare_image_name_of_a_blocked_pod_is_a_risk(k8s: Any, view_of: Any) -> None:
    """A pod that is not scheduled yet and has an image without registry and tag may fail to pull next."""
    pod = k8s.unscheduled("Pod aiops/t-1", image="noimage")
    (found,) = bare_name(view_of([pod], "Pod aiops/t-1"))
    assert found.role is Role.RISK and "docker.io/library/noimage:latest" in found.statement.en


def test_a_bare_image_name_that_runs_elsewhere_is_no_risk(k8s: Any, view_of: Any) -> None:
    """An image that another pod was started from does exist."""
    pod = k8s.unscheduled("Pod a/t-1", image="nginx")
    runs = k8s.pod("Pod a/t-2", k8s.container(image="nginx"))
    assert list(bare_name(view_of([pod, runs], "Pod a/t-1"))) == []


def test_a_pull_that_takes_minutes_is_shown_as_such(k8s: Any, view_of: Any) -> None:
    """`Pulling` without an end after five minutes is a slow pull, not a failed one."""
    pod = k8s.pod("Pod a/b", k8s.container(state=k8s.waiting("ContainerCreating"), image=IMAGE))
    event = k8s.event("Pod a/b", "Pulling", f'Pulling image "{IMAGE}"', kind="Normal", first=12, last=12)
    (found,) = still_pulling(view_of([pod, event], "Pod a/b"))
    assert "12 min" in found.statement.en and found.likelihood is Likelihood.MEDIUM
    pulled = k8s.event("Pod a/b", "Pulled", f'Successfully pulled image "{IMAGE}"', kind="Normal", last=11)
    assert list(still_pulling(view_of([pod, event, pulled], "Pod a/b"))) == []
