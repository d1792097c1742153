"""The checks that a Chinese report says nothing in English of its own, and is set as Chinese is."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubetriage.domain import language
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Verification
from kubetriage.evals.language_check import english_in, english_sentences, spacing_faults

SENTENCE = "the claim is still waiting"


def changed(part: Any, **changes: Any) -> Any:
    return part.model_copy(update=changes)


def first_changed(name: str, **changes: Any) -> dict[str, Any]:
    parts = getattr(sample_report(Language.ZH), name)
    return {name: (changed(parts[0], **changes), *parts[1:])}


OWN: list[dict[str, Any]] = [
    {"summary": SENTENCE},
    {"first_reading": SENTENCE},
    {"impact": changed(sample_report(Language.ZH).impact, statement=SENTENCE)},
    {"verification": Verification(notes=(SENTENCE,))},
    first_changed("checked", why=SENTENCE),
    first_changed("checked", findings=(SENTENCE,)),
    first_changed("root_causes", statement=SENTENCE),
    first_changed("contributing", statement=SENTENCE),
    first_changed("risks", statement=SENTENCE),
    first_changed("changes", what=SENTENCE),
    first_changed("recommendations", title=SENTENCE),
    first_changed("recommendations", detail=SENTENCE),
    first_changed("gaps", what=SENTENCE),
    first_changed("gaps", why=SENTENCE),
]

VERBATIM: list[dict[str, Any]] = [
    {"alert": changed(sample_report(Language.ZH).alert, name=SENTENCE, annotations={"summary": SENTENCE})},
    {"summary": f"事件写明：“{SENTENCE}”。"},
    first_changed("checked", log_excerpt=SENTENCE),
    first_changed("evidence", excerpt=SENTENCE),
    first_changed("knowledge", title=SENTENCE, excerpt=SENTENCE),
]


def test_the_chinese_sample_is_chinese() -> None:
    """The sample report, with every word that rendering adds, has no English sentence."""
    assert english_sentences(sample_report(Language.ZH)) == []


@pytest.mark.parametrize("change", OWN, ids=lambda change: next(iter(change)))
def test_english_of_its_own_is_found_wherever_it_stands(change: dict[str, Any]) -> None:
    """An English sentence in any statement of a Chinese report is found."""
    assert english_sentences(changed(sample_report(Language.ZH), **change)) == [SENTENCE]


@pytest.mark.parametrize("change", VERBATIM, ids=lambda change: next(iter(change)))
def test_what_is_quoted_may_be_english(change: dict[str, Any]) -> None:
    """Annotations, excerpts, log lines, passages and quotations are somebody else's words."""
    assert english_sentences(changed(sample_report(Language.ZH), **change)) == []


@pytest.mark.parametrize(
    "text",
    [
        "容器 app 的退出码为 137，reason 是 OOMKilled",
        "PersistentVolumeClaim aiops/test-data 申请 5Gi",
        "执行 `kubectl rollout restart deployment web now please` 后再看",
        '事件："pod has unbound immediate PersistentVolumeClaims"',
        "资源 cpu, memory, pods, storage 都已用完",
        "对象 Deployment ReplicaSet Pod Node Service 都正常",
        "镜像 registry.example.com/team/app:v1.2 拉取失败：not found",
        "liveness probe 失败",
    ],
)
def test_names_and_terms_are_no_sentences(text: str) -> None:
    """Names, kinds, values, short terms, lists and quotations in a Chinese sentence are not reported."""
    assert english_in(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("原因：The Pod is not ready yet。", "The Pod is not ready yet"),
        (
            "Back-off restarting failed container app in pod web-0",
            "Back-off restarting failed container app in pod web-0",
        ),
        ("没有权限 (user can't list any events here)", "(user can't list any events here)"),
    ],
)
def test_a_run_of_english_words_is_found(text: str, found: str) -> None:
    """Four English words in a row are reported with the names between them."""
    assert english_in(text) == [found]


def test_names_of_the_report_are_not_words() -> None:
    """A name made of ordinary words doesn't make a sentence."""
    assert english_in("工作负载 web worker cart users 正常") != []
    assert english_in("工作负载 web worker cart users 正常", frozenset({"cart"})) == []


def test_an_english_report_cannot_be_asked() -> None:
    """Asking about a report in another language is a mistake of the caller."""
    with pytest.raises(ValueError, match="not in zh"):
        english_sentences(sample_report(Language.EN))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("共 2 个 无法启动", "共 2 个 无法启动"),
        ("请求CPU 500m", "请求CPU 500m"),
        ("容器 worker失败", "容器 worker失败"),
        ("节点（node-1） 未就绪", "节点（node-1） 未就绪"),
        ("没有响应 (超时)", "没有响应 (超时)"),
        ("已停止, 正在等待", "已停止, 正在等待"),
    ],
)
def test_a_blank_too_many_or_too_few_is_found(text: str, fault: str) -> None:
    """Chinese stands apart from other words, Chinese words stand together, and marks in Chinese are wide."""
    assert spacing_faults(text) != []
    assert fault in spacing_faults(text)[0] or spacing_faults(text)[0] in fault


@pytest.mark.parametrize(
    "text",
    [
        "容器 app 退出，退出码 1（应用错误）；日志最后为“panic: 值为空,重试 (x)”。",
        "请求 CPU 500m，可用的 2 个节点剩余量不足（最多的是 node-2：100m/3.9）。",
        "把 `web` 的镜像改为 `nginx:1.27`",
    ],
)
def test_well_set_chinese_has_no_faults(text: str) -> None:
    """Quotations are as they were said, and a sentence that is set well has no fault."""
    assert spacing_faults(text) == []


def test_names_are_written_as_they_are() -> None:
    """An alert's own name may run Chinese and other letters together."""
    assert spacing_faults("告警 Pod状态异常 触发") != []
    assert spacing_faults("告警 Pod状态异常 触发", ["Pod状态异常"]) == []


def test_the_words_in_the_code_are_set_well() -> None:
    """No Chinese sentence in the domain has a fault before its values are filled in, nor has an alert's title."""
    domain = Path(inspect.getfile(language)).parent
    said = [(path.name, text) for path in sorted(domain.rglob("*.py")) for text in _sentences(path)]
    titles = (domain / "data" / "alert_names.tsv").read_text(encoding="utf-8").splitlines()
    said += [("alert_names.tsv", cell) for line in titles for cell in line.split("\t")]
    faults = [(name, fault) for name, text in said for fault in spacing_faults(text)]
    assert len(said) > 500
    assert faults == []


def _sentences(path: Path) -> Iterator[str]:
    """The Chinese texts of a module: `zh=…`, and the second text of `say`, `text` and `stated`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "zh" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
        elif isinstance(node, ast.Call) and len(node.args) == 2:
            named, chinese = node.func, node.args[1]
            said = isinstance(named, ast.Name) and named.id in ("say", "text", "stated")
            if said and isinstance(chinese, ast.Constant):
                yield str(chinese.value)
