"""Causes in logs that name a setting: an environment variable, a key, a file, a line of configuration."""

from __future__ import annotations

import re
from typing import Any

from kubetriage.domain.finding import Likelihood, Remedy, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.references import config_refs
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_address import config_files
from kubetriage.domain.rules.log_injected import service_link, token_missing
from kubetriage.domain.rules.log_stated import Cause, Stated, key_at, mounted_at
from kubetriage.domain.rules.phrases import UNNAMED, say
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView


def missing_env(view: ClusterView, told: Stated) -> Cause:
    """An environment variable that the application wants, held against what its container is given."""
    key = told.seen.values.get("key", "")
    base = Cause(
        "log.missing-env",
        "missing-env",
        say("it misses environment variable {k}", "缺少环境变量 {k}", k=key or UNNAMED),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        quotes=(key,) if key else (),
    )
    if not key:
        return base._replace(
            says=Text(en="it misses an environment variable", zh="缺少环境变量"),
            specificity=Specificity.GENERAL,
        )
    env = [e for e in elements(told.state.spec.get("env")) if isinstance(e, dict)]
    own = next((e for e in env if e.get("name") == key), None)
    if own is not None:
        return _given(view, told, key, own, base)
    sources = [r for r in config_refs(told.pod) if r.container == told.state.name and r.how == "envFrom"]
    similar = nearest(key, (str(e.get("name")) for e in env))
    if similar:
        says = say("it misses environment variable {k}; the template sets {s}",
                   "缺少环境变量 {k}；模板中设置的是 {s}",
                   k=key, s=similar)  # fmt: skip
        return _set_env(view, told, key, base._replace(says=says, specificity=Specificity.EXACT))
    if sources:
        return _from_sources(view, told, key, [s.ref for s in sources], base)
    says = say(
        "it misses environment variable {k}, which its template does not set",
        "缺少环境变量 {k}，模板中未设置",
        k=key,
    )
    return _set_env(view, told, key, base._replace(says=says, specificity=Specificity.EXACT))


def _given(view: ClusterView, told: Stated, key: str, own: dict[str, Any], base: Cause) -> Cause:
    """The variable stands in the template: with an empty value, or with a source that has none."""
    source = own.get("valueFrom")
    if not isinstance(source, dict):
        if str(own.get("value") or ""):
            return base._replace(likelihood=Likelihood.MEDIUM)
        says = say("its environment variable {k} is set to an empty value", "环境变量 {k} 被设为空值", k=key)
        return _set_env(view, told, key, base._replace(says=says, specificity=Specificity.EXACT))
    named = source.get("configMapKeyRef")
    if isinstance(named, dict):
        ref = resource("ConfigMap", told.pod.namespace, str(named.get("name") or ""))
        found = view.find(ref)
        if found is not None and not str(found.mapping("data").get(str(named.get("key"))) or ""):
            says = say("its environment variable {k} comes from key {c} of ConfigMap {m}, which is "
                       "missing or empty",
                       "环境变量 {k} 取自 ConfigMap {m} 的键 {c}，该键缺失或为空", k=key, c=named.get("key"),
                       m=ref.name)  # fmt: skip
            return base._replace(
                category="config-key-missing", says=says, culprit=ref, specificity=Specificity.EXACT,
                cites=(found.cite,), remedies=(_edit_config(view, ref, str(named.get("key"))),))  # fmt: skip
    return _optional(key, source, base)


def _optional(key: str, source: dict[str, Any], base: Cause) -> Cause:
    """A container starts without a source that is optional; without any other it would not have started."""
    for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        named = source.get(field)
        if isinstance(named, dict) and named.get("optional") is True:
            says = say("its environment variable {k} comes from key {c} of {m}, which is optional and "
                       "not there",
                       "环境变量 {k} 取自 {m} 的键 {c}，该引用是可选的，且并不存在",
                       k=key, c=named.get("key"), m=f"{kind} {named.get('name')}")  # fmt: skip
            return base._replace(says=says, specificity=Specificity.EXACT,
                                 quotes=(key, str(named.get("name"))))  # fmt: skip
    return base


def _from_sources(view: ClusterView, told: Stated, key: str, refs: list[Resource], base: Cause) -> Cause:
    """`envFrom` should bring it: the ConfigMap that has a similar key, or none that was read has it."""
    maps = [found for ref in refs if (found := view.find(ref)) is not None]
    for found in maps:
        similar = nearest(key, found.mapping("data"))
        if similar:
            says = say("it misses environment variable {k}; ConfigMap {m} has {s} instead",
                       "缺少环境变量 {k}；ConfigMap {m} 中的键是 {s}", k=key, m=found.name,
                       s=similar)  # fmt: skip
            return base._replace(
                category="config-key-missing", says=says, culprit=found.ref, specificity=Specificity.EXACT,
                cites=(found.cite,), quotes=(key, similar), remedies=(_edit_config(view, found.ref,
                                                                                   key),))  # fmt: skip
    unread = len(maps) < len(refs)
    names = listed([f"{r.kind} {r.name}" for r in refs])
    says = say("it misses environment variable {k}, which neither its template nor {n} sets",
               "缺少环境变量 {k}，模板与 {n} 中都没有", k=key, n=names)  # fmt: skip
    if unread:
        says = say(
            "it misses environment variable {k} (envFrom: {n})",
            "缺少环境变量 {k}（envFrom：{n}）",
            k=key,
            n=names,
        )
    return _set_env(view, told, key, base._replace(says=says, cites=tuple(f.cite for f in maps)))


