"""domain.rules.log_machine: errors of disks, and quotas of providers."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, RemedyKind
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
LOG = ("shop", "app-1", "app", False)
EIO = "ERROR pread /data/db/a.wt: failed to read 4096 bytes: Input/output error\n"


def _sign(line: str) -> Sign | None:
    return next((seen.sign for seen in signs(f"ERROR {line}\n")), None)


@pytest.mark.parametrize(
    "line",
    [
        "read /data/x.db: input/output error",
        "could not read block 12 in file \"base/16384/2610\": Input/output error",
        "sqlite3.OperationalError: disk I/O error",
        "EIO: i/o error, read",
        "blk_update_request: I/O error, dev sda, sector 7",
        "critical medium error, dev sda, sector 7",
    ],
)  # fmt: skip
def test_errors_of_a_disk(line: str) -> None:
    """EIO as C libraries, databases and kernels write it."""
    assert _sign(line) is Sign.DISK_ERROR


@pytest.mark.parametrize(
    "line",
    [
        'I/O error on GET request for "http://db:80/": Connection refused',
        "An I/O error occurred while sending to the backend",
        "dial tcp 10.0.0.1:80: i/o timeout",
    ],
)
def test_input_and_output_of_a_network(line: str) -> None:
    """Clients call a lost connection an I/O error, too: no disk."""
    assert _sign(line) is not Sign.DISK_ERROR


def _one(k8s: Any, view_of: Any, line: str, objects: Any = (), **spec: Any) -> Finding:
    pod = k8s.pod(POD, k8s.container(**spec.pop("main", {})), node="n1", owner="StatefulSet shop/app", **spec)
    (found,) = k8s.findings(
        log_causes(view_of([pod, k8s.obj("Node n1"), *objects], POD, logs={LOG: line * 12}))
    )
    return found  # type: ignore[no-any-return]


def test_a_disk_of_the_node(k8s: Any, view_of: Any) -> None:
    """Without a volume from elsewhere, the node's hardware is to be checked."""
    one = _one(k8s, view_of, EIO)
    assert (one.category, str(one.culprit), one.likelihood) == ("disk-error", "Node n1", Likelihood.MEDIUM)
    assert "/data/db/a.wt" in one.statement.en
    told = one.remedies[0]
    assert told.kind is RemedyKind.ESCALATE and "smartctl" in told.detail.en and "dmesg" in told.detail.zh


@pytest.mark.parametrize(
    ("disk", "culprit"),
    [({"local": {"path": "/mnt"}}, "Node n1"), ({"csi": {"driver": "d"}}, "StatefulSet shop/app")],
)
def test_the_disk_behind_a_claim(k8s: Any, view_of: Any, disk: Any, culprit: str) -> None:
    """A local volume is the node's; one that a driver attaches is not."""
    claim = k8s.obj("PersistentVolumeClaim shop/data", spec={"volumeName": "pv-1"})
    volume = k8s.obj("PersistentVolume pv-1", spec=disk)
    one = _one(
        k8s, view_of, EIO, [claim, volume],
        main={"volumeMounts": [{"name": "v", "mountPath": "/data"}]},
        volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
    )  # fmt: skip
    assert str(one.culprit) == culprit and "claim data" in one.statement.en


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("googleapi: Error 403: Quota 'IN_USE_ADDRESSES' exceeded. Limit: 8.0, quotaExceeded", "IN_USE_ADDRESSES"),
        ("rpc error: code = ResourceExhausted desc = Quota exceeded for quota metric 'reads'", ""),
        ("you exceeded your current quota, please check your plan", ""),
    ],
)  # fmt: skip
def test_a_quota_of_a_provider(k8s: Any, view_of: Any, line: str, name: str) -> None:
    """It is the provider's limit: whoever owns the account has to raise it."""
    one = _one(k8s, view_of, f"ERROR {line}\n")
    assert one.category == "app-dependency" and "quota" in one.statement.en and name in one.statement.en
    assert one.remedies[0].kind is RemedyKind.ESCALATE


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("write /data/a: disk quota exceeded", Sign.DISK_FULL),
        ('pods "x" is forbidden: exceeded quota: compute, requested: cpu=1', None),
        ("rpc error: code = ResourceExhausted desc = received message larger than max", None),
    ],
)
def test_other_limits(line: str, sign: Sign | None) -> None:
    """A file system's quota, a ResourceQuota and a message's size are not a provider's."""
    assert _sign(line) is sign


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("RuntimeError: CUDA error: uncorrectable ECC error encountered", True),
        ("NVRM: GPU at PCI:0000:3e:00 has fallen off the bus", True),
        ("Unable to determine the device handle: GPU is lost. Reboot the system to recover this GPU", True),
        ("NVRM: Xid (PCI:0000:3e:00): 79, pid=7", True),
        ("NVRM: Xid (PCI:0000:3e:00): 31, pid=79, name=python, MMU fault", False),
        ("RuntimeError: CUDA error: out of memory", False),
        ("RuntimeError: CUDA error: invalid device ordinal", False),
    ],
)
def test_a_gpu_that_is_broken(line: str, broken: bool) -> None:
    """What drivers say of a card that has failed, told from what a program does wrong with a good one."""
    assert (_sign(line) is Sign.DEVICE_FAULT) is broken


