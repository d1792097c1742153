"""domain.rules.image_moved: one tag that means another image in the pod that fails."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.rules.image_moved import tag_moved

POD = "Pod shop/app-1"
IMAGE = "registry.example.com/shop/app:stable"
OLD, NEW = "sha256:" + "a1" * 32, "sha256:" + "7e" * 32
LOG = ("shop", "app-1", "app", True)


def _pod(k8s: Any, name: str, digest: str, ill: bool = False, node: str = "n1", image: str = IMAGE) -> Any:
    more = {"state": k8s.waiting("CrashLoopBackOff"), "last": k8s.ended(1), "restarts": 4} if ill else {}
    one = k8s.container(image=image, **more)
    one[2]["imageID"] = f"registry.example.com/shop/app@{digest}" if digest else ""
    return k8s.pod(f"Pod shop/{name}", one, phase="Running", owner="ReplicaSet shop/app-rs", node=node)


def _found(k8s: Any, view_of: Any, *pods: Any) -> list[Any]:
    sets = [k8s.replicaset("ReplicaSet shop/app-rs"), k8s.deployment()]
    view = view_of([*pods, *sets], POD, logs={LOG: "Error: Cannot find module '/app/main.js'\n"})
    return list(k8s.findings(tag_moved(view)))


def test_the_ill_pod_runs_another_digest(k8s: Any, view_of: Any) -> None:
    """Healthy siblings of the same revision run another image under the same tag: that tag was moved."""
    (found,) = _found(k8s, view_of, _pod(k8s, "app-1", NEW, ill=True), _pod(k8s, "app-2", OLD))
    assert found.category == "wrong-image" and found.culprit == k8s.ref("Deployment shop/app")
    assert "its tag stable means another image than in its healthy siblings" in found.statement.en
    assert "标签 stable" in found.statement.zh and "Cannot find module" in found.statement.en
    assert found.remedies[0].commands[0].command.endswith(f"app=registry.example.com/shop/app@{OLD}")


def test_the_same_digest_is_no_reason(k8s: Any, view_of: Any) -> None:
    """Where a healthy sibling runs the same image, the image is not what tells them apart."""
    assert _found(k8s, view_of, _pod(k8s, "app-1", NEW, ill=True), _pod(k8s, "app-2", NEW)) == []


def test_unknown_or_mixed_digests(k8s: Any, view_of: Any) -> None:
    """Nothing is concluded without the digests, or where the healthy ones have several."""
    ill = _pod(k8s, "app-1", NEW, ill=True)
    assert _found(k8s, view_of, ill, _pod(k8s, "app-2", "")) == []
    assert _found(k8s, view_of, ill, _pod(k8s, "app-2", OLD), _pod(k8s, "app-3", NEW)) == []
    assert _found(k8s, view_of, _pod(k8s, "app-1", "", ill=True), _pod(k8s, "app-2", OLD)) == []


def test_nodes_of_another_architecture(k8s: Any, view_of: Any) -> None:
    """A tag may hold an image for each architecture: their digests differ by right."""
    nodes = [
        k8s.obj(f"Node n{n}", labels={"kubernetes.io/arch": arch}) for n, arch in ((1, "arm64"), (2, "amd64"))
    ]
    pods = [_pod(k8s, "app-1", NEW, ill=True), _pod(k8s, "app-2", OLD, node="n2")]
    assert _found(k8s, view_of, *pods, *nodes) == []
