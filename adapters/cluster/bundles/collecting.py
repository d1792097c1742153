"""What the files of a bundle hold, collected: redacted objects, logs written away, and what is covered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from kubetriage.adapters.cluster.bounds import LOG, bound_log
from kubetriage.adapters.cluster.bundles.cluster_info import ContainerLog, as_text, container_logs, printed
from kubetriage.adapters.cluster.bundles.files import LARGEST_FILE, BundleFile, Skipped
from kubetriage.adapters.cluster.bundles.places import Failures, Known, Log, Objects, Place, PodLogs, Stamp
from kubetriage.adapters.cluster.bundles.reading import Listing, Object, listing, listings, text_of
from kubetriage.adapters.cluster.bundles.times import newest_in, stamps_in
from kubetriage.adapters.cluster.snapshot.coverage import Coverage
from kubetriage.adapters.cluster.snapshot.manifests import cleaned
from kubetriage.adapters.cluster.snapshot.store import identity
from kubetriage.adapters.cluster.snapshot.versions import current
from kubetriage.adapters.cluster.snapshot.writing import SnapshotDraft, is_file_name
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.redaction import redact_object, redact_text

MOST_OBJECTS = 500_000
_STAMPED = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[-+]\d\d:\d\d) ?", re.MULTILINE)
"""What the kubelet puts before a line when it is asked for times."""


class Collected:
    """Everything usable of a bundle; its logs go straight into the snapshot's folder."""

    def __init__(self, draft: SnapshotDraft, skipped: Skipped, tail: int) -> None:
        self.objects: dict[tuple[str, str, str, str], Object] = {}
        self.coverage = Coverage()
        self.skipped = skipped
        self.newest: datetime | None = None
        """The latest time in any object."""
        self.stamps: list[datetime] = []
        """When the bundle says that it was made."""
        self.dumped_at: datetime | None = None
        """When the latest file of objects was written, as the bundle tells."""
        self.failed: set[str] = set()
        """Definitions whose objects could not be listed, with `/NAMESPACE` where that was in one only."""
        self._draft = draft
        self._tail = tail
        self._unplaced: list[tuple[Log, BundleFile]] = []

    def take(self, file: BundleFile, place: Place) -> None:
        """Read one file; what cannot be used of it is skipped and said."""
        try:
            if isinstance(place, Log):
                self._log(file, place)
            elif not isinstance(place, Known):
                self._content(file, place)
        except BadSnapshot as error:
            self.skipped.add("a file that cannot be read", _sentence(file, str(error)))
        except OSError as error:
            self.skipped.add("a file that cannot be read", f"{file.name} ({error.strerror})")

    def _content(self, file: BundleFile, place: Objects | PodLogs | Failures | Stamp) -> None:
        if file.size > LARGEST_FILE:
            self.skipped.add(f"larger than {LARGEST_FILE // 1024**2} MiB", file.name)
            return
        if isinstance(place, PodLogs):
            for log in container_logs(file.read().decode("utf-8", "replace")):
                self._container_log(log)
            return
        text = text_of(file.read())
        if isinstance(place, Stamp):
            self.stamps += stamps_in(text)
        elif isinstance(place, Failures):
            self._failures(place.kind, text)
        else:
            self._listings(listings(Path(file.name), text, place), place.namespace)
            self._dumped(file)

    def printed(self, file: BundleFile) -> None:
        """Read a dump as `kubectl cluster-info dump` prints it, one after the other."""
        name = Path(file.name)
        if file.size > LARGEST_FILE:
            self.skipped.add(f"larger than {LARGEST_FILE // 1024**2} MiB", file.name)
            return
        lists: list[Listing] = []
        try:
            for part in printed(str(name), as_text(file.read())):
                if isinstance(part, ContainerLog):
                    self._container_log(part)
                    continue
                found = listing(name, part, Objects(whole=True))
                if found.kind == "Event":  # the first of each namespace
                    self._printed_lists(lists)
                lists.append(found)
        except BadSnapshot as error:
            self.skipped.add("a file that cannot be read", _sentence(file, str(error)))
        except OSError as error:
            self.skipped.add("a file that cannot be read", f"{file.name} ({error.strerror})")
        self._printed_lists(lists)

    def _printed_lists(self, lists: list[Listing]) -> None:
        """The lists of one namespace, which only their objects name."""
        spaces = {str(obj["metadata"].get("namespace") or "") for one in lists for obj in one.objects} - {""}
        namespace = spaces.pop() if len(spaces) == 1 else ""
        for one in lists:
            known = bool(namespace) or one.kind == "Node"
            self._listings([one._replace(whole=one.whole and known)], "" if one.kind == "Node" else namespace)
        lists.clear()

    # --- objects ----------------------------------------------------------------------------------

    def _listings(self, found: Iterable[Listing], namespace: str) -> None:
        for one in found:
            for why in one.broken:
                self.skipped.add("an object that is none", why.removesuffix("."))
            for obj in one.objects:
                self._object(obj)
            if one.whole and one.kind:
                self.coverage.listed(one.api_version, one.kind, namespace)

    def _object(self, raw: Object) -> None:
        if len(self.objects) >= MOST_OBJECTS:
            self.skipped.add(f"an object beyond {MOST_OBJECTS:,}", raw["kind"])
            return
        latest = newest_in(raw)
        if latest is not None and (self.newest is None or latest > self.newest):
            self.newest = latest
        obj = current(cleaned(raw))
        key = identity(obj)
        self.coverage.saw(str(obj["apiVersion"]), str(obj["kind"]), *key[2:])
        if key not in self.objects:
            self.objects[key] = _without_secrets(obj)

    def _dumped(self, file: BundleFile) -> None:
        if file.at is not None and (self.dumped_at is None or file.at > self.dumped_at):
            self.dumped_at = file.at

    def _failures(self, kind: str, text: str) -> None:
        try:
            told = json.loads(text or "null")
        except (ValueError, RecursionError) as error:
            raise BadSnapshot(f"is not valid JSON: {error}") from error
        by_place = told if isinstance(told, dict) else dict.fromkeys(("",), told) if told else {}
        for where, why in by_place.items():
            self.failed.add(f"{kind} {where}".strip())
            if "forbidden" in json.dumps(why).lower() and is_file_name(kind, where or "x"):
                self.coverage.refused(kind, where)

    # --- logs -------------------------------------------------------------------------------------

    def _log(self, file: BundleFile, log: Log) -> None:
        if not log.namespace:
            self._unplaced.append((log, file))
            return
        content = file.tail(LOG)
        text = content.decode("utf-8", "replace")
        if len(content) < file.size:
            text = text.partition("\n")[2]
        self._write(log, _STAMPED.sub("", text) if log.stamped else text)

    def _container_log(self, log: ContainerLog) -> None:
        if log.refused:
            self.skipped.add(
                "a log that the cluster did not give", f"{log.namespace}/{log.pod}/{log.container}"
            )
        else:
            self._write(Log(log.pod, log.container, log.namespace), log.text)

    def _write(self, log: Log, text: str) -> None:
        if not is_file_name(log.namespace, log.pod, log.container):
            self.skipped.add("a log whose pod has no name of Kubernetes'", f"{log.namespace}/{log.pod}"[:80])
            return
        kept, _ = bound_log(text, self._tail)
        self._draft.log(log.namespace, log.pod, log.container, redact_text(kept), previous=log.previous)

    def place_logs(self) -> None:
        """Write the logs whose place told only the pod's name, where one pod has that name."""
        spaces: dict[str, set[str]] = {}
        for _, kind, namespace, name in self.objects:
            if kind == "Pod":
                spaces.setdefault(name, set()).add(namespace)
        for log, file in self._unplaced:
            found = spaces.get(log.pod, set())
            if len(found) == 1:
                placed = Log(log.pod, log.container, next(iter(found)), log.previous, log.stamped)
                self.take(file, placed)
            else:
                self.skipped.add("a log of no pod, or of several", file.name)


def _without_secrets(obj: Object) -> Object:
    """As the recorder has it: of a Secret no more than that it is there."""
    if obj["kind"] != "Secret":
        redacted: Object = redact_object(obj)
        return redacted
    metadata: dict[str, Any] = {
        key: value
        for key, value in obj["metadata"].items()
        if key in ("name", "namespace", "uid", "labels", "creationTimestamp", "ownerReferences")
    }
    kept = {"apiVersion": obj["apiVersion"], "kind": "Secret", "metadata": metadata}
    return kept | {key: obj[key] for key in ("type", "immutable") if key in obj}


def _sentence(file: BundleFile, error: str) -> str:
    why = error.removeprefix(str(file.name)).lstrip(":, ").removesuffix(".")
    return f"{file.name} ({why})"
