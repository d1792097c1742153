"""Every error that kubetriage raises on purpose.

    KubetriageError
    ├── BadInput                 what the user gave cannot be used (exit status 2)
    │   ├── BadAlert             not an alert in any accepted format
    │   ├── BadSnapshot          not a snapshot folder, or one with unreadable files
    │   ├── BadSettings          a setting or an environment variable is wrong
    │   ├── UnknownCluster       no connection of that name is configured
    │   └── UnknownModel         no model profile of that name is configured
    ├── ClusterUnreachable       the MCP server could not be started or reached (exit status 3)
    └── ModelFailed              no completion could be had; the report is then written from the rules
        ├── ModelMisconfigured   wrong key, unknown model or address: a person must mend it (401, 403, 404)
        ├── ModelUnavailable     429, 5xx, timeouts, broken answers, after retries and fallbacks
        ├── ModelRefused         the endpoint will not take the request, whatever the form (400, too long)
        └── BudgetExceeded       the call would have gone over a budget; it was not made

Failures of single reads are not exceptions: they are values (`evidence.ReadFailure`), because a
read that failed is a gap in the report, never the end of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubetriage.domain.language import Text


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


class UnknownModel(BadInput):
    """No model profile of that name is configured."""


class ClusterUnreachable(KubetriageError):
    """The MCP server of a cluster could not be started, reached or initialised."""


class ModelFailed(KubetriageError):
    """No completion could be had. `notes` say what happened before, a sentence each."""

    def __init__(self, sentence: str, notes: Sequence[Text] = (), completions: int = 0) -> None:
        super().__init__(sentence)
        self.notes = tuple(notes)
        self.completions = completions
        """Completions that came back all the same (a fallback's broken answers); they count."""


class ModelMisconfigured(ModelFailed):
    """The key, the model's name or the address is wrong: no retry mends it."""


class ModelUnavailable(ModelFailed):
    """The endpoint is down, too busy or too slow, after retries and fallbacks within the deadline."""


class ModelRefused(ModelFailed):
    """The endpoint does not take this request in any of the profile's forms."""


class BudgetExceeded(ModelFailed):
    """The next call would have cost more than a budget leaves; it was not made."""
