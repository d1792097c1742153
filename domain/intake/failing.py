"""Why a diagnosis came to nothing, as a kind that can be told in every language beside the error itself."""

from __future__ import annotations

from enum import StrEnum

from kubetriage.domain.errors import (
    BadInput,
    ClusterUnreachable,
    KubetriageError,
    UnknownCluster,
    UnknownModel,
)


class FailureReason(StrEnum):
    CLUSTER_UNREACHABLE = "cluster-unreachable"
    CLUSTER_UNKNOWN = "cluster-unknown"
    """No connection is configured that fits the alert."""
    MODEL_UNKNOWN = "model-unknown"
    INPUT = "input"
    """An alert or a setting cannot be used."""
    HUNG = "hung"
    """It was not over long after its deadline."""
    LOST = "lost"
    """The work on it ended without a word."""
    BUG = "bug"


def reason_of(error: Exception) -> FailureReason | None:
    """None for an error that was raised on purpose and is none of these."""
    kinds: tuple[tuple[type[Exception], FailureReason], ...] = (
        (TimeoutError, FailureReason.HUNG),
        (ClusterUnreachable, FailureReason.CLUSTER_UNREACHABLE),
        (UnknownCluster, FailureReason.CLUSTER_UNKNOWN),
        (UnknownModel, FailureReason.MODEL_UNKNOWN),
        (BadInput, FailureReason.INPUT),
    )
    otherwise = None if isinstance(error, KubetriageError) else FailureReason.BUG
    return next((reason for kind, reason in kinds if isinstance(error, kind)), otherwise)
