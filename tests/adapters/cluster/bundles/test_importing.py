"""What an import takes from a bundle, what it leaves out, and what the snapshot then says of it."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.bundles.importing import Imported, import_bundle
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.cli.app import run
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.errors import BadInput

AT = datetime(2026, 3, 1, tzinfo=UTC)
Exporters = dict[str, Callable[..., Path]]


def at(root: Path, name: str, content: Any) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return root


def listed(kind: str, *items: dict[str, Any], version: str = "v1", **metadata: Any) -> dict[str, Any]:
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": list(items)}


def obj(name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name} | ({"namespace": namespace} if namespace else {}), **fields}


def imported(bundle: Path, **options: Any) -> tuple[Imported, SnapshotStore]:
    out = bundle.parent / "out"
    done = import_bundle(bundle, out, **{"at": AT, **options})
    return done, SnapshotStore.load(out)


def refusal(store: SnapshotStore, *asked: str) -> int:
    """The status that a read gets: 404 is an absence, 501 and 403 are not."""
    with pytest.raises(ApiStatus) as refused:
        store.get(*asked) if len(asked) == 4 else store.list(*asked)
    return refused.value.code


# --- what is not there ----------------------------------------------------------------------------


def test_of_a_cluster_info_dump_only_what_it_lists_can_be_absent(tmp_path: Path) -> None:
    """It has seven kinds of the namespaces that were asked for; whatever else there was is not known."""
    bundle = at(tmp_path / "b", "nodes.json", listed("Node"))
    at(bundle, "shop/pods.json", listed("Pod", obj("web", "shop")))
    at(bundle, "shop/services.json", listed("Service"))
    _, store = imported(bundle)
    assert [pod["metadata"]["name"] for pod in store.list("v1", "Pod", "shop")] == ["web"]
    assert store.list("v1", "Service", "shop") == store.list("v1", "Node") == []
    assert refusal(store, "v1", "Service", "shop", "db") == 404
    assert refusal(store, "v1", "Service", "other", "db") == 501
    assert refusal(store, "v1", "ConfigMap", "shop", "settings") == 501
    assert refusal(store, "apps/v1", "Deployment", "shop", "web") == 501
    assert refusal(store, "v1", "Pod", "") == 501


def test_a_dump_of_all_namespaces_is_known_by_one_that_nobody_names(tmp_path: Path) -> None:
    """With kube-node-lease in it, it was made with --all-namespaces: no other namespace exists."""
    bundle = at(tmp_path / "b", "shop/pods.json", listed("Pod", obj("web", "shop")))
    at(bundle, "kube-node-lease/pods.json", listed("Pod"))
    done, store = imported(bundle)
    assert done.namespaces is None
    assert len(store.list("v1", "Pod")) == 1
    assert refusal(store, "v1", "Pod", "other", "db") == 404
    assert refusal(store, "v1", "Namespace", "", "other") == 501


def test_a_single_object_does_not_make_a_list(tmp_path: Path) -> None:
    """`oc adm inspect` follows references to single objects: others of their kind may exist."""
    root = "inspect.local.123/"
    bundle = at(tmp_path / "b", root + "namespaces/shop/core/services.yaml", listed("Service"))
    one = {"apiVersion": "v1", "kind": "ConfigMap", **obj("settings", "shop", data={})}
    at(bundle, root + "namespaces/shop/core/configmaps/settings.yaml", one)
    node = {"apiVersion": "v1", "kind": "Node", **obj("n1")}
    at(bundle, root + "cluster-scoped-resources/core/nodes/n1.yaml", node)
    done, store = imported(bundle)
    assert done.partial == ("ConfigMap", "Node")
    assert store.get("v1", "ConfigMap", "shop", "settings")["metadata"]["name"] == "settings"
    assert store.get("v1", "Node", "", "n1")["metadata"]["name"] == "n1"
    assert refusal(store, "v1", "ConfigMap", "shop", "other") == 501
    assert refusal(store, "v1", "ConfigMap", "shop") == refusal(store, "v1", "Node", "") == 501
    assert refusal(store, "v1", "Service", "shop", "web") == 404


def test_must_gather_itself_has_all_nodes(tmp_path: Path) -> None:
    """Of some cluster-scoped kinds it inspects every object, each into a file of its own."""
    bundle = at(tmp_path / "b", "digest/version", "openshift/must-gather\n4.19\n")
    node = {"apiVersion": "v1", "kind": "Node", **obj("n1")}
    at(bundle, "digest/cluster-scoped-resources/core/nodes/n1.yaml", node)
    _, store = imported(bundle)
    assert len(store.list("v1", "Node")) == 1
    assert refusal(store, "v1", "Node", "", "n2") == 404
    assert refusal(store, "v1", "PersistentVolume", "", "pv1") == 501


def test_a_list_that_goes_on_elsewhere_is_not_whole(tmp_path: Path) -> None:
    """A page of a list says so in its metadata."""
    pods = listed("Pod", obj("web", "shop"), **{"continue": "abc"})
    _, store = imported(at(tmp_path / "b", "shop/pods.json", pods))
    assert refusal(store, "v1", "Pod", "shop", "db") == refusal(store, "v1", "Pod", "shop") == 501


def test_what_the_cluster_forbade_stays_forbidden(tmp_path: Path) -> None:
    """Troubleshoot keeps why a list failed; a refusal is one again, another failure a gap."""
    root = tmp_path / "b"
    at(root, "cluster-resources/pods/shop.json", listed("Pod", obj("web", "shop")))
    at(root, "cluster-resources/configmaps-errors.json",
       {"shop": 'configmaps is forbidden: User "x" cannot list resource "configmaps"'})  # fmt: skip
    at(root, "cluster-resources/services-errors.json", {"shop": "context deadline exceeded"})
    at(root, "cluster-resources/nodes-errors.json", ["nodes is forbidden: User cannot list"])
    done, store = imported(root)
    assert done.refused == ("ConfigMap/shop", "Node")
    assert refusal(store, "v1", "ConfigMap", "shop", "a") == refusal(store, "v1", "Node", "") == 403
    assert refusal(store, "v1", "Service", "shop") == 501


def test_namespaces_that_were_chosen_are_not_all(tmp_path: Path) -> None:
    """An array of namespaces is what Troubleshoot was told to look at; a list of them is all there are."""
    root = at(tmp_path / "b", "cluster-resources/pods/shop.json", listed("Pod", obj("web", "shop")))
    at(root, "cluster-resources/namespaces.json", [obj("shop")])
    _, store = imported(root)
    assert store.get("v1", "Namespace", "", "shop")
    assert refusal(store, "v1", "Namespace", "", "other") == refusal(store, "v1", "Namespace", "") == 501


def test_custom_kinds_without_objects_have_none(tmp_path: Path) -> None:
    """Troubleshoot writes nothing of a custom kind that has no objects: its definition tells it exists."""

    def defined(plural: str, kind: str, scope: str) -> dict[str, Any]:
        names = {"kind": kind, "plural": plural}
        versions = [{"name": "v1", "served": True, "storage": True}]
        return obj(
            f"{plural}.x.io", spec={"group": "x.io", "names": names, "scope": scope, "versions": versions}
        )

    kinds = [
        defined("as", "A", "Namespaced"),
        defined("bs", "B", "Namespaced"),
        defined("cs", "C", "Cluster"),
    ]
    version = "apiextensions.k8s.io/v1"
    root = at(tmp_path / "b", "cluster-resources/custom-resource-definitions.json",
              listed("CustomResourceDefinition", *kinds, version=version))  # fmt: skip
    at(root, "cluster-resources/pods/shop.json", listed("Pod"))
    one = {"apiVersion": "x.io/v1", "kind": "A", **obj("a1", "shop")}
    at(root, "cluster-resources/custom-resources/as.x.io/shop.json", [one])
    at(root, "cluster-resources/custom-resources/custom-resources-errors.json", {"bs.x.io": "timeout"})
    _, store = imported(root)
    assert len(store.list("x.io/v1", "A", "shop")) == 1
    assert refusal(store, "x.io/v1", "A", "shop", "a2") == 404
    assert store.list("x.io/v1", "C") == []
    assert refusal(store, "x.io/v1", "B", "shop") == 501


# --- secrets --------------------------------------------------------------------------------------


def test_of_a_secret_only_its_being_there_is_kept(tmp_path: Path) -> None:
    """Neither its data nor the copies of it in annotations reach the snapshot; values elsewhere are masked."""
    word = "hunter2hunter2"
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": {"p": word}})}
    secret = obj("db", "shop", data={"password": word}, stringData={"p": word}, type="Opaque")
    secret["metadata"]["annotations"] = applied
    root = at(tmp_path / "b", "namespaces/shop/core/secrets.yaml", listed("Secret", secret))
    config = obj("app", "shop", data={"DB_PASSWORD": word, "url": f"postgres://u:{word}@db/x"})
    at(root, "namespaces/shop/core/configmaps.yaml", listed("ConfigMap", config))
    env = [{"name": "API_TOKEN", "value": word}]
    pod = obj("web", "shop", spec={"nodeName": "n1", "containers": [{"name": "web", "env": env}]})
    at(root, "namespaces/shop/core/pods.yaml", listed("Pod", pod))
    line = f"2026-02-28T23:00:00.123456789Z connecting with password={word}\n"
    at(root, "namespaces/shop/pods/web/web/web/logs/current.log", line)
    _, store = imported(root)
    assert store.get("v1", "Secret", "shop", "db")["type"] == "Opaque"
    assert store.log("shop", "web").startswith("connecting with password=")
    written = [p.read_text(encoding="utf-8") for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert len(written) == 5
    assert not any(word in text for text in written)


# --- logs -----------------------------------------------------------------------------------------

WEB = obj("web", "shop", spec={"nodeName": "n1", "containers": [{"name": "app"}, {"name": "side"}]})


def test_logs_of_older_support_bundles_are_placed_by_their_pod(tmp_path: Path) -> None:
    """Their folders name the pod and not its namespace."""
    root = at(tmp_path / "b", "cluster-resources/pods/shop.json", listed("Pod", WEB, obj("twin", "shop")))
    at(root, "cluster-resources/pods/lab.json", listed("Pod", obj("twin", "lab")))
    at(root, "my/logs/web/app.log", "hello\n")
    at(root, "my/logs/web/app-previous.log", "before\n")
    at(root, "my/logs/twin/app.log", "which?\n")
    done, store = imported(root)
    assert store.log("shop", "web", "app") == "hello\n"
    assert (tmp_path / "out/logs/shop/web/app.previous.log").read_text() == "before\n"
    assert done.skipped == ("1 × a log of no pod, or of several: my/logs/twin/app.log",)


def test_logs_of_a_pod_in_one_file_are_parted(tmp_path: Path) -> None:
    """Lines name each container; one whose log was refused has none, one that breaks off has what is there."""
    text = (
        "==== START logs for container app of pod shop/web ====\nno end of line"
        "==== END logs for container app of pod shop/web ====\n"
        "==== START logs for container side of pod shop/web ====\n"
        'Request log error: container "side" in pod "web" is waiting to start: CreateContainerConfigError\n'
        "==== END logs for container side of pod shop/web ====\n"
        "==== START logs for container late of pod shop/web ====\nhalf"
    )
    root = at(tmp_path / "b", "shop/pods.json", listed("Pod", WEB))
    at(root, "shop/web/logs.txt", text)
    done, store = imported(root)
    assert store.log("shop", "web", "app") == "no end of line"
    with pytest.raises(ApiStatus, match="not recorded"):
        store.log("shop", "web", "side")
    assert (tmp_path / "out/logs/shop/web/late.log").read_text() == "half"
    assert done.skipped == ("1 × a log that the cluster did not give: shop/web/side",)


def test_long_logs_keep_their_end(tmp_path: Path) -> None:
    """`--tail` lines are kept, the last ones."""
    root = at(tmp_path / "b", "cluster-resources/pods/shop.json", listed("Pod", WEB))
    text = "".join(f"line {n}\n" for n in range(1000))
    at(root, "cluster-resources/pods/logs/shop/web/app.log", text)
    _, store = imported(root, tail=3)
    assert store.log("shop", "web", "app") == "line 997\nline 998\nline 999\n"


# --- time -----------------------------------------------------------------------------------------


def event(at: str) -> dict[str, Any]:
    return obj("e", "shop", lastTimestamp=at, involvedObject={"kind": "Pod", "name": "web"})


def test_the_time_is_the_bundles_own(tmp_path: Path) -> None:
    """A must-gather writes when it began; what it read after that moves the time on."""
    stamp = "2026-03-01 10:00:00.123 +0200 CEST m=+0.1\n2026-03-01 10:30:00 +0200 CEST m=+9\n"
    root = at(tmp_path / "b", "d/timestamp", stamp)
    at(root, "d/namespaces/shop/core/events.yaml", listed("Event", event("2026-03-01T07:00:00Z")))
    done, _ = imported(root, at=None)
    assert (done.at, done.at_from) == (datetime(2026, 3, 1, 8, 0, tzinfo=UTC), "the bundle's timestamp")


@pytest.mark.parametrize(("seconds", "wanted"), [(240, 240), (3600, 0), (-60, 0)])
def test_without_a_stamp_the_time_is_that_of_the_newest_object(
    seconds: int, wanted: int, tmp_path: Path
) -> None:
    """When the files were written counts only where it fits: copying changes that, and nodes beat often."""
    newest = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    root = at(tmp_path / "b", "shop/events.json", listed("Event", event("2026-03-01T08:00:00Z")))
    os.utime(root / "shop/events.json", (newest.timestamp() + seconds,) * 2)
    done, _ = imported(root, at=None)
    assert (done.at - newest).total_seconds() == wanted


@pytest.mark.parametrize("seconds", [0, 315_532_800])
def test_a_time_before_kubernetes_is_none(seconds: int, tmp_path: Path) -> None:
    """Archives that are made to be the same each time date their files 1970 or 1980: ages from then on would
    be nonsense, and the time is asked for."""
    root = at(tmp_path / "b", "shop/pods.json", listed("Pod", obj("web-1", "shop")))
    for path in root.rglob("*.json"):
        os.utime(path, (seconds, seconds))
    with pytest.raises(BadInput, match="say so with --time"):
        imported(root, at=None)


# --- forms ----------------------------------------------------------------------------------------


def packed(bundle: Path, suffix: str) -> Path:
    target = bundle.with_name(f"dump{suffix}")
    if suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in bundle.rglob("*"):
                archive.write(path, path.relative_to(bundle))
        return target
    mode = {".tar": "w", ".tgz": "w:gz", ".tar.gz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}[suffix]
    with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
        archive.add(bundle, arcname=".")
    return target


@pytest.mark.parametrize("suffix", [".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip"])
def test_archives_are_read_like_folders(
    suffix: str, tmp_path: Path, exporters: Exporters, cluster_from: Callable[[Path], Any]
) -> None:
    """Whatever it is packed with, a bundle gives the same snapshot."""
    cluster = cluster_from(bundled_scenarios() / "crash-oom-killed" / "snapshot")
    bundle = exporters["support-bundle"](cluster, tmp_path / "bundle")
    plain, _ = imported(bundle)
    again = import_bundle(packed(bundle, suffix), tmp_path / "again", at=AT)
    assert again._replace(skipped=()) == plain._replace(skipped=())
    for path in sorted((tmp_path / "out").rglob("*")):
        other = tmp_path / "again" / path.relative_to(tmp_path / "out")
        assert other.is_dir() if path.is_dir() else other.read_bytes() == path.read_bytes()


def test_a_format_that_does_not_fit_is_said(tmp_path: Path) -> None:
    """--format is believed; what has no objects in that layout is no bundle of it."""
    root = at(tmp_path / "b", "shop/pods.json", listed("Pod", WEB))
    with pytest.raises(BadInput, match="no objects in the layout of a support-bundle"):
        import_bundle(root, tmp_path / "out", "support-bundle", at=AT)


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    """An import never mixes with what was there."""
    root = at(tmp_path / "b", "shop/pods.json", listed("Pod", WEB))
    at(tmp_path / "out", "mine.txt", "mine")
    with pytest.raises(BadInput, match="exists already"):
        import_bundle(root, tmp_path / "out", at=AT)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


# --- the command line -----------------------------------------------------------------------------


def test_the_command_says_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kinds, objects, logs, namespaces, what is only in part, what was skipped and why, a line each."""
    root = at(tmp_path / "b", "shop/pods.json", listed("Pod", WEB))
    at(root, "shop/services.json", "{")
    at(root, "lab/pods.json", listed("Pod"))
    at(root, "readme.md", "x")
    out = str(tmp_path / "out")
    assert run(["snapshot", "import", str(root), "--out", out, "--time", "2026-03-01T09:00:00+01:00"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"Imported 1 object and 0 logs of a cluster-info-dump into {out}, as of 2026-03-01T08:00:00Z (as given).",
        "Kinds: 1 Pod.",
        "Namespaces: lab, shop; what is elsewhere is taken as not looked at.",
        "Skipped: 1 × a file that cannot be read: shop/services.json (line 1 is not valid JSON: "
        "Expecting property name enclosed in double quotes).",
        "Not looked at: 1 files that hold neither objects nor logs.",
    ]


@pytest.mark.parametrize("time", ["yesterday", "2026-03-01", "2026-03-01T09:00:00"])
def test_a_time_without_an_offset_is_refused(
    time: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose noon it is must be said."""
    command = ["snapshot", "import", str(tmp_path), "--out", str(tmp_path / "out"), "--time", time]
    assert run(command) == 2
    assert "must be like 2025-01-31T12:00:00Z" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", ".tar.gz"])
def test_a_triage_reads_a_bundle_as_it_is(
    suffix: str,
    tmp_path: Path,
    exporters: Exporters,
    cluster_from: Callable[[Path], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`triage ALERT --snapshot BUNDLE` imports it for as long as it is needed, and leaves nothing behind."""
    scenario = bundled_scenarios() / "crash-oom-killed"
    bundle = exporters["must-gather"](cluster_from(scenario / "snapshot"), tmp_path / "bundle")
    path = packed(bundle, suffix) if suffix else bundle
    alert = str(scenario / "alert.json")
    assert run(["triage", alert, "--snapshot", str(path), "--format", "json", "--language", "en"]) == 0
    seen = capsys.readouterr()
    report = json.loads(seen.out)
    assert report["root_causes"][0]["category"] == "oom-killed"
    assert f"of a must-gather in {path}, as of" in seen.err


def test_a_file_that_is_no_bundle_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--snapshot FILE` with anything else is bad input, in a sentence."""
    file = at(tmp_path, "notes.txt", "hello") / "notes.txt"
    assert run(["triage", "pod/web", "--snapshot", str(file)]) == 2
    assert "holds neither a cluster-info dump, a must-gather nor a support bundle" in capsys.readouterr().err
