"""Messages written by the user's own Jinja2 template, in a sandbox.

The template gets values, never objects of ours: `report` (the JSON report), `event`, `incident`, `title`,
`state`, `severity`, `cluster`, `namespace`, `labels`, `since`, `alike`, `lines`, `links`, and `sections` (our
own text of each section by name). Whatever it prints is escaped for the channel by itself; the filter
`markup` says that a value is markup already. A template that fails never keeps a message back: ours is sent
instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kubetriage.adapters.channels.growth import LONGEST, weight
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.messages.dialects import Dialect
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.visible import visible

if TYPE_CHECKING:
    import jinja2


class TemplateFailed(Exception):
    """The template could not be filled for this message; the words say why."""


class _Markup(str):
    """Text that is markup already."""


class _Name(str):
    """The namespace's name; called, it is what Jinja2 itself has under this word."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        from jinja2.utils import Namespace

        return Namespace(*given, **named)


class MessageTemplate:
    """One template, compiled once."""

    def __init__(self, source: str, name: str, escape: Callable[[str], str]) -> None:
        """Raises `BadSettings` for a template that cannot be compiled."""
        try:
            import jinja2

            from kubetriage.adapters.channels.sandbox import BoundedEnvironment
        except ImportError:
            raise BadSettings(f"{name}: templates need the package jinja2.") from None

        self._escape = escape
        self._spent = 0
        environment = BoundedEnvironment(
            finalize=self._printed,
            undefined=jinja2.ChainableUndefined,
            keep_trailing_newline=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["markup"] = _Markup
        environment.filters["visible"] = lambda value: visible(str(value))
        try:
            self._template: jinja2.Template = environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            why = str(error.message).rstrip(".")
            raise BadSettings(f"{name}: line {error.lineno} of the template: {why}.") from error

    def fill(self, values: dict[str, Any]) -> str:
        """Raises `TemplateFailed` for whatever goes wrong inside the template."""
        import jinja2

        from kubetriage.adapters.channels.sandbox import run, too_long

        written: list[str] = []
        length = self._spent = 0
        try:
            for piece in run(self._template.generate(values)):
                written.append(piece)
                length += len(piece)
                if length > LONGEST:
                    raise too_long()
        except jinja2.TemplateError as error:
            raise TemplateFailed(f"the template failed: {str(error).rstrip('.')}") from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise TemplateFailed(f"the template failed: {type(error).__name__}: {error}") from error
        text = "".join(written).strip()
        if not text:
            raise TemplateFailed("the template wrote nothing")
        return text

    def _printed(self, value: Any) -> str:
        """What stands in the text for a value, counted even where it only fills a variable."""
        text = _escaped(value, self._escape)
        self._spent += len(text)
        if self._spent > 5 * LONGEST:
            raise TemplateFailed(f"the template wrote more than {LONGEST:,} characters")
        return text


def _escaped(value: Any, escape: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if weight(value, LONGEST) > LONGEST or len(text := str(value)) > LONGEST:
        raise TemplateFailed(f"the template wrote more than {LONGEST:,} characters")
    return text if isinstance(value, _Markup) else escape(visible(text))


def values_of(notice: Notice, message: Message, dialect: Dialect) -> dict[str, Any]:
    """What a template can use."""
    writer = Writer(message, dialect)
    given = notice.model_dump(mode="json", exclude={"report"})
    report = notice.report.to_json() if notice.report else None
    sections = {each.name.value: _Markup(writer.section(each)) for each in message.sections}
    own = {"state": message.state, "severity": message.severity, "name": message.name}
    own["namespace"] = _Name(notice.namespace)
    return {**given, **own, "title": message.title, "report": report, "sections": sections}
