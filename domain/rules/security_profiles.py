"""AppArmor and seccomp profiles that containers ask for by name: they must lie on the node beforehand."""

from __future__ import annotations

import re

from kubetriage.domain.kube import ContainerState, Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import short

_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_FIELDS = {"AppArmor": "appArmorProfile", "seccomp": "seccompProfile"}


def profile_of(pod: Obj, state: ContainerState, message: str) -> tuple[str, str]:
    """Which of the two a runtime's message is about, and the profile that the container asks for.

    The name is empty where the pod does not say one: it has the runtime's default.
    """
    kind = "seccomp" if re.search("seccomp", message, re.I) else "AppArmor"
    for context in (state.spec.get("securityContext"), pod.mapping("spec", "securityContext")):
        asked = context.get(_FIELDS[kind]) if isinstance(context, dict) else None
        if isinstance(asked, dict):
            return kind, str(asked.get("localhostProfile") or "")
    noted = pod.annotations.get(f"{_ANNOTATION}{state.name}", "") if kind == "AppArmor" else ""
    return kind, noted.removeprefix("localhost/") if noted.startswith("localhost/") else ""


def profile_words(pod: Obj, state: ContainerState, message: str) -> Text:
    """`AppArmor profile deny-write`."""
    kind, name = profile_of(pod, state, message)
    if not name:
        return say("{k} profile", "{k} 配置", k=kind)
    return say("{k} profile {n}", "{k} 配置 {n}", k=kind, n=short(name, 60))
