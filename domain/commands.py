"""What a shell command does to the cluster, and whether it names things that exist.

Commands are shown to people who may run them as they stand, and a model that wrote one has read what anybody
wrote into a log. So what is not understood is refused: other programs, a shell's own language, flags that
lead to other credentials or clusters, hosts and images that are not of this cluster, objects that nothing
shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from kubetriage.domain import command_kubectl, command_releases
from kubetriage.domain.command_contents import problems_of_object
from kubetriage.domain.command_objects import Inventory
from kubetriage.domain.command_programs import hosts_in, is_known, is_plain, run
from kubetriage.domain.command_words import CheckedCommand, has_hole, refused, split
from kubetriage.domain.finding import Effect
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView

_MANIFEST: Final = re.compile(r"echo '([^']{2,3500})' \| kubectl (apply|create) -f -")
"""One object given to kubectl: the only pipe that is understood."""


def checked(command: str, view: ClusterView) -> CheckedCommand:
    """Classify one command and say what is wrong with it."""
    inventory = Inventory(view)
    manifest = _MANIFEST.fullmatch(command.strip())
    if manifest is not None:
        return _of_manifest(manifest[1], inventory)
    words, problem = split(command)
    if problem:
        return refused(problem)
    if words[0] == "sudo":
        words = words[1:]
    if not words:
        return refused("it is empty")
    if not is_plain(words[0]):
        return refused(f"{words[0]!r} is not a program that is known")
    name = words[0].rpartition("/")[2]
    if name == "kubectl":
        return command_kubectl.check(words[1:], inventory)
    if name in command_releases.PROGRAMS:
        return command_releases.check([name, *words[1:]], inventory)
    if name == "ssh":
        return _over_ssh(words[1:], inventory)
    return _on_host(words, inventory)


def _over_ssh(words: Sequence[str], inventory: Inventory) -> CheckedCommand:
    if len(words) < 2 or words[0].startswith("-"):
        return refused("ssh takes a node and one command")
    host = words[0].rpartition("@")[2]
    problem = inventory.problem_of("Node", "", host) if not inventory.is_host(host) else ""
    seen = _on_host(words[1:], inventory)
    return seen if seen.problem or not problem else CheckedCommand(seen.effect, problem)


def _on_host(words: Sequence[str], inventory: Inventory) -> CheckedCommand:
    """A program on a host: one that looks at it, or a service of its that is started anew."""
    if not is_known(words):
        return refused(f"{words[0]!r} is not a program that is known")
    seen = run(words)
    if seen.problem:
        return seen
    if seen.effect is Effect.READ and has_hole(list(words)):
        return CheckedCommand(seen.effect, "it has a placeholder")
    strange = [host for host in hosts_in(words) if not inventory.is_host(host)]
    return CheckedCommand(seen.effect, f"nothing here is called {strange[0]}" if strange else "")


def _of_manifest(text: str, inventory: Inventory) -> CheckedCommand:
    """`echo '{…}' | kubectl apply -f -`: the object's namespace must be there; the object itself need not."""
    try:
        made = json.loads(text)
    except ValueError:
        return refused("its object cannot be read")
    meta = made.get("metadata") if isinstance(made, dict) else None
    if not isinstance(meta, dict) or not made.get("kind") or not meta.get("name"):
        return refused("its object has no kind or name")
    ref = resource(
        str(made["kind"]),
        str(meta.get("namespace") or ""),
        str(meta["name"]),
        str(made.get("apiVersion") or ""),
    )
    problems = (inventory.problem_of_namespace(ref.namespace), *problems_of_object(made, inventory))
    return CheckedCommand(Effect.CHANGE, next(filter(None, problems), ""))


__all__ = ["CheckedCommand", "checked"]
