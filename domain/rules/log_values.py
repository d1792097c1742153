"""Values that an application was given and cannot use: malformed addresses, numbers, headers, certificates.

Where the value stands is looked up in the container's own template. A Secret is never read: that a variable
comes from one is all that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kubetriage.domain.finding import Likelihood, Remedy, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_environment import holding, set_by, sources
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import listed, quotable, short
from kubetriage.domain.view import ClusterView

_LIKE_SECRETS = ("TOKEN", "KEY", "SECRET", "PASS", "AUTH", "CREDENTIAL")


def _likelihood(told: Stated, found: bool) -> Likelihood:
    """A value that a running application meets again and again may be its users', not its settings'."""
    if told.manner is Manner.READY and not found:
        return Likelihood.LOW
    return Likelihood.HIGH if told.sure else Likelihood.MEDIUM


def bad_value(view: ClusterView, told: Stated) -> Cause:
    """A number, duration, time zone or option that is none."""
    values = told.seen.values
    value, key = values.get("name", ""), values.get("key", "")
    words = told.seen.record.whole[:2000]
    where, quotes = set_by(told.state, words, value or key, arguments=not key)
    own = holding(told.state, value) if value else ""
    if own and not key:
        says = say("it cannot use `{v}`, the value of its environment variable {n}",
                   "无法使用其环境变量 {n} 的值 `{v}`", v=short(value, 60), n=own)  # fmt: skip
    elif value or key:
        says = say("it cannot use {v}{w}", "无法使用{v}{w}", w=where, v=_both(value, key))
    else:
        likely = where if where.en else _from_secrets(told)[0]
        says = say("it cannot use a value that it was given{w}", "无法使用所给的某个值{w}", w=likely)
    return Cause(
        "log.bad-value", "misconfigured-app", says, likelihood=_likelihood(told, bool(where.en)),
        specificity=Specificity.EXACT if where.en else Specificity.NAMED,
        quotes=(*quotable(value, key), *quotes),
        remedies=(_correct(view, told),))  # fmt: skip


def _both(value: str, key: str) -> Text:
    if value and key:
        return say("value `{v}` of {k}", " {k} 的值 `{v}`", v=short(value, 60), k=short(key, 60))
    if key:
        return say("the value of {k}", " {k} 的值", k=short(key, 60))
    return say("value `{v}`", "值 `{v}`", v=short(value, 60))


def bad_address(view: ClusterView, told: Stated) -> Cause:
    """A URL without a scheme or host, or one whose password holds characters that must be escaped."""
    where, quotes = set_by(told.state, told.seen.record.whole[:2000])
    says = say("an address (URL) that it was given is malformed or empty{w}",
               "所配置的某个地址（URL）格式不对或为空{w}", w=where)  # fmt: skip
    return Cause(
        "log.bad-address", "misconfigured-app", says, likelihood=_likelihood(told, bool(where.en)),
        specificity=Specificity.EXACT if where.en else Specificity.NAMED, quotes=quotes,
        remedies=(_correct(view, told),))  # fmt: skip


def own_certificate(view: ClusterView, told: Stated) -> Cause:
    """What it was given as its certificate, key or key store: nothing of another side is at fault."""
    path = told.seen.values.get("file", "")
    says = say("its own certificate, key or key store{f} cannot be used",
               "它自己的证书、私钥或密钥库{f}无法使用",
               f=say(" ({f})", "（{f}）", f=short(path, 60)) if path else NOTHING)  # fmt: skip
    return Cause("log.own-certificate", "misconfigured-app", says, likelihood=_likelihood(told, True),
                 quotes=quotable(path) if path else (), remedies=(_correct(view, told),))  # fmt: skip


def bad_header(view: ClusterView, told: Stated) -> Cause:
    """A header made of a setting that ends with a line end, as `echo` adds one to what becomes a Secret."""
    name = told.seen.values.get("name", "")
    where, names = _from_secrets(told)
    says = say("its calls fail before they are sent: the value of header {h} holds a character that none may "
               "hold, such as a line end{w}",
               "请求在发出前就失败：请求头 {h} 的值含有不允许的字符（例如换行符）{w}",
               h=name or Text(en="(not named)", zh="（未写明）"), w=where)  # fmt: skip
    work = view.workload(told.pod.ref)
    fix = remedies.change(
        Text(en="Set the value anew without a line end", zh="重新写入不带换行符的值"),
        remedies.with_note(
            Text(en="A Secret made with `echo` holds a line end: use `echo -n`, `printf` or "
                    "`--from-literal`. Then restart the pods, which read their environment at start only.",
                 zh="用 `echo` 生成的 Secret 会带上换行符：改用 `echo -n`、`printf` 或 `--from-literal`；"
                    "随后重启 Pod，环境变量只在启动时读取。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return Cause("log.bad-header", "misconfigured-app", says,
                 likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
                 quotes=quotable(name, *names), remedies=(fix,))  # fmt: skip


def _from_secrets(told: Stated) -> tuple[Text, tuple[str, ...]]:
    """Where a token or password of its environment comes from, and the names of those objects."""
    found = [(variable, *source) for variable, source in sources(told.state).items()
             if any(part in variable.upper() for part in _LIKE_SECRETS)]  # fmt: skip
    if not found:
        return NOTHING, ()
    shown = listed([f"{variable} ({kind} {source})" for variable, kind, source in found], 2)
    names = tuple(dict.fromkeys(source for _, _, source in found[:2]))
    return say("; such a value may come from {n}", "；该值可能来自 {n}", n=shown), names


def _correct(view: ClusterView, told: Stated) -> Remedy:
    work = view.workload(told.pod.ref)
    return remedies.change(
        say("Correct the value in {k} {n}", "在 {k} {n} 中修正该值", k=work.kind, n=work.name),
        remedies.with_note(
            Text(en="It stands in the container's environment or arguments, or in the ConfigMap or Secret "
                    "that they come from; pods read their environment at start only.",
                 zh="它位于容器的环境变量或参数中，或其来源的 ConfigMap、Secret 中；"
                    "环境变量只在 Pod 启动时读取。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip


VALUES: Mapping[Sign, Callable[[ClusterView, Stated], Cause]] = MappingProxyType(
    {
        Sign.BAD_VALUE: bad_value,
        Sign.BAD_ADDRESS: bad_address,
        Sign.BAD_HEADER: bad_header,
        Sign.OWN_CERTIFICATE: own_certificate,
    }
)
