"""What a kubectl command does to the cluster, and whether it names things that are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from kubetriage.domain.command_contents import (
    empties,
    is_remote,
    problem_of_output,
    problem_of_raw,
    problems_of_patch,
)
from kubetriage.domain.command_credentials import reads_credentials
from kubetriage.domain.command_flags import Parsed, parse
from kubetriage.domain.command_objects import Inventory, group_of
from kubetriage.domain.command_programs import hosts_in, run
from kubetriage.domain.command_words import HOLE, CheckedCommand, refused, words_of, worst
from kubetriage.domain.finding import Effect

_READS: Final = words_of(
    """
    get describe logs log top explain api-resources api-versions cluster-info version diff events
    wait kustomize port-forward
    """
)
_CHANGES: Final = words_of(
    """
    edit patch label annotate set autoscale expose uncordon cordon create apply rollout scale taint
    certificate debug run replace cp attach
    """
)
_SUBCOMMANDS: Final = {
    "rollout": ("status history", "restart undo pause resume"),
    "auth": ("can-i whoami", "reconcile"),
    "config": ("view get-contexts current-context get-clusters get-users", ""),
    "set": ("", "image env resources selector serviceaccount subject"),
    "certificate": ("", "approve deny"),
    "cluster-info": ("dump", ""),
    "top": ("pod pods po node nodes no", ""),
    "apply": ("view-last-applied", "set-last-applied edit-last-applied"),
    "create": (
        "",
        "clusterrole clusterrolebinding configmap cm cronjob cj deployment deploy ingress ing job namespace"
        " ns poddisruptionbudget pdb priorityclass pc quota resourcequota role rolebinding secret service svc"
        " serviceaccount sa",
    ),
}
"""Of verbs with subcommands: those that read and those that change."""
_PAIR: Final = re.compile(r"[\w./-]+(?:=.*|-)$|[\w./-]+=[^:]*:\w+-?$")
_NAME: Final = re.compile(rf"[A-Za-z0-9{HOLE}]([A-Za-z0-9.:_{HOLE}-]*[A-Za-z0-9{HOLE}])?")


class Named(NamedTuple):
    """An object that a command names; without a kind, a word that stands where one must."""

    kind: str
    name: str
    group: str = ""


def check(words: Sequence[str], inventory: Inventory) -> CheckedCommand:
    """Classify a kubectl command, `kubectl` itself left out, and say what is wrong with it."""
    given = parse(words)
    if given.problem:
        return refused(given.problem)
    if not given.arguments:
        return refused("it has no verb")
    return _Kubectl(given, inventory).checked()


class _Kubectl:
    def __init__(self, given: Parsed, inventory: Inventory) -> None:
        self.given = given
        self.inventory = inventory
        self.verb = given.arguments[0]
        self.rest = list(given.arguments[1:])
        self.space = given.namespace

    def checked(self) -> CheckedCommand:
        effect = self._effect()
        if effect.problem:
            return effect
        problem = next(filter(None, self._problems(effect.effect)), "")
        return CheckedCommand(effect.effect, problem)

    # ---- what it does

    def _effect(self) -> CheckedCommand:
        verb, given = self.verb, self.given
        if verb == "exec" or (verb in ("debug", "run") and given.inner):
            seen = run(given.inner)
            return seen if verb == "exec" else CheckedCommand(worst(seen.effect, Effect.CHANGE), seen.problem)
        if verb in _SUBCOMMANDS and not (verb in ("cluster-info", "create", "apply") and self._is_bare()):
            return self._of_subcommand()
        if verb in ("delete", "drain"):
            return self._dry(Effect.DESTRUCTIVE)
        if verb in _READS:
            return CheckedCommand(Effect.READ, "")
        if verb in _CHANGES:
            return self._dry(Effect.DESTRUCTIVE if self._destroys() else Effect.CHANGE)
        return refused(f"kubectl has no verb {verb!r} that is known")

    def _is_bare(self) -> bool:
        return not self.rest or bool(self.given.files)

    def _of_subcommand(self) -> CheckedCommand:
        reads, changes = _SUBCOMMANDS[self.verb]
        sub = self.rest[0] if self.rest else ""
        if sub in reads.split():
            return CheckedCommand(Effect.READ, "")
        if sub in changes.split():
            return self._dry(Effect.DESTRUCTIVE if self._destroys() else Effect.CHANGE)
        return refused(f"kubectl {self.verb} has no {sub!r} that is known")

    def _dry(self, effect: Effect) -> CheckedCommand:
        """What is only tried does nothing."""
        tried = self.given.flags.get("--dry-run") in ("client", "server")
        return CheckedCommand(Effect.READ if tried else effect, "")

    def _destroys(self) -> bool:
        given = self.given
        match self.verb:
            case "scale":
                replicas = given.flags.get("--replicas", "")
                return HOLE not in replicas and not re.fullmatch(r"[1-9]\d*", replicas)
            case "replace":
                return given.said("--force")
            case "apply":
                return given.said("--force") or given.said("--prune")
            case "taint":
                return any(word.endswith(":NoExecute") for word in self.rest)
            case "patch":
                return empties(given.flags.get("--patch", ""))
            case "debug":
                return given.said("--replace")
            case "certificate" | "create" | "label" | "annotate":
                return False
        return False

    # ---- what it names

    def _problems(self, effect: Effect) -> Iterator[str]:
        given = self.given
        if effect is Effect.READ and any(HOLE in word for word in (*given.arguments, *given.flags.values())):
            yield "it has a placeholder"
        creates = self.verb == "create" and self.rest[:1] in (["namespace"], ["ns"])
        yield self.inventory.problem_of_namespace("" if creates else self.space)
        if any(map(is_remote, (*given.files, *(self.rest if self.verb == "kustomize" else ())))):
            yield "it takes its objects from elsewhere"
        yield from self._of_contents()
        yield from self._of_hosts()
        for named in self._named():
            if not named.kind:
                yield f"{named.name!r} is not a kind of object that was read"
            elif not _NAME.fullmatch(named.name):
                yield f"{named.name!r} is no name"
            else:
                yield self.inventory.problem_of(named.kind, self.space, named.name, named.group)
        yield from self._of_parts()

    def _of_hosts(self) -> Iterator[str]:
        given = self.given
        for host in hosts_in([*given.arguments, *given.inner, *given.flags.values()]):
            if not self.inventory.is_host(host):
                yield f"nothing here is called {host}"
        if given.flags.get("--address", "127.0.0.1") not in ("127.0.0.1", "localhost"):
            yield "it opens a port to others"

    def _of_contents(self) -> Iterator[str]:
        """What its flags hold: paths of the API, forms of output, patches, rights."""
        given, flags = self.given, self.given.flags
        if "--raw" in flags:
            yield problem_of_raw(flags["--raw"]) if self.verb == "get" else "--raw goes round every check"
        secrets = any(word.partition("/")[0].startswith("secret") for word in ",".join(self.rest).split(","))
        output, template = flags.get("--output", ""), flags.get("--template", "")
        yield problem_of_output(output, template, secrets and self.verb in ("get", "edit", "view", "patch"))
        yield from problems_of_patch(flags.get("--patch", ""), self.inventory)
        if "--overrides" in flags:
            yield "--overrides goes round every check"
        if flags.get("--clusterrole") == "cluster-admin" or "*" in flags.get("--verb", ""):
            yield "it grants everything"
        if self.verb == "cp" and any(map(reads_credentials, self.rest)):
            yield "it reads credentials"
        if self.verb == "set" and given.said("--list") and given.said("--resolve"):
            yield "it shows the data of Secrets"

    def _of_parts(self) -> Iterator[str]:
        """Containers and images that it names."""
        given = self.given
        container = given.flags.get("--container", "")
        for named in self._named():
            known = self.inventory.containers(named.kind, self.space, named.name)
            wanted = [container] if container and container != "true" else []
            if self.verb == "set" and self.rest[:1] == ["image"]:
                wanted += [word.partition("=")[0] for word in self.rest[1:] if "=" in word]
            for each in wanted:
                if known and each not in known and each != "*" and HOLE not in each:
                    yield f"{named.kind} {named.name} has no container {each}"
        images = [given.flags.get("--image", "")]
        if self.verb == "set" and self.rest[:1] == ["image"]:
            images += [word.partition("=")[2] for word in self.rest[1:] if "=" in word]
        yield from (self.inventory.problem_of_image(image) for image in images if image)

    def _named(self) -> list[Named]:
        """The objects that must be there; those that are being created need not."""
        if self.verb in ("create", "run"):
            return self._sources()
        read = {
            "logs": self._pods, "log": self._pods, "exec": self._pods, "attach": self._pods,
            "debug": self._pods, "port-forward": self._pods, "cp": self._copied, "drain": self._nodes,
            "cordon": self._nodes, "uncordon": self._nodes, "rollout": self._of_rest, "set": self._of_rest,
            "certificate": self._requests, "auth": list, "config": list, "explain": list,
            "api-resources": list, "events": self._events, "cluster-info": list, "version": list,
            "api-versions": list, "kustomize": list,
        }  # fmt: skip
        chosen: Callable[[], list[Named]] = read.get(self.verb, self._typed)
        return chosen()

    def _sources(self) -> list[Named]:
        """`create job x --from=cronjob/y`."""
        source = self.given.flags.get("--from", "")
        return self._parse([source]) if "/" in source else []

    def _pods(self) -> list[Named]:
        first = self.rest[:1]
        return self._parse(first) if first and "/" in first[0] else [Named("Pod", name) for name in first]

    def _copied(self) -> list[Named]:
        """`cp namespace/pod:path` on either side."""
        places = [word.partition(":")[0] for word in self.rest if ":" in word]
        for place in places:
            space, slash, _ = place.partition("/")
            self.space = space if slash else self.space
        return [Named("Pod", place.rpartition("/")[2]) for place in places]

    def _nodes(self) -> list[Named]:
        return [Named("Node", word.removeprefix("node/").removeprefix("nodes/")) for word in self.rest]

    def _requests(self) -> list[Named]:
        return [Named("CertificateSigningRequest", word.rpartition("/")[2]) for word in self.rest[1:]]

    def _events(self) -> list[Named]:
        about = self.given.flags.get("--for", "")
        return self._parse([about]) if "/" in about else []

    def _of_rest(self) -> list[Named]:
        """Behind a subcommand; `KEY=value`, `container=image` and an account that is set are no names."""
        sets_account = self.verb == "set" and self.rest[:1] in (["serviceaccount"], ["sa"])
        rest = self.rest[1:-1] if sets_account else self.rest[1:]
        return self._parse([word for word in rest if "=" not in word and not word.endswith("-")])

    def _typed(self) -> list[Named]:
        if self.verb == "top":
            kinds = [self.rest[0], *self.rest[1:]]
            return self._parse(kinds)
        words = self.rest
        if self.verb in ("label", "annotate", "taint"):
            words = [word for number, word in enumerate(words) if number < 1 or not _PAIR.fullmatch(word)]
        return self._parse(words)

    def _parse(self, words: Sequence[str]) -> list[Named]:
        """`KIND NAME…`, `KIND/NAME…`; a kind that nobody knows stands as a name without one."""
        found: list[Named] = []
        if words and "/" not in words[0]:
            types = words[0].split(",")
            if words[0] == "all":
                return []
            for each in types:
                kind = self.inventory.kind(each)
                if kind is None:
                    return [Named("", each)]
                found += [Named(kind, name, group_of(each)) for name in words[1:]]
            return found
        for word in words:
            said, slash, name = word.partition("/")
            if not slash or "/" in name:
                found.append(Named("", word))
                continue
            kind = self.inventory.kind(said)
            found.append(Named(kind, name, group_of(said)) if kind is not None else Named("", said or word))
        return found
