"""The check that a Chinese report says nothing in English of its own."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Verification
from kubetriage.evals.language_check import english_in, english_sentences

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
