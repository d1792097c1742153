"""What the user wants triaged: a file, standard input, or a resource by name."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from kubetriage.bootstrap.incidents import Incidents, incidents_in, read_body
from kubetriage.domain.alert import Alert
from kubetriage.domain.errors import BadAlert, BadInput
from kubetriage.domain.naming import asked_for

_NAMED = re.compile(r"^([A-Za-z][A-Za-z.]*)/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$")
LONGEST_NAME = 253
"""Characters of an object's name (RFC 1123 subdomain)."""


def incidents_of(argument: str, namespace: str | None, snapshot: str | None = None) -> Incidents:
    """The incidents that an ALERT argument stands for.

    Raises `BadAlert` with one sentence for a file that cannot be read or is no alert, and `BadInput` for a
    namespace where it would be left out of account.
    """
    named = _NAMED.match(argument)
    if named and not _is_there(argument):
        return Incidents(([_resource(named[1], named[2], namespace)],), several=False)
    body = _body(argument)
    if namespace is not None:
        raise BadInput("--namespace is for KIND/NAME: an alert names its own namespace.")
    try:
        return incidents_in(body, Path(snapshot) if snapshot else None)
    except BadAlert as error:
        raise BadAlert(f"{_named_source(argument)}: {error}") from error


def _named_source(argument: str) -> str:
    return "standard input" if argument == "-" else argument


def _is_there(argument: str) -> bool:
    try:
        return Path(argument).exists()
    except OSError:  # a name too long for a file
        return False


def _body(argument: str) -> bytes:
    if argument == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise BadAlert("standard input is closed")
        return read_body(sys.stdin.buffer)
    try:
        with open(argument, "rb") as file:
            return read_body(file)
    except FileNotFoundError as error:
        raise BadAlert(
            f"{argument}: there is no such file, and it is not KIND/NAME such as pod/web-0 either"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise BadAlert(f"{argument}: cannot be read ({why})") from error


def _resource(word: str, name: str, namespace: str | None) -> Alert:
    if len(name) > LONGEST_NAME:
        raise BadAlert(f"{word}/{name[:20]}…: names have at most {LONGEST_NAME} characters")
    try:
        return asked_for(word, name, namespace)
    except BadAlert as error:
        raise BadAlert(f"{word}/{name}: there is no such file, and {error}") from error
