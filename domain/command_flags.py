"""kubectl's flags: which take a value, which lead elsewhere, and what is left as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kubetriage.domain.command_words import words_of

_VALUES: Final = words_of(
    """
    --namespace --output --selector --field-selector --container --tail --since --since-time
    --limit-bytes --max-log-requests --sort-by --type --patch --patch-file --filename --kustomize
    --replicas --current-replicas --resource-version --to-revision --revision --timeout
    --grace-period --limits --requests --from --from-literal --from-file --from-env-file --image
    --env --tcp --clusterip --node-port --external-name --docker-server --docker-username
    --docker-password --docker-email --port --target-port --name --min --max --cpu-percent
    --overrides --override-type --restart --schedule --for --field-manager --chunk-size
    --label-columns --template --subresource --keys --containers --serviceaccount --role
    --clusterrole --group --verb --resource --resource-name --rule --target --copy-to --set-image
    --image-pull-policy --labels --annotations --pod-selector --skip-wait-for-delete-timeout
    --address --pod-running-timeout --raw --v --request-timeout --types --api-group --verbs --cert
    --key --class --default-backend --annotation --hard --scopes --value --description
    --preemption-policy --protocol --session-affinity --external-ip --load-balancer-ip --cluster-ip
    --local --list-name --sum --columns --depth --concurrency --retries --prune-allowlist
    --prefix-name --duration --audience --bound-object-kind --bound-object-name
    --namespaces --non-resource-url
    """
)
_BARE: Final = words_of(
    """
    --all-namespaces --all --watch --watch-only --previous --follow --timestamps --prefix
    --all-containers --ignore-errors --show-labels --no-headers --show-kind --ignore-not-found
    --recursive --overwrite --force --now --wait --ignore-daemonsets --delete-emptydir-data
    --disable-eviction --dry-run --cascade --stdin --tty --quiet --rm --command --server-side
    --force-conflicts --validate --save-config --record --prune --containers --show-managed-fields
    --include-uninitialized --minify --flatten --client --short --list --resolve --local
    --windows-line-endings --edit --append-hash --share-processes --same-node --replace --attach
    --help --warnings-as-errors --allow-missing-template-keys --show-events --export --expose
    --keep-liveness --keep-readiness --keep-startup --keep-init-containers --keep-labels --no-diff
    --insecure-skip-tls-verify-backend --use-protocol-buffers --namespaced --cached --show-swap
    --interactive
    """
)
ELSEWHERE: Final = words_of(
    """
    --kubeconfig --token --as --as-group --as-uid --server --insecure-skip-tls-verify
    --certificate-authority --client-key --client-certificate --username --password
    --tls-server-name --user --cluster --context --cache-dir --accept-hosts --accept-paths
    --reject-paths --www --unix-socket --keepalive --disable-filter
    """
)
"""Flags that use other credentials or another cluster than the reader's own, or open it to others."""
_SHORT_VALUES: Final = {
    "-n": "--namespace", "-o": "--output", "-l": "--selector", "-c": "--container", "-f": "--filename",
    "-k": "--kustomize", "-p": "--patch", "-L": "--label-columns", "-v": "--v", "-e": "--env",
    "-r": "--restart",
}  # fmt: skip
_SHORT_BARE: Final = {
    "-A": "--all-namespaces", "-w": "--watch", "-i": "--stdin", "-t": "--tty", "-q": "--quiet",
    "-R": "--recursive", "-h": "--help",
}  # fmt: skip


class Parsed(NamedTuple):
    """A kubectl command taken apart."""

    arguments: tuple[str, ...]
    """What is no flag, the verb first."""
    flags: dict[str, str]
    """By their long names, the last value of each; `true` for those without one."""
    inner: tuple[str, ...]
    """What stands behind `--`."""
    files: tuple[str, ...]
    """What is given by `-f`."""
    problem: str

    def said(self, flag: str) -> bool:
        return self.flags.get(flag, "false") not in ("false", "none")

    @property
    def namespace(self) -> str:
        return self.flags.get("--namespace", "")


def parse(words: Sequence[str]) -> Parsed:
    """Take a command apart, its program left out; flags may stand anywhere."""
    arguments: list[str] = []
    flags: dict[str, str] = {}
    files: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            return Parsed(tuple(arguments), flags, tuple(words[at:]), tuple(files), "")
        if not word.startswith("-") or word == "-":
            arguments.append(word)
            continue
        name, equals, value = word.partition("=")
        name, value, problem = _long(name, equals, value, arguments)
        if problem:
            return Parsed(tuple(arguments), flags, (), tuple(files), problem)
        if not equals and not value and _takes_value(name, arguments):
            if at >= len(words):
                return Parsed(tuple(arguments), flags, (), tuple(files), f"{name} has no value")
            value = words[at]
            at += 1
        flags[name] = value or "true"
        files += [value] if name in ("--filename", "--kustomize") else []
    return Parsed(tuple(arguments), flags, (), tuple(files), "")


def _takes_value(name: str, arguments: Sequence[str]) -> bool:
    return name in _VALUES or (name == "--user" and "create" in arguments[:1])


def _long(name: str, equals: str, value: str, arguments: Sequence[str]) -> tuple[str, str, str]:
    """A flag's long name, its value where it is written in one word, and what is wrong with it."""
    verb = arguments[0] if arguments else ""
    if not name.startswith("--"):
        return _short(name, equals, value, verb)
    if name in ELSEWHERE and not (name == "--user" and verb == "create"):
        return name, value, f"{name} leads to other credentials or another cluster"
    if name not in _VALUES and name not in _BARE and name != "--user":
        return name, value, f"{name} is not a flag that is known"
    return name, value, ""


def _short(name: str, equals: str, value: str, verb: str) -> tuple[str, str, str]:
    if name == "-s":
        return name, value, "-s leads to another cluster"
    if verb == "logs" and name[:2] in ("-f", "-p"):  # here they are --follow and --previous
        return ("--follow" if name[:2] == "-f" else "--previous"), "true", ""
    if len(name) > 2 and all(f"-{letter}" in _SHORT_BARE for letter in name[1:]):
        return "--stdin", "true", ""
    known = _SHORT_VALUES.get(name[:2])
    if known is not None:
        glued = name[2:] + (f"={value}" if equals and name[2:] else value)
        return known, glued, ""
    if name in _SHORT_BARE:
        return _SHORT_BARE[name], "true", ""
    return name, value, f"{name} is not a flag that is known"