def test_a_broken_gpu_is_the_nodes(k8s: Any, view_of: Any) -> None:
    """Any program that is given the card fails: the node is taken out of use."""
    one = _one(k8s, view_of, "ERROR CUDA error: uncorrectable ECC error encountered\n")
    assert str(one.culprit) == "Node n1" and one.category == "node-hardware"
    assert "GPU of node n1" in one.statement.en and "节点 n1 的 GPU" in one.statement.zh
    assert one.remedies[0].commands[0].command == "kubectl cordon n1"


SLOW = '{"level":"warn","ts":"2026-11-23T10:00:01Z","caller":"wal/wal.go:805","msg":"slow fdatasync","took":"2.1s"}\n'


@pytest.mark.parametrize(
    "line",
    [
        "slow fdatasync",
        "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",
        "sync duration of 1.2s, expected less than 1s",
        "Asynchronous AOF fsync is taking too long (disk is busy?).",
    ],
)
def test_stores_that_wait_for_their_disk(line: str) -> None:
    """etcd of several versions, and Redis."""
    assert _sign(line) is Sign.SLOW_DISK


@pytest.mark.parametrize(("claim", "culprit"), [("", "Node n1"), ("data", "PersistentVolumeClaim shop/data")])
def test_the_disk_that_a_store_waits_for(k8s: Any, view_of: Any, claim: str, culprit: str) -> None:
    """The node's own, unless the store writes to a claim."""
    pod = k8s.pod(POD, k8s.container(), node="n1")
    pod["spec"]["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: SLOW * 12})
    (one,) = k8s.findings(log_causes(view))
    assert (str(one.culprit), one.category) == (culprit, "slow-dependency")


@pytest.mark.parametrize(
    "line",
    [
        "open /srv/up/a.jpg: stale NFS file handle",
        "java.nio.file.FileSystemException: /srv/up/a.jpg: Stale file handle",
        "OSError: [Errno 116] ESTALE: '/srv/up/a.jpg'",
    ],
)
def test_a_handle_that_is_stale(k8s: Any, view_of: Any, line: str) -> None:
    """A network file system whose export was replaced: the claim is named, and mounting anew is the way out."""
    claim = k8s.obj("PersistentVolumeClaim shop/up", spec={"volumeName": "pv-1"})
    one = _one(
        k8s, view_of, f"ERROR {line}\n", [claim],
        main={"volumeMounts": [{"name": "v", "mountPath": "/srv/up"}]},
        volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "up"}}],
    )  # fmt: skip
    assert (one.category, str(one.culprit)) == ("volume-mount", "PersistentVolumeClaim shop/up")
    assert "stale" in one.statement.en and "失效" in one.statement.zh
    assert "kubectl rollout restart statefulset/app -n shop" in [c.command for c in one.remedies[0].commands]


def test_stale_without_a_handle() -> None:
    """Caches and reads are stale, too."""
    assert _sign("stale read: cached file is 40 s old") is not Sign.STALE_HANDLE
