"""Names of Kubernetes objects among the options."""

from __future__ import annotations

import re
from typing import Any

import click

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""An RFC 1123 label, as the API server demands of a namespace's name."""


class NamespaceName(click.types.StringParamType):
    """A name that a namespace can have."""

    name = "namespace"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See `click.ParamType`."""
        if not _NAMESPACE.fullmatch(str(value)):
            rule = "lower-case letters, digits and -, at most 63 in all"
            self.fail(f"{value!r} cannot be a namespace's name: {rule}.", param, ctx)
        return str(value)
