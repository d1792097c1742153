"""What helm, argocd, flux and istioctl do, and whether what they name is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from kubetriage.domain.command_objects import Inventory
from kubetriage.domain.command_programs import hosts_in
from kubetriage.domain.command_words import HOLE, CheckedCommand, refused, words_of
from kubetriage.domain.finding import Effect


class Program(NamedTuple):
    """A program's subcommands, as they are written, by what they do."""

    reads: frozenset[str]
    changes: frozenset[str]
    destroys: frozenset[str]


def _set(words: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in words.split())


_PROGRAMS: Final = {
    "helm": Program(
        _set("list ls status history get_all get_hooks get_manifest get_notes get_values get_metadata"
             " show_all show_chart show_values show_readme search_repo search_hub template version env lint"
             " repo_list dependency_list diff_upgrade diff_revision diff_rollback"),
        _set("upgrade install rollback repo_update dependency_update dependency_build pull test"),
        _set("uninstall delete del un"),
    ),
    "argocd": Program(
        _set("app_list app_get app_diff app_history app_logs app_manifests app_resources app_wait version"
             " cluster_list repo_list proj_list proj_get appset_list appset_get"),
        _set("app_sync app_rollback app_set app_unset app_patch app_refresh app_terminate-op app_actions"),
        _set("app_delete app_delete-resource appset_delete proj_delete cluster_rm repo_rm"),
    ),
    "flux": Program(
        _set("get logs tree check stats events export version trace diff"),
        _set("reconcile suspend resume create pull push"),
        _set("delete uninstall"),
    ),
    "istioctl": Program(
        _set("analyze proxy-status ps proxy-config pc version validate describe x_describe"
             " experimental_describe x_authz experimental_authz bug-report"),
        _set("install upgrade tag kube-inject"),
        _set("uninstall"),
    ),
}  # fmt: skip
PROGRAMS: Final = frozenset(_PROGRAMS)
_ELSEWHERE: Final = re.compile(
    r"--(?:kubeconfig|kube-(?:context|token|as-user|as-group|apiserver|ca-file|insecure\S*|tls-server-name)|context|token"
    r"|as|as-group|server|insecure\S*|plaintext|auth-token|username|password|post-renderer\S*|repository-config"
    r"|client-crt\S*|config|core|grpc-web\S*|header|kube-config)(?:=|$)|-s$"
)
_VALUES: Final = words_of(
    """
    -n --namespace -o --output --revision --set --set-string --set-file --set-json -f --values
    --version --timeout --history-max --max --resource --app-namespace --project -N --local --depth
    --kind --source --tail -c --container --description --filter --prune-timeout --retry-limit
    --level --since
    """
)
_FLUX_KINDS: Final = {
    "kustomization": "Kustomization", "kustomizations": "Kustomization", "ks": "Kustomization",
    "helmrelease": "HelmRelease", "helmreleases": "HelmRelease", "hr": "HelmRelease", "git": "GitRepository",
    "helm": "HelmRepository", "oci": "OCIRepository", "bucket": "Bucket", "chart": "HelmChart",
}  # fmt: skip
_BY_HELM: Final = ("meta.helm.sh/release-name", "app.kubernetes.io/instance")
_BY_ARGO: Final = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance")


def check(words: Sequence[str], inventory: Inventory) -> CheckedCommand:
    """Classify a command of one of `PROGRAMS`, and say what is wrong with it."""
    name, known = words[0], _PROGRAMS[words[0]]
    arguments, flags, problem = _parse(words[1:])
    if problem:
        return refused(problem)
    sub = (
        " ".join(arguments[:2])
        if " ".join(arguments[:2]) in known.reads | known.changes | known.destroys
        else ""
    )
    sub = sub or (arguments[0] if arguments else "")
    rest = arguments[len(sub.split()) :]
    if sub in known.reads:
        effect = Effect.READ
    elif sub in known.changes:
        harsh = any(
            flag in flags
            for flag in ("--force", "--prune", "--replace", "--reset-values", "--cleanup-on-fail")
        )
        effect = Effect.DESTRUCTIVE if harsh else Effect.CHANGE
    elif sub in known.destroys:
        effect = Effect.DESTRUCTIVE
    else:
        return refused(f"{name} has no {sub!r} that is known")
    if flags.get("--dry-run") in ("", "true", "client", "server"):
        effect = Effect.READ
    return CheckedCommand(effect, _problem(name, sub, rest, flags, effect, inventory))


def _parse(words: Sequence[str]) -> tuple[list[str], dict[str, str], str]:
    arguments: list[str] = []
    flags: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-"):
            arguments.append(word)
            continue
        if _ELSEWHERE.match(word):
            return [], {}, f"{word.partition('=')[0]} leads to other credentials or another cluster"
        name, _, value = word.partition("=")
        if not value and name in _VALUES and at < len(words):
            value = words[at]
            at += 1
        flags[name] = value
    return arguments, flags, ""


def _problem(
    name: str, sub: str, rest: Sequence[str], flags: dict[str, str], effect: Effect, inventory: Inventory
) -> str:
    if effect is Effect.READ and any(HOLE in word for word in (*rest, *flags.values())):
        return "it has a placeholder"
    if any(re.match(r"[a-z+]+://", word, re.I) for word in (*rest, *flags.values())):
        return "it takes something from elsewhere"
    strange = [host for host in hosts_in([*rest, *flags.values()]) if not inventory.is_host(host)]
    if strange:
        return f"nothing here is called {strange[0]}"
    space = flags.get("-n") or flags.get("--namespace") or ""
    problem = inventory.problem_of_namespace(space)
    if problem or not rest:
        return problem
    match name:
        case "helm":
            return _of_release(sub, rest[0], inventory)
        case "argocd":
            return _of_application(sub, rest[0], inventory)
        case "flux":
            return _of_flux(rest, space, inventory)
    return ""


def _of_release(sub: str, release: str, inventory: Inventory) -> str:
    if (
        sub.startswith(("show", "search", "repo", "template", "lint", "dependency", "pull"))
        or HOLE in release
    ):
        return ""
    known = inventory.releases(*_BY_HELM)
    return "" if release in known else f"nothing that was read belongs to a release {release}"


def _of_application(sub: str, name: str, inventory: Inventory) -> str:
    if not sub.startswith("app ") or HOLE in name:
        return ""
    plain = name.rpartition("/")[2]
    known = {each.partition(":")[0] for each in inventory.releases(*_BY_ARGO)}
    known |= {obj.name for obj in inventory.view.objects("Application")}
    return "" if plain in known else f"nothing that was read belongs to an application {plain}"


def _of_flux(rest: Sequence[str], space: str, inventory: Inventory) -> str:
    words = [word for word in rest if word not in ("source", "sources", "all")]
    if len(words) < 2:
        return ""
    kind = _FLUX_KINDS.get(words[0])
    if kind is None:
        return f"flux has no {words[0]!r} that is known"
    return inventory.problem_of(kind, space or "flux-system", words[1])
