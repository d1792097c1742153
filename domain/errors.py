"""Every error that kubetriage raises on purpose.

    KubetriageError
    ├── BadInput                 what the user gave cannot be used (exit status 2)
    │   ├── BadAlert             not an alert in any accepted format
    │   ├── BadSnapshot          not a snapshot folder, or one with unreadable files
    │   ├── BadSettings          a setting or an environment variable is wrong
    │   └── UnknownCluster       no connection of that name is configured
    └── ClusterUnreachable       the MCP server could not be started or reached (exit status 3)

Failures of single reads are not exceptions: they are values (`evidence.ReadFailure`), because a
read that failed is a gap in the report, never the end of a run.
"""


class KubetriageError(Exception):
    """Base of all; `str()` is one clear sentence that can be shown to a user."""


class BadInput(KubetriageError):
    """What the user gave cannot be used."""


class BadAlert(BadInput):
    """The body is not an alert in any accepted format."""


class BadSnapshot(BadInput):
    """The folder is not a snapshot, or a file in it cannot be read."""


class BadSettings(BadInput):
    """A setting or an environment variable has a value that cannot be used."""


class UnknownCluster(BadInput):
    """No cluster connection of that name is configured."""


class ClusterUnreachable(KubetriageError):
    """The MCP server of a cluster could not be started, reached or initialised."""
