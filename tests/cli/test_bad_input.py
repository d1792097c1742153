"""Whatever is wrong with what the user gave: one clear sentence, the right exit status, no traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.cli.demo import bundled_scenarios

Run = Callable[..., Any]

SNAPSHOT = bundled_scenarios() / "crash-exit-1-last-words" / "snapshot"
ALERT = json.dumps({"labels": {"alertname": "KubePodNotReady", "namespace": "shop", "pod": "web-1"}})


def assert_one_sentence(ended: Any, status: int, *words: str) -> None:
    assert ended.out == ""
    assert ended.err.startswith("kubetriage: ")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err
    assert len(ended.err) < 450
    assert ended.status == status


BODIES: list[tuple[bytes, tuple[str, ...]]] = [
    (b"", ("standard input", "empty")),
    (b"  \n\n", ("empty",)),
    (b'{"alerts": [', ("not valid JSON", "line 1")),
    (b"labels: [a, b\nalertname: x", ("not valid YAML",)),
    (b"\x00\x01\x02\x03", ("binary",)),
    (b"\xff\xfe\x00", ("standard input",)),
    (b"\x1f\x8bgarbage", ("gzip",)),
    (b"all is well today", ("neither JSON nor YAML",)),
    (b"42", ("standard input",)),
    (b"null", ("standard input",)),
    (b"[]", ("standard input",)),
    (b"{}", ("standard input",)),
    (b'{"alerts": []}', ("standard input",)),
    (b'{"alerts": "none"}', ("standard input",)),
    (b'{"alerts": [{"labels": "none"}]}', ("standard input",)),
    (b'{"alerts": [{"labels": {}}]}', ("standard input",)),
    (b'{"alerts": [{"annotations": {"summary": "x"}}]}', ("standard input",)),
    (b'{"alerts": [7]}', ("standard input",)),
    (b"[" * 100_000, ("nested",)),
    (b"a" * (17 * 1024 * 1024), ("16 MB",)),
]


@pytest.mark.parametrize(("body", "words"), BODIES, ids=[repr(body[:24]) for body, _ in BODIES])
def test_a_body_that_is_no_alert(body: bytes, words: tuple[str, ...], kubetriage: Run) -> None:
    """Not JSON, empty, wrong types, missing labels, too deep, too large: exit status 2."""
    ended = kubetriage("triage", "-", "--snapshot", SNAPSHOT, stdin=body)
    assert_one_sentence(ended, 2, *words)


def test_an_endless_body_is_refused_and_not_read(process: Run) -> None:
    """A device that never ends takes neither memory nor time."""
    assert_one_sentence(process("triage", "/dev/zero"), 2, "/dev/zero", "16 MB")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("triage", "no-such-file.json"), ("no-such-file.json", "no such file")),
        (("triage", "."), ("cannot be read", "directory")),
        (("triage", "pods-of/web"), ("pods-of/web", "no such file", "pods-of")),
        (("triage", "deploymnt/web"), ("did you mean deployment?",)),
        (("triage", "pod/" + "x" * 300), ("pod/",)),
        (("triage",), ("Missing argument", "kubetriage triage --help")),
        (("triage", "a", "b"), ("unexpected extra argument",)),
        (("triage", "pod/x", "--nope"), ("No such option", "--nope")),
        (("triage", "pod/x", "--format", "pdf"), ("pdf", "json")),
        (("triage", "pod/x", "--language", "fr"), ("fr", "zh")),
        (("triage", "pod/x", "--timeout", "0"), ("--timeout",)),
        (("triage", "pod/x", "--timeout", "-3"), ("--timeout",)),
        (("triage", "pod/x", "--timeout", "nan"), ("--timeout", "nan")),
        (("triage", "pod/x", "--timeout", "inf"), ("--timeout",)),
        (("triage", "pod/x", "--timeout", "soon"), ("--timeout", "soon")),
        (("triage", "pod/x", "--cluster", "prod"), ("prod",)),
        (("triage", "pod/x", "--cluster", "a", "--snapshot", "b"), ("exclude each other",)),
        (("triage", "pod/x", "--snapshot", "nowhere"), ("nowhere", "does not exist")),
        (
            ("triage", "pod/x", "--snapshot", SNAPSHOT.parent),
            ("is a scenario; its snapshot is", str(SNAPSHOT)),
        ),
        (("triage", "pod/x", "--model", "gpt"), ("gpt",)),
        (("triage", "pod/x", "--notify", "chat"), ("chat",)),
        (("triage", "pod/x", "--snapshot", SNAPSHOT, "-o", "missing/report.txt"), ("missing",)),
        (("triage", "pod/x", "--snapshot", SNAPSHOT, "-o", "."), ("folder",)),
        (("--config", "none.toml", "triage", "pod/x"), ("none.toml",)),
        (("nothing",), ("nothing",)),
        (("demo", "no-such-example"), ("no-such-example", "--list")),
        (("snapshot", "check", "nowhere"), ("nowhere",)),
        (("snapshot", "serve"), ("Missing argument",)),
        (("snapshot", "record", "x"), ("--namespace",)),
        (("snapshot", "record", "x", "-A", "-n", "a"), ("--namespace",)),
        (("snapshot", "record", "x", "-A", "--snapshot", "a", "--cluster", "b"), ("exclude each other",)),
        (("snapshot", "record", "x", "-A", "--cluster", "prod"), ("prod",)),
        (("snapshot", "record", "x", "-n", "Bad NS"), ("--namespace", "Bad NS", "lower-case")),
        (("triage", "pod/x", "-n", ""), ("--namespace", "lower-case")),
        (("triage", SNAPSHOT.parent / "alert.json", "-n", "shop"), ("--namespace is for KIND/NAME",)),
        (("snapshot", "record", ".", "-A", "--snapshot", SNAPSHOT, "--tail", "-1"), ("--tail",)),
        (("eval", "nowhere"), ("nowhere",)),
    ],
    ids=lambda value: " ".join(str(v)[-30:] for v in value) if isinstance(value, tuple) else None,
)
def test_a_command_that_cannot_be_meant(
    arguments: tuple[str | Path, ...], words: tuple[str, ...], kubetriage: Run
) -> None:
    """Unknown files, kinds, options, values, clusters, folders: exit status 2 and what is wrong."""
    assert_one_sentence(kubetriage(*arguments), 2, *words)


def test_a_folder_that_is_no_snapshot(kubetriage: Run, tmp_path: Path) -> None:
    """What a snapshot is, is said."""
    (tmp_path / "alert.json").write_text(ALERT, encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = kubetriage("triage", tmp_path / "alert.json", "--snapshot", empty)
    assert ended.status == 2
    assert "is not a snapshot" in ended.err
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "snapshot.yaml").write_text("time: [", encoding="utf-8")
    assert kubetriage("triage", tmp_path / "alert.json", "--snapshot", broken).status == 2


def test_a_file_that_may_not_be_read(kubetriage: Run, tmp_path: Path) -> None:
    """Its name and why; root may read everything, so that a loop of links stands for it."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert_one_sentence(kubetriage("triage", loop), 2, "loop", "cannot be read")


