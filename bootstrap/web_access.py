"""What settings that name an HTTP server have in common: its address, and what is shown to it."""

from __future__ import annotations

import os
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from kubetriage.domain.errors import BadSettings


def web_address(url: str, example: str) -> SplitResult:
    """The parts of an address; raises `ValueError` for what no request could be sent to."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an IPv6 address without its end, a port above 65535
        usable = False
    if not usable:
        raise ValueError(f"url must be like {example}")
    return parts


def require_ascii(*words: SecretStr) -> None:
    """Raises `ValueError` for what no header can hold."""
    if not all(_fits(word.get_secret_value()) for word in words):
        raise ValueError("token and headers must be ASCII, each on one line")


def secret_of(place: str, value: SecretStr, variable: str) -> SecretStr | None:
    """A secret as it is or from its environment variable; None if there is neither.

    White space around it is left out: files that variables are read from end with a newline. Raises
    `BadSettings`, with the place of the setting that names the variable.
    """
    if not variable:
        return value if value.get_secret_value() else None
    held = os.environ.get(variable, "").strip()
    if not held:
        raise BadSettings(f"{place}: the environment variable {variable} is not set.")
    if place.endswith("token_env") and not _fits(held):
        raise BadSettings(f"{place}: the environment variable {variable} holds no token: it is not ASCII.")
    return SecretStr(held)


def _fits(word: str) -> bool:
    return word.isascii() and word.isprintable()
