"""`kubetriage models`: what there is, what an endpoint can do, what was spent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import scripted_server_in_thread

CANARY = "sk-canary-5512bb"
Run = Callable[..., Any]


@pytest.fixture
def configured(
    settings_of_nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """`configured(base_url)`: a profile named own at that address, with a key and a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OWN_KEY", CANARY)

    def write(base_url: str) -> None:
        text = f'model = "own"\n[models.own]\nbase_url = "{base_url}"\nmodel = "m"\nkey_env = "OWN_KEY"\n'
        (tmp_path / "kubetriage.toml").write_text(f"{text}[budget]\nday_tokens = 5000\n", encoding="utf-8")

    return write


def test_profiles_are_listed(kubetriage: Run, configured: Callable[[str], None]) -> None:
    """Name, model, endpoint, key or its absence, methods and price, as a table and as JSON; no key."""
    configured("http://127.0.0.1:9/v1")
    shown = kubetriage("models")
    assert shown.status == 0
    (own,) = [line for line in shown.out.splitlines() if line.startswith("own *")]
    assert "http://127.0.0.1:9/v1" in own and "OWN_KEY" in own and "NOT SET" not in own
    assert "SILICONFLOW_API_KEY NOT SET" in shown.out and "0.7 / 2.8 CNY" in shown.out
    listed = {each["name"]: each for each in json.loads(kubetriage("models", "--format", "json").out)}
    assert listed["own"]["default"] is True and listed["own"]["key_set"] is True
    assert listed["ark-deepseek-r1"]["price"]["currency"] == "CNY"
    assert CANARY not in shown.out + json.dumps(listed)


def test_a_probe_is_printed_and_written_down(
    kubetriage: Run, configured: Callable[[str], None], tmp_path: Path
) -> None:
    """Later runs begin with what it found; the list says that it was probed."""
    with scripted_server_in_thread(["ready"], quirks="ollama", mode="zero") as server:
        configured(server.base_url)
        ended = kubetriage("models", "probe", "own")
    assert ended.status == 0, ended.err
    for word in ("plain", "json_schema", "tools", "speed", "It will be asked by"):
        assert word in ended.out
    assert "written to" in ended.err
    (written,) = (tmp_path / "state" / "kubetriage" / "models").iterdir()
    assert CANARY not in written.read_text() + ended.out + ended.err
    (own,) = [line for line in kubetriage("models").out.splitlines() if line.startswith("own *")]
    assert "(probed)" in own


def test_a_probe_is_booked_and_kept_to_budgets(kubetriage: Run, configured: Callable[[str], None]) -> None:
    """Its tokens count as those of any call; without room for them it is not begun."""
    with scripted_server_in_thread(["ready"], mode="zero") as server:
        configured(server.base_url)
        assert kubetriage("models", "probe", "own").status == 0
        (booked,) = json.loads(kubetriage("models", "usage", "--format", "json").out)["spent"]
        counted = sum(line["prompt_tokens"] + line["completion_tokens"] for line in server.journal())
        assert booked["profile"] == "own" and booked["prompt"] + booked["completion"] == counted > 50
        asked = len(server.journal())
        ended = kubetriage("models", "probe", "own")
        assert ended.status == 1 and "budget.day_tokens" in ended.err
        assert len(server.journal()) == asked


def test_a_dry_run_sends_nothing(kubetriage: Run, configured: Callable[[str], None]) -> None:
    """It says what would be sent."""
    with scripted_server_in_thread(["ready"], mode="zero") as server:
        configured(server.base_url)
        ended = kubetriage("models", "probe", "own", "--dry-run")
        assert ended.status == 0 and "response_format json_schema" in ended.out
        assert server.journal() == []


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("probe", "nobody"), 2, "There is no model profile named nobody"),
        (("probe", "none"), 2, "No model is not a profile"),
        (("probe", "ark-deepseek-r1"), 1, "ARK_API_KEY is not set"),
        (("probe", "own"), 1, "127.0.0.1:9 could not be reached"),
        (("usage", "--days", "0"), 2, "--days"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], status: int, words: str, kubetriage: Run, configured: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With the exit status for it, and nothing on standard output."""
    monkeypatch.delenv("ARK_API_KEY", raising=False)
    configured("http://127.0.0.1:9/v1")
    ended = kubetriage("models", *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert words in ended.err and len(ended.err.splitlines()) == 1


def test_usage_shows_what_was_spent(
    kubetriage: Run, configured: Callable[[str], None], tmp_path: Path
) -> None:
    """By day and profile, and the budgets."""
    from datetime import UTC, datetime

    from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
    from kubetriage.adapters.model.policies import Budget

    configured("http://127.0.0.1:9/v1")
    shown = kubetriage("models", "usage")
    assert shown.out == "Nothing was spent.\nbudget.day_tokens: 5000 tokens, 5000 left today\n"
    book = Ledger(tmp_path / "state" / "kubetriage" / "spent.sqlite", Budget(), lambda: datetime.now(UTC))
    book.settle(book.reserve(Reserve("r", "own", 900, 100, 0.2, "CNY")), Used(800, 0, 90), 0.0125)
    shown = kubetriage("models", "usage")
    assert "own" in shown.out and "800" in shown.out and "0.0125 CNY" in shown.out
    assert "budget.day_tokens: 5000 tokens, 4110 left today" in shown.out
    made = json.loads(kubetriage("models", "usage", "--format", "json").out)
    assert made["spent"][0]["completion"] == 90 and made["budget"]["day_tokens"] == 5000


def test_usage_of_a_broken_file(kubetriage: Run, configured: Callable[[str], None], tmp_path: Path) -> None:
    """Says which file it is, as bad input and not as a bug."""
    configured("http://127.0.0.1:9/v1")
    path = tmp_path / "state" / "kubetriage" / "spent.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 5000)
    ended = kubetriage("models", "usage")
    assert (ended.status, ended.out) == (2, "")
    assert str(path) in ended.err and "bug" not in ended.err