def test_names_cannot_act_on_the_terminal(kubetriage: Run) -> None:
    """Escape sequences in what the user or an alert gave are shown, never sent."""
    ended = kubetriage("triage", "\x1b]0;owned\x07\x1b[2J")
    assert "\x1b" not in ended.err
    assert "\\x1b" in ended.err
    assert ended.status == 2


def test_a_sentence_that_is_cut_says_so(kubetriage: Run) -> None:
    """What is too long to be read on one line ends in `…`."""
    ended = kubetriage("triage", "x" * 3000)
    assert ended.status == 2 and len(ended.err) < 1100 and ended.err.endswith("x…\n")


def test_a_closed_standard_input(kubetriage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`triage - <&-` is told so."""
    monkeypatch.setattr("sys.stdin", None)
    assert_one_sentence(kubetriage("triage", "-"), 2, "standard input is closed")


def test_bad_input_ends_a_process_the_same_way(process: Run) -> None:
    """The exit status is the process', and nothing but the sentence is printed."""
    assert_one_sentence(process("triage", "-", stdin=b"{"), 2, "not valid JSON")


def test_a_bug_is_one_sentence_too(kubetriage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 1, the reason in a sentence; the traceback only with --debug."""
    monkeypatch.setattr("kubetriage.bootstrap.drawing.mermaid", lambda: 1 / 0)
    assert_one_sentence(kubetriage("graph"), 1, "bug in kubetriage", "ZeroDivisionError", "--debug")
    assert "Traceback" in kubetriage("--debug", "graph").err
