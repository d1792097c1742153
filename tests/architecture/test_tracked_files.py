"""Committed files name no package registry and no folder of anyone's machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HOSTS = re.compile(
    "|".join(
        re.escape(host).replace("@", r"\.")
        for host in (
            "pypi@org",
            "pythonhosted@org",
            "registry@npmjs@org",
            "npmmirror@com",
            "yarnpkg@com",
            "deb@debian@org",
            "proxy@golang@org",
            "static@crates@io",
        )
    )
)
HOME = re.compile(r"(?<![\w.~}-])/(?:root|home|work|Users)/\w")
"""A folder of somebody's machine, at the start of a path."""
RECORDED = ("evals/scenarios/", "tests/data/")
"""Recorded clusters: paths inside containers are part of what was recorded."""


def tracked(root: Path) -> list[str]:
    """Files that are or would be committed; without git, the test cannot know and is skipped."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def personal(path: str, text: str) -> list[str]:
    """Lines that name a registry's host or, outside recorded clusters, a folder of a machine."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        hit = HOSTS.search(line) or (None if path.startswith(RECORDED) else HOME.search(line))
        if hit:
            found.append(f"{path}:{number} names {hit.group()}")
    return found


def test_no_file_names_a_registry_or_a_machine(root: Path) -> None:
    """Whatever is committed works on another machine and with another package index."""
    found = []
    for name in tracked(root):
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        found += personal(name, text)
    assert found == []


def test_generated_files_are_not_committed(root: Path) -> None:
    """Links, environments, lock files, caches and Node modules stay out of the repository."""
    out = re.compile(r"(^|/)(\.link|\.venv|node_modules|dist|__pycache__|package-lock\.json|uv\.lock)(/|$)")
    assert [name for name in tracked(root) if out.search(name)] == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("index-url = https://{}/simple".format(".".join(["pypi", "org"])), 1),
        ("cd {}".format("/".join(["", "root", "project"])), 1),
        ("path: {}".format("/".join(["", "home", "me", "x"])), 1),
        ("see ~/.kube/config, $HOME/work/x, work/home/x and image registry.k8s.io/pause", 0),
    ],
)
def test_a_planted_name_is_seen(line: str, seen: int) -> None:
    """A registry's host and an absolute home path are reported; relative paths and images are not."""
    assert len(personal("docs/x.md", line)) == seen


def test_a_recorded_path_is_not_a_machine() -> None:
    """A container's own path in a recorded log is left alone."""
    line = "/".join(["", "home", "app", "server.js"])
    assert personal("evals/scenarios/x/snapshot/logs/a.log", line) == []