def _set_env(view: ClusterView, told: Stated, key: str, cause: Cause) -> Cause:
    work = view.workload(told.pod.ref)
    settable = work.kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicationController")
    commands = (
        (remedies.mutate(f"kubectl set env {remedies.target(work)} -c {told.state.name} {key}=<value>"),)
        if settable and re.fullmatch(r"\w+", key)
        else remedies.edit_template(work)
    )
    fix = remedies.change(
        say("Set environment variable {k}", "设置环境变量 {k}", k=key),
        remedies.with_note(
            say("Container {c} reads it at start.", "容器 {c} 启动时会读取它。", c=told.state.name),
            view.find(work),
        ),
        *commands,
    )
    return cause._replace(remedies=(fix,))


def _edit_config(view: ClusterView, ref: Resource, key: str) -> Remedy:
    return remedies.change(
        say("Put {k} right in ConfigMap {m}", "在 ConfigMap {m} 中修正 {k}", k=short(key, 40), m=ref.name),
        remedies.with_note(
            Text(en="Restart the pods afterwards: environment and subPath mounts are read at start only.",
                 zh="改后需重启 Pod：环境变量和 subPath 挂载只在启动时读取。"), view.find(ref)),
        remedies.mutate(f"kubectl edit {remedies.target(ref)}"),
    )  # fmt: skip


# ---- files


def missing_key(view: ClusterView, told: Stated) -> Cause:
    """A key that a configuration file should have, looked up in the ConfigMap that holds the file."""
    key, where = told.seen.values.get("key", ""), told.seen.values.get("where", "")
    base = Cause(
        "log.missing-config-key",
        "config-key-missing" if where else "misconfigured-app",
        say("its configuration misses {k}", "其配置缺少 {k}", k=key),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        quotes=(key,),
    )
    for found, entry, content in config_files(view, told.pod):
        if where and entry != where.rpartition("/")[2]:
            continue
        state = _state_of_key(content, key)
        if state is None:
            continue
        says = say("its configuration misses {k}: ConfigMap {m} ({e}) {s}",
                   "其配置缺少 {k}：ConfigMap {m}（{e}）{s}",
                   k=key, m=found.name, e=entry, s=state)  # fmt: skip
        if not where:
            continue
        return base._replace(
            category="config-key-missing", says=says, culprit=found.ref, likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT, cites=(found.cite,), quotes=(key, found.name),
            remedies=(_edit_config(view, found.ref, key),))  # fmt: skip
    return base


def _state_of_key(content: str, key: str) -> Text | None:
    """What a file says of a key: not at all, or an empty value; None if it has a value."""
    if not re.search(rf"\b{re.escape(key)}\b", content):
        return Text(en="does not have it", zh="中没有该键")
    if re.search(rf"\b{re.escape(key)}[\"']?\s*[:=]\s*(?:\"\"|''|null|~)?\s*(?:[,}}\n#]|$)", content):
        return Text(en="leaves it empty", zh="中该键为空")
    return None


def missing_file(view: ClusterView, told: Stated) -> Cause:
    """A file that is not there: not in the ConfigMap mounted at its place, or not in the image."""
    path = told.seen.values.get("file", "")
    token = token_missing(view, told, path)
    if token is not None:
        return token
    base = Cause(
        "log.no-file",
        "misconfigured-app",
        say("it does not find file {f}", "找不到文件 {f}", f=short(path, 80)),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        quotes=(path,),
    )
    volume, inside, _ = mounted_at(told.pod, told.state, path)
    source = volume.get("configMap")
    if isinstance(source, dict) and source.get("name"):
        ref = resource("ConfigMap", told.pod.namespace, str(source["name"]))
        found = view.find(ref)
        if found is not None and inside and key_at(source, inside) not in found.mapping("data"):
            keys = listed(sorted(map(str, found.mapping("data"))))
            says = say("it does not find file {f}: ConfigMap {m} mounted there has {k}",
                       "找不到文件 {f}：挂载的 ConfigMap {m} 只有 {k}",
                       f=short(path, 60), m=ref.name, k=keys if keys.en else Text(en="no keys",
                                                                                  zh="空数据"))  # fmt: skip
            return base._replace(
                category="config-key-missing", says=says, culprit=ref, specificity=Specificity.EXACT,
                cites=(found.cite,), remedies=(_edit_config(view, ref, inside),))  # fmt: skip
    return base


def bad_syntax(view: ClusterView, told: Stated) -> Cause:
    """A configuration that cannot be read, tied to the ConfigMap whose file the message names."""
    link = service_link(view, told)
    if link is not None:
        return link
    base = Cause(
        "log.config-syntax",
        "misconfigured-app",
        Text(en="it cannot read its configuration", zh="无法读取其配置"),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
    )
    for path in re.findall(r"/[\w./\-]+\w", told.seen.quote):
        volume, inside, _ = mounted_at(told.pod, told.state, path)
        source = volume.get("configMap")
        if isinstance(source, dict) and source.get("name"):
            ref = resource("ConfigMap", told.pod.namespace, str(source["name"]))
            found, key = view.find(ref), key_at(source, inside)
            if found is not None and key in found.mapping("data"):
                says = say("it cannot read {p}, key {k} of ConfigMap {m}",
                           "无法读取 {p}，即 ConfigMap {m} 的键 {k}",
                           p=path, k=key, m=ref.name)  # fmt: skip
                return base._replace(
                    says=says, culprit=ref, specificity=Specificity.EXACT, cites=(found.cite,),
                    quotes=(path,),
                    remedies=(_edit_config(view, ref, key),))  # fmt: skip
    return base


CONFIG = {
    Sign.MISSING_ENV: missing_env,
    Sign.MISSING_KEY: missing_key,
    Sign.NO_FILE: missing_file,
    Sign.CONFIG_SYNTAX: bad_syntax,
}
