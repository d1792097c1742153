"""What of the settings will leave alerts without a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.bootstrap import default_server
from kubetriage.bootstrap.settings import Settings


def doubts_about(settings: Settings) -> Sequence[str]:
    """Why alerts may find no cluster to be diagnosed in, a sentence each; to be said at the start."""
    names, default = list(settings.connections), settings.default_cluster
    if not names:
        return [] if default_server.server_on_path() else [default_server.MISSING]
    known = ", ".join(names)
    called = {also for each in settings.connections.values() for also in each.also_called}
    if default and default not in {*names, *called}:
        return [
            f"default_cluster is {default}, which is not configured (configured are: {known}): alerts "
            "without a cluster label will not be diagnosed."
        ]
    if not default and len(names) > 1:
        return [
            f"There are several clusters ({known}) and no default_cluster: alerts without a cluster label "
            "will not be diagnosed."
        ]
    return []
