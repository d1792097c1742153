"""The wheel, built through the source distribution, holds every tracked file of the package folders."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
    "build"
]["targets"]["wheel"]["only-include"]


def git_files(root: Path) -> list[str]:
    """Files of a checkout that are or would be committed; skips where git or the checkout is missing."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if done.returncode:
        pytest.skip("not a git checkout: there is no list of files to compare with")
    return [name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def build(root: Path, out: Path) -> tuple[Path, Path]:
    """The source distribution and the wheel made from it, with the backend that is installed here."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))


def shipped(wheel: Path) -> list[str]:
    """Files of the package in a wheel, by the path that they have in the project."""
    with zipfile.ZipFile(wheel) as archive:
        record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows = archive.read(record).decode().splitlines()
    paths = [row.split(",")[0] for row in rows]
    return [path.removeprefix("kubetriage/") for path in paths if ".dist-info/" not in path]


def differences(tracked: list[str], packed: list[str]) -> list[str]:
    """Files of the package folders that are only in the project or only in the wheel."""
    wanted = {path for path in tracked if path.split("/")[0] in FOLDERS}
    return [f"{path} is not in the wheel" for path in sorted(wanted - set(packed))] + [
        f"{path} is in the wheel only" for path in sorted(set(packed) - wanted)
    ]


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project's source distribution and wheel."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_the_wheel_is_the_tracked_files(archives: tuple[Path, Path]) -> None:
    """The wheel holds each tracked file of the package folders, code and data, and nothing else."""
    assert differences(git_files(ROOT), shipped(archives[1])) == []


def test_the_wheel_has_its_data(archives: tuple[Path, Path]) -> None:
    """Tables, scenarios with their snapshots, and the typing marks are in the wheel."""
    packed = shipped(archives[1])
    assert [name for name in FOLDERS if f"{name}/py.typed" not in packed] == []
    assert any(path.startswith("domain/data/") for path in packed)
    alerts = {path.rsplit("/", 1)[0] for path in packed if path.endswith("/alert.json")}
    scenarios = {path for path in alerts if path.startswith("evals/scenarios/")}
    assert len(scenarios) >= 20
    assert [
        path for path in scenarios if not any(file.startswith(f"{path}/snapshot/") for file in packed)
    ] == []


def test_the_wheel_has_licence_and_command(archives: tuple[Path, Path]) -> None:
    """The licence's text travels with the wheel, and installing it makes the `kubetriage` command."""
    with zipfile.ZipFile(archives[1]) as archive:
        meta = {name.split(".dist-info/")[1]: name for name in archive.namelist() if ".dist-info/" in name}
        licence = archive.read(meta["licenses/LICENSE"]).decode()
        points = archive.read(meta["entry_points.txt"]).decode()
        metadata = archive.read(meta["METADATA"]).decode()
    assert "Apache License" in licence
    assert "kubetriage = kubetriage.cli:main" in points
    assert "License-Expression: Apache-2.0" in metadata


def test_the_source_distribution_can_be_tested(archives: tuple[Path, Path]) -> None:
    """The source distribution holds tests, tools and documents, and neither links nor installed tools."""
    with tarfile.open(archives[0]) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "tools/link.py"}
    assert names >= wanted | {"tests/packaging/test_wheel.py"}
    assert [name for name in names if name.split("/")[0] in {".link", ".venv", "node_modules"}] == []


def test_an_ignored_file_is_seen(tmp_path: Path) -> None:
    """A tracked file that an ignore rule keeps out of the wheel is reported."""
    copy = tmp_path / "copy"
    for name in git_files(ROOT):
        if not name.startswith(("tests/", "evals/scenarios/", ".ci/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True, timeout=300)
    subprocess.run(["git", "add", "-A"], cwd=copy, check=True, timeout=300)
    (copy / ".gitignore").write_text("state/\n")
    _, wheel = build(copy, tmp_path / "dist")
    assert "state/__init__.py is not in the wheel" in differences(git_files(copy), shipped(wheel))


def test_differences_are_seen_both_ways() -> None:
    """A file missing from the wheel and one that only the wheel has are reported; other folders are not."""
    assert differences(["state/a.py", "state/data/b.yaml", "docs/c.md"], ["state/a.py", "state/d.py"]) == [
        "state/data/b.yaml is not in the wheel",
        "state/d.py is in the wheel only",
    ]
