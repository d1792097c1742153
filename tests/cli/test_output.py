"""cli.output: a report on the screen or in a file, whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kubetriage.cli.output import check_writable, write
from kubetriage.domain.errors import BadInput


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """A reader that has the old file open keeps it; nothing else is left in the folder."""
    target = tmp_path / "report.txt"
    target.write_text("old", encoding="utf-8")
    with target.open(encoding="utf-8") as reader:
        write("new 报告", str(target))
        assert reader.read() == "old"
    assert target.read_text(encoding="utf-8") == "new 报告"
    assert [p.name for p in tmp_path.iterdir()] == ["report.txt"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new report, not the old one."""
    target = tmp_path / "report.txt"
    target.write_text("old", encoding="utf-8")

    def full(source: object, destination: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(BadInput, match="No space left on device"):
        write("new", str(target))
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.txt"]


def test_a_files_rights_stay_and_a_new_one_gets_the_usual_ones(tmp_path: Path) -> None:
    """A report that only its owner may read stays so."""
    private, new = tmp_path / "private", tmp_path / "new"
    private.write_text("", encoding="utf-8")
    private.chmod(0o600)
    write("a", str(private))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    mask = os.umask(0o027)
    try:
        write("b", str(new))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it points to is replaced."""
    target, link = tmp_path / "real", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    write("new", str(link))
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    """`--output /dev/null`, run by root, does not turn it into a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write("report", str(pipe))
        assert os.read(reader, 100) == b"report"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def test_text_that_no_encoding_has_is_escaped(tmp_path: Path) -> None:
    """Half a surrogate pair out of somebody's JSON does not end the run."""
    target = tmp_path / "report.txt"
    write("a\ud800b", str(target))
    assert target.read_text(encoding="utf-8") == "a\\ud800b"


@pytest.mark.parametrize("path", [".", "missing/report.txt", "file/report.txt"])
def test_what_cannot_be_written_is_said_before_the_run(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder, a folder that is not there, a file for a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be written"):
        check_writable(path)


def test_what_can_be_written_is_not_touched_before_the_run(tmp_path: Path) -> None:
    """The check leaves nothing behind."""
    check_writable(str(tmp_path / "report.txt"))
    check_writable("/dev/null")
    check_writable(None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["models", "eval list", "demo --list"])
def test_a_reader_that_goes_away_ends_no_command_with_an_error(command: str, tmp_path: Path) -> None:
    """Whatever prints: `| head` gets exit status 0 and no word on standard error."""
    ended = shell(f"{sys.executable} -m kubetriage.cli {command} | true", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("command", ["models", "demo"])
def test_a_full_disk_behind_standard_output_is_no_bug_of_ours(command: str, tmp_path: Path) -> None:
    """It is said as what it is, with the status of input that cannot be used."""
    ended = shell(f"{sys.executable} -m kubetriage.cli {command} > /dev/full", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("kubetriage: standard output")
    assert "no space is left" in ended.stderr and ended.stderr.count("\n") == 1


def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    """A service manager may close what it does not read."""
    ended = shell(f"{sys.executable} -m kubetriage.cli demo -o report.txt >&- 2>&-", tmp_path)
    assert ended.returncode == 0
    assert (tmp_path / "report.txt").read_text(encoding="utf-8")


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, cwd=folder, timeout=300
    )
