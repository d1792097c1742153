"""Reading a provisioner's error."""

from __future__ import annotations

import pytest

from kubetriage.domain.rules.storage_messages import GIB, Refusal, decisive, kind_of, said, size_bounds

FRAME = 'failed to provision volume with StorageClass "fast": rpc error: code = InvalidArgument desc = '


@pytest.mark.parametrize(
    ("message", "low", "high"),
    [
        ("size is not valid. Must in [10, 32000]", 10, 32000),
        ("the disk size is not in the range [20, 32768]", 20, 32768),
        ("size must be between 10 and 500 GB", 10, 500),
        ("capacity range is from 1Gi to 16Ti", 1, 16384),
        ("valid sizes: 20~32768", 20, 32768),
        ("size must be at least 10", 10, None),
        ("minimum 10Gi", 10, None),
        ("minimum size is 125GiB", 125, None),
        ("requested 5 GiB is less than the minimum size of 10 GiB", 10, None),
        ("size cannot be smaller than 10 GB", 10, None),
        ("should be no less than 10G", 10, None),
        ("must be greater than or equal to 20", 20, None),
        ("5368709120 bytes is less than minimum 10737418240", 10, None),
        ("size cannot be larger than 500 GB", None, 500),
        ("exceeds the maximum size of 16384 GiB", None, 16384),
        ("at most 2TiB", None, 2048),
    ],
)
def test_size_bounds(message: str, low: float | None, high: float | None) -> None:
    """Bounds are found in the ways that vendors write them; bare numbers are GiB, huge ones bytes."""
    found = size_bounds(FRAME + message)
    assert found is not None
    assert found.minimum == (low * GIB if low is not None else None)
    assert found.maximum == (high * GIB if high is not None else None)
    assert found.words.split(" … ")[0] in message


@pytest.mark.parametrize(
    "message",
    [
        "",
        "quota is 100, used 100",
        "request id: 8374-0011-22",
        "context deadline exceeded",
        "permission denied",
    ],
)
def test_no_bounds(message: str) -> None:
    """Other numbers are not taken for sizes."""
    assert size_bounds(message) is None


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("size is not valid. Must in [10, 32000]", Refusal.SIZE),
        ("the disk size is invalid", Refusal.SIZE),
        ("rpc error: code = OutOfRange desc = bad capacity", Refusal.SIZE),
        ('storageclass.storage.k8s.io "fast" not found', Refusal.CLASS),
        ("account balance is not enough", Refusal.BALANCE),
        ("the disk quota of the account is exceeded", Refusal.QUOTA),
        ("rpc error: code = ResourceExhausted desc = no capacity in the zone", Refusal.SOLD_OUT),
        ("UnauthorizedOperation: not authorized to create disks", Refusal.DENIED),
        ("googleapi: Error 403: permission missing", Refusal.DENIED),
        ('secrets "ceph-admin" not found', Refusal.SECRET),
        ("error generating accessibility requirements: no topology key found", Refusal.TOPOLOGY),
        ("volume capability MULTI_NODE_MULTI_WRITER is not supported", Refusal.ACCESS_MODE),
        ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", Refusal.UNREACHABLE),
        ("dial tcp 10.0.0.9:443: connect: connection refused", Refusal.UNREACHABLE),
        ("invalid parameter diskType", Refusal.PARAMETER),
        ("something went wrong", Refusal.OTHER),
    ],
)
def test_kinds(message: str, kind: Refusal) -> None:
    """Each kind of refusal is told apart."""
    assert kind_of(message, 5 * GIB) is kind


def test_bounds_that_hold_are_not_the_reason() -> None:
    """A size within the bounds that a message names is not what was refused."""
    assert kind_of("sizes [10, 32000] are served; disk quota exceeded", 20 * GIB) is Refusal.QUOTA


def test_said() -> None:
    """The frames of external-provisioner and gRPC are left out."""
    assert said(FRAME + "size is not valid") == "size is not valid"


def test_decisive_words_are_quoted() -> None:
    """Of a long chain of errors the part is told that says which refusal it is."""
    chain = (
        'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create '
        'volume "pvc-5a": could not create volume in EC2: operation error EC2: CreateVolume, https response error '
        "StatusCode: 403, RequestID: 0d1, api error UnauthorizedOperation: You are not authorized"
    )
    words = decisive(chain, None, 110)
    assert len(words) <= 110
    assert "403" in words or "Unauthorized" in words
    assert decisive("quota exceeded", None, 110) == "quota exceeded"
