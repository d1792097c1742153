"""The product as users run it: the installed command, bundled scenarios, the real programs behind it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kubetriage.cli.demo import bundled_scenarios

Report = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "SSL_CERT_FILE")
"""Variables that the command gets from the tests' own environment."""


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str
    seconds: float
    peak: int
    """Most memory it held at once, in bytes."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of the tests' own, with the cache of parsed snapshots in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def own_home(home: Path) -> Iterator[None]:
    """What runs in this process finds no settings of the machine's, and leaves its cache behind in `home`."""
    with pytest.MonkeyPatch.context() as patched:
        for name in [n for n in os.environ if n.startswith("KUBETRIAGE_") and "_TEST_" not in n]:
            patched.delenv(name)
        patched.delenv("KUBECONFIG", raising=False)
        patched.setenv("HOME", str(home))
        patched.setenv("XDG_CACHE_HOME", str(home / "cache"))
        patched.setenv("XDG_CONFIG_HOME", str(home / "config"))
        yield


@pytest.fixture(scope="session")
def environment(home: Path) -> dict[str, str]:
    """The command's environment: English, and nothing of the machine's own settings."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    folders = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "XDG_CONFIG_HOME": home / "config"}
    return kept | {name: str(folder) for name, folder in folders.items()} | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


@pytest.fixture(scope="session")
def command() -> str:
    """The installed `kubetriage`."""
    path = Path(sysconfig.get_path("scripts")) / "kubetriage"
    assert path.is_file(), f"kubetriage is not installed for {sys.executable}"
    return str(path)


def peak_of(process: int) -> int:
    """The most memory that a process held so far, in bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024 if lines else 0


@pytest.fixture(scope="session")
def kubetriage(
    command: str, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Ended]:
    """`kubetriage("triage", …, stdin=…, env=…, cwd=…)` runs the installed command to its end."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(
        *arguments: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path = elsewhere,
        timeout: float = 300.0,
    ) -> Ended:
        written = tmp_path_factory.mktemp("run")
        out, err = written / "out", written / "err"
        began = time.monotonic()
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = subprocess.Popen(
                [command, *map(str, arguments)],
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=to_out,
                stderr=to_err,
                env=environment | dict(env or {}),
                cwd=cwd,
            )
            if process.stdin:
                process.stdin.write((stdin or "").encode())
                process.stdin.close()
            peak = 0
            while process.poll() is None:
                peak = max(peak, peak_of(process.pid))
                if time.monotonic() - began > timeout:
                    process.kill()
                    process.wait()
                    raise AssertionError(f"still running after {timeout} seconds: {arguments}")
                time.sleep(0.01)
        seconds = time.monotonic() - began
        return Ended(
            process.returncode,
            out.read_text(encoding="utf-8"),
            err.read_text(encoding="utf-8"),
            seconds,
            peak,
        )

    return run


@pytest.fixture(scope="session")
def lateness() -> Callable[[], float]:
    """How much longer something takes now than it computes: 1 on a machine with nothing else to do."""

    def measured() -> float:
        began, computed = time.monotonic(), time.process_time()
        sum(range(20_000_000))
        return max(1.0, (time.monotonic() - began) / (time.process_time() - computed))

    return measured


@pytest.fixture(scope="session")
def scenario_folder() -> Callable[[str], Path]:
    """The folder of a bundled scenario."""
    return lambda name: bundled_scenarios() / name


@pytest.fixture(scope="session")
def comparable() -> Callable[[Report], Report]:
    """A report without what differs between equal runs."""

    def without(report: Report) -> Report:
        return {key: value for key, value in report.items() if key not in ("id", "created_at", "usage")}

    return without


@pytest.fixture(scope="session")
def different() -> Callable[[Any, Any], Sequence[str]]:
    """Where two JSON values differ, each place with both values."""

    def places(one: Any, other: Any, at: str = "") -> list[str]:
        if isinstance(one, dict) and isinstance(other, dict):
            keys = [*one, *(key for key in other if key not in one)]
            return [line for key in keys for line in places(one.get(key), other.get(key), f"{at}.{key}")]
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            pairs = enumerate(zip(one, other, strict=True))
            return [line for n, (a, b) in pairs for line in places(a, b, f"{at}[{n}]")]
        return [] if one == other else [f"{at}: {one!r} is not {other!r}"]

    return places


# --- clusters behind the real MCP server ------------------------------------------------------------


class Api(NamedTuple):
    """A recorded cluster that is served as a Kubernetes API, in a process of its own."""

    url: str
    kubeconfig: Path


SERVE = """
    import json, sys
    from pathlib import Path
    from kubetriage.adapters.cluster.snapshot.serving import serve
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

    folder, kubeconfig, rebase, hang = json.loads(sys.argv[1])
    stores = {"recorded": SnapshotStore.load(Path(folder))}
    served = dict(kubeconfig=Path(kubeconfig), rebase=rebase, hang=hang)
    serve(stores, ready=lambda url: print(url, flush=True), **served)
"""


@pytest.fixture(scope="session")
def serve_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Api]]:
    """`serve_api(folder, rebase=…, hang=…)` serves a snapshot until the tests end."""
    running: list[subprocess.Popen[str]] = []

    def serve(folder: Path, *, rebase: bool = True, hang: Collection[str] = ()) -> Api:
        kubeconfig = tmp_path_factory.mktemp("api") / "kubeconfig"
        options = json.dumps([str(folder), str(kubeconfig), rebase, list(hang)])
        program = [sys.executable, "-c", textwrap.dedent(SERVE), options]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout
        return Api(process.stdout.readline().strip(), kubeconfig)

    yield serve
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def configured(tmp_path: Path, mcp_binary: Path) -> Callable[..., Path]:
    """`configured(api, in_front=…, **settings)` writes a kubetriage.toml whose only cluster is that API.

    `in_front` is a command that is given the real server's command line; `settings` are the connection's.
    """

    def write(api: Api, *, in_front: Sequence[str] = (), **settings: Any) -> Path:
        # A copy, so that its path stands on the server's command line and nowhere else.
        kubeconfig = tmp_path / "server.kubeconfig"
        kubeconfig.write_text(api.kubeconfig.read_text(encoding="utf-8"), encoding="utf-8")
        options = ["--read-only", "--list-output", "yaml", "--kubeconfig", str(kubeconfig)]
        line = [*in_front, str(mcp_binary), *options]
        made = {"command": line[0], "args": line[1:]} | settings
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in made.items())
        path = tmp_path / "kubetriage.toml"
        path.write_text(f"[clusters.real]\n{lines}", encoding="utf-8")
        return path

    return write


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="session")
def alert_now() -> Callable[[Path], str]:
    """A scenario's alert, its times moved as those of its cluster are that is served with `rebase`."""

    def moved(folder: Path) -> str:
        manifest = yaml.safe_load((folder / "snapshot" / "snapshot.yaml").read_text(encoding="utf-8"))
        taken = datetime.fromisoformat(str(manifest["time"]))
        shift = datetime.now(UTC) - (taken if taken.tzinfo else taken.replace(tzinfo=UTC))

        def later(match: re.Match[str]) -> str:
            time = datetime.fromisoformat(match[0])
            return match[0] if time.year < 2000 else (time + shift).isoformat()

        return STAMP.sub(later, (folder / "alert.json").read_text(encoding="utf-8"))

    return moved
