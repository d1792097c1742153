"""A scenario: an alert, the cluster it fired in as a snapshot, and the answer that a right report gives.

On disk: `<what-is-wrong>/{alert.json, expected.yaml, snapshot/}`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kubetriage.domain.errors import BadInput
from kubetriage.domain.language import Language
from kubetriage.domain.report import Outcome

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

ALERT, EXPECTED, SNAPSHOT = "alert.json", "expected.yaml", "snapshot"
CATEGORIES = frozenset(
    {
        "admission-policy",
        "admission-webhook",
        "apiserver-overload",
        "app-dependency",
        "bad-command",
        "cert-expired",
        "chaos-experiment",
        "clock-skew",
        "cni",
        "config-key-missing",
        "container-runtime",
        "control-plane-down",
        "controller-stalled",
        "cpu-throttling",
        "crash-app-error",
        "daemonset-scheduling",
        "db-auth",
        "disk-error",
        "disk-full",
        "dns",
        "evicted",
        "finalizer-deadlock",
        "gateway",
        "gitops-sync",
        "hpa",
        "image-architecture",
        "image-pull",
        "ingress",
        "init-container",
        "insufficient-data",
        "insufficient-gpu",
        "insufficient-resources",
        "ip-exhaustion",
        "job-failed",
        "job-stuck",
        "memory-leak",
        "mesh-policy",
        "misconfigured-app",
        "missing-configmap",
        "missing-env",
        "missing-secret",
        "missing-service",
        "missing-serviceaccount",
        "network-degraded",
        "networkpolicy",
        "no-issue",
        "node-cordoned",
        "node-hardware",
        "node-not-ready",
        "node-pod-capacity",
        "node-pressure",
        "node-selector",
        "oom-killed",
        "os-limit",
        "overload",
        "pdb",
        "pod-anti-affinity",
        "pod-security",
        "port-conflict",
        "port-mismatch",
        "preemption",
        "probe-failure",
        "pvc-lost",
        "pvc-unbound",
        "queue-lag",
        "quota",
        "rbac",
        "resolved",
        "rollout-stuck",
        "scaled-to-zero",
        "scheduling-gate",
        "selector-mismatch",
        "slow-dependency",
        "stale-credential",
        "statefulset-blocked",
        "suspended",
        "taint",
        "traffic-policy",
        "version-skew",
        "volume-attach",
        "volume-filling-up",
        "volume-mount",
        "volume-node-affinity",
        "wrong-image",
    }
)
"""The words that categories of faults are named with."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression, searched without regard to case."""


class Named(BaseModel):
    """Which object an answer means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(min_length=1)
    namespace: str = ""
    name: str = Field(min_length=1)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Expected(BaseModel):
    """The answer key, `expected.yaml`; a key that is not one of these is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Annotated[tuple[Outcome, ...], BeforeValidator(_several), Field(min_length=1)]
    """The outcomes that are right, any of them."""
    root_cause: str = Field(min_length=1)
    """What a right report says, in a sentence; for people, not compared."""
    primary: Named | None
    """The object the alert is about."""
    culprit: Named | None
    """The object whose change ends the fault; None where there is none to name."""
    also: tuple[Named, ...] = ()
    """Further culprits that are right."""
    category: str
    """A word of the fault table's vocabulary; shown beside a verdict, not required."""
    must_mention: tuple[Pattern, ...] = Field(min_length=1)
    """Each is found in the summary or a root cause's statement of a right report."""
    must_not_claim: tuple[Pattern, ...] = ()
    """None is found in the summary or the first statement of a right report."""
    must_mention_zh: tuple[Pattern, ...] = ()
    """In place of `must_mention` for a report in Chinese."""
    must_not_claim_zh: tuple[Pattern, ...] = ()
    tags: tuple[str, ...] = ()
    source: str | dict[str, str] = ""
    """Where the scenario comes from."""
    absent_objects: tuple[Named, ...] = ()
    """Objects that are named but do not exist, on purpose."""

    @property
    def culprits(self) -> tuple[Named, ...]:
        """All right culprits, the best one first."""
        return ((self.culprit,) if self.culprit else ()) + self.also

    def in_language(self, language: str) -> Expected:
        """The answer for a report in a language.

        The patterns are of English sentences, so a report in Chinese is held to those written for it; where
        there are none, to its outcome and its culprit alone.
        """
        if language != Language.ZH:
            return self
        wanted = {"must_mention": self.must_mention_zh, "must_not_claim": self.must_not_claim_zh}
        return self.model_copy(update=wanted)


class Scenario(BaseModel):
    """One scenario on disk; its alert and snapshot are read when they are used."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The folder's name: what is wrong."""
    folder: Path
    expected: Expected

    @property
    def alert_path(self) -> Path:
        return self.folder / ALERT

    @property
    def snapshot(self) -> Path:
        """The snapshot's folder."""
        return self.folder / SNAPSHOT

    @property
    def alert(self) -> Any:
        """The alert's body as JSON. Raises `BadInput`."""
        try:
            return json.loads(_text(self.alert_path))
        except json.JSONDecodeError as error:
            raise BadInput(f"{self.alert_path} is not JSON: {error}.") from error


def load(path: Path) -> Scenario:
    """Read a scenario's answer and see that its other parts are there.

    Raises `BadInput` naming the file and what is wrong with it.
    """
    if not path.is_dir():
        raise BadInput(f"{path} is not a folder with a scenario.")
    if not (path / ALERT).is_file():
        raise BadInput(f"{path} has no {ALERT}.")
    if not (path / SNAPSHOT).is_dir():
        raise BadInput(f"{path} has no folder {SNAPSHOT}.")
    return Scenario(name=path.resolve().name, folder=path, expected=_expected(path / EXPECTED))


def find(folder: Path) -> list[Scenario]:
    """All scenarios of a folder, by name; a folder that is a scenario itself is the only one.

    Raises `BadInput` when there is none, and for the first that cannot be read.
    """
    if (folder / EXPECTED).is_file():
        return [load(folder)]
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.")
    found = [load(path) for path in sorted(folder.iterdir()) if (path / EXPECTED).is_file()]
    if not found:
        raise BadInput(f"{folder} holds no scenario: none of its folders has an {EXPECTED}.")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text.") from error


def _expected(path: Path) -> Expected:
    try:
        content = yaml.load(_text(path), _SafeLoader)
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise BadInput(f"{path} does not hold an answer: a mapping is expected.")
    try:
        return Expected.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path}: {where}: {first['msg']}.") from error
