"""How far a run is, in words; lines in the order of the cells."""

from __future__ import annotations

import io

import pytest

from kubetriage.cli.eval_progress import CellProgress, duration, told
from kubetriage.evals.cells import CellKey, CellOutcome, Strategy
from kubetriage.evals.runs.conducting import Standing
from kubetriage.evals.runs.messages import Done


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def standing(done: int, **more: object) -> Standing:
    given: dict[str, object] = {
        "of": 100,
        "passed": done,
        "failed": 0,
        "not_run": 0,
        "wrong_with_confidence": 0,
    }
    given |= {"left": 190.0, "spent": {}}
    return Standing(done=done, **(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "said"), [(9.6, "10 s"), (190, "3 min 10 s"), (7260, "2 h 01 min")])
def test_durations_are_for_people(seconds: float, said: str) -> None:
    """Seconds, minutes, hours."""
    assert duration(seconds) == said


def test_time_and_money_left_are_told() -> None:
    """And nothing is said of what is not known or not asked for."""
    assert told(standing(40), "") == "40/100 cells: 40 passed, 0 failed; about 3 min 10 s left"
    said = told(standing(40, not_run=2, failed=3, spent={"CNY": 0.5}), "5 CNY")
    assert said == (
        "40/100 cells: 40 passed, 3 failed, 2 could not run; about 3 min 10 s left; 0.5 CNY of 5 CNY spent"
    )
    assert told(standing(0, left=None), "") == "0/100 cells: 0 passed, 0 failed"


def test_lines_come_in_the_order_of_cells(capsys: pytest.CaptureFixture[str]) -> None:
    """One that is early is held back until those before it are there."""
    keys = [CellKey(scenario=name, strategy=Strategy.RULES) for name in ("a", "b", "c")]
    progress = CellProgress(keys, quiet=True)
    for place in (2, 0, 1):
        progress.cell(Done(key=keys[place], outcome=CellOutcome.PASS, written=True, seconds=1))
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["a", "b", "c"]


def test_a_terminal_has_one_line_that_is_rewritten_and_quiet_has_none() -> None:
    """Nothing is left of it when it is cleared."""
    stream, silent = Terminal(), Terminal()
    progress = CellProgress(None, quiet=False, stream=stream)
    progress.standing(standing(40))
    progress.clear()
    assert stream.getvalue().startswith("\r\x1b[2K40/100 cells") and stream.getvalue().endswith("\r\x1b[2K")
    quiet = CellProgress(None, quiet=True, stream=silent)
    quiet.standing(standing(40))
    quiet.clear()
    assert silent.getvalue() == ""
