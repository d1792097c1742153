"""`kubetriage eval report`: a run that is there, as text or as files elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.cli.app import run as kubetriage
from kubetriage.evals.cells import Kept, Strategy, cells_in, write_cell, write_kept, write_run
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two arms that was killed after most of its cells."""
    plants = [
        Plant(Strategy.RULES, "none", lambda chance: 0.9),
        Plant(Strategy.GRAPH, "small", lambda chance: 0.5),
    ]
    run = planted_run(planted_scenarios(6), 2, plants).model_copy(update={"ended": None})
    write_run(tmp_path / "run", run)
    for cell in list(planted_cells(run, plants, 1))[:-3]:
        write_cell(tmp_path / "run", cell)
    return tmp_path / "run"


def test_a_run_is_reported_without_running_anything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the terminal, beginning with the simulation, with what is there of a run that was killed."""
    before = sorted(path.name for path in folder.rglob("*"))
    assert kubetriage(["eval", "report", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Simulated: ") and "21 of 24 cells are there" in said
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_files_are_written_where_they_are_asked_for(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Page and Markdown elsewhere, a shortened page on request, and nothing on the terminal."""
    html, short, markdown = (tmp_path / name for name in ("a.html", "b.html", "c.md"))
    assert kubetriage(["eval", "report", str(folder), "--html", str(html), "--markdown", str(markdown)]) == 0
    assert kubetriage(["eval", "report", str(folder), "--html", str(short), "--short"]) == 0
    assert capsys.readouterr().out == ""
    assert markdown.read_text().startswith("**Simulated: ")
    page = html.read_text()
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert short.stat().st_size < html.stat().st_size


def test_a_folder_without_a_run_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that names the file that is missing."""
    assert kubetriage(["eval", "report", str(tmp_path)]) == 2
    assert "holds no run: it has no run.json" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--html", "--markdown"])
def test_a_place_that_cannot_be_written_is_told(
    option: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and not that it is a bug."""
    assert kubetriage(["eval", "report", str(folder), option, str(tmp_path / "nowhere" / "x")]) != 0
    told = capsys.readouterr().err
    assert "nowhere/x cannot be written: No such file or directory." in told and "bug" not in told


def test_a_damaged_file_of_what_was_said_is_told_with_what_to_do(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a file is named in a sentence; without it there is a page."""
    cell = next(cells_in(folder))
    name = write_kept(folder, cell.key, [Kept(what="prompt", text="why? " * 100)])
    write_cell(folder, cell.model_copy(update={"calls_file": name}))
    (folder / name).write_bytes((folder / name).read_bytes()[:40])
    page = ["eval", "report", str(folder), "--html", str(tmp_path / "x.html")]
    assert kubetriage(page) == 2
    told = capsys.readouterr().err
    assert f"{name} cannot be used: its end is missing. Delete it" in told and "Error" not in told
    (folder / name).unlink()
    assert kubetriage(page) == 0
