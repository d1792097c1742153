"""Jinja2 in a sandbox with bounds: no reach into Python, no endless loop, no text that fills the memory.

Jinja2's own sandbox keeps a template from our objects, and limits `range` alone.
"""

from __future__ import annotations

import functools
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from types import FrameType
from typing import Any

import jinja2
import jinja2.sandbox
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from kubetriage.adapters.channels.growth import LONGEST, MOST, too_large, weight
from kubetriage.adapters.channels.templates import TemplateFailed

MOST_ITEMS = 10_000
"""Items of a list that is made by joining or repeating lists."""
SECONDS = 2.0
"""How long one message's template may compute; every other message waits meanwhile."""
_LARGEST_NUMBER = 4096
"""Bits."""
_WIDTH = re.compile(r"\d{5,}|\*")


def too_long() -> TemplateFailed:
    return TemplateFailed(f"the template wrote more than {LONGEST:,} characters")


class _Generator(CodeGenerator):
    """Has `~` ask for the length of what it makes, which the sandbox cannot intercept otherwise."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.joined((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")


class BoundedEnvironment(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """Values may not grow without bounds: operators, filters and methods are asked before or after."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.globals.pop("lipsum")
        self.filters = {name: _bounded(name, each) for name, each in self.filters.items()}

    def joined(self, values: tuple[Any, ...]) -> str:
        if weight(values, LONGEST) > LONGEST:
            raise too_long()
        return self.concat(str(each) for each in values)

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """What Jinja2 puts blocks and macros together with too."""
        texts = list(pieces)
        if sum(map(len, texts)) > LONGEST:
            raise too_long()
        return "".join(texts)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        if not _small_enough(operator, left, right):
            raise TemplateFailed(f"the template's {operator} makes something too large")
        return super().call_binop(context, operator, left, right)

    def call(self, context: jinja2.runtime.Context, called: Any, *given: Any, **named: Any) -> Any:
        _check_numbers(given, named)
        method = getattr(called, "__wrapped__", called)  # the sandbox wraps `format`
        owner, name = getattr(method, "__self__", None), getattr(called, "__name__", "")
        if isinstance(owner, str):
            _check_growth(name, owner, [*given, *named.values()])
        return _checked(super().call(context, called, *given, **named))


def run(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, as long as the time lasts: each line of Python below looks at the clock."""
    until = time.monotonic() + SECONDS

    def look(frame: FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > until:
            raise TemplateFailed(f"the template took longer than {SECONDS:g} s")
        return look

    before = sys.gettrace()
    try:
        while True:
            sys.settrace(look)
            try:
                piece = next(pieces, None)
            finally:
                sys.settrace(before)
            if piece is None:
                return
            yield piece
    except MemoryError as error:
        raise TemplateFailed("the template needs too much memory") from error


def _small_enough(operator: str, left: Any, right: Any) -> bool:
    if operator in ("*", "+") and isinstance(right, Sized) and not isinstance(left, Sized):
        left, right = right, left
    size = len(left) if isinstance(left, Sized) else 0
    most = LONGEST if isinstance(left, str) else MOST_ITEMS
    match operator, left, right:
        case "+", Sized(), Sized():
            return size + len(right) <= most
        case "*", Sized(), int():
            return size * right <= most and weight(left) * right <= MOST
        case "*", int(), int():
            return left.bit_length() + right.bit_length() <= _LARGEST_NUMBER
        case "**", int(), int():
            return left.bit_length() * right <= _LARGEST_NUMBER
        case "%", str(), _:
            return not _WIDTH.search(left) and not too_large("format", left, [right])
    return True


def _bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(filter_)
    def asked(*given: Any, **named: Any) -> Any:
        given = tuple(_listed(each) for each in given)
        _check_numbers(given, named)
        texts = [each for each in (*given, *named.values()) if not isinstance(each, _OURS)]
        if texts:
            _check_growth(name, texts[0], texts[1:])
        return _checked(filter_(*given, **named))

    return asked


def _listed(value: Any) -> Any:
    """What comes one by one, as a list: only then is it known how much it is."""
    if not isinstance(value, Iterator):
        return value
    items: list[Any] = []
    size = 0
    for each in value:
        items.append(each)
        size += weight(each)
        if size > MOST:
            raise TemplateFailed("the template makes a list that is too large")
    return items


def _check_growth(name: str, subject: Any, given: Sequence[Any]) -> None:
    wide = name in ("format", "format_map") and isinstance(subject, str) and _WIDTH.search(subject)
    if wide or too_large(name, subject, given):
        raise TemplateFailed(f"the template's {name} makes something too large")


_OURS = (jinja2.Environment, jinja2.runtime.Context, nodes.EvalContext)
"""What Jinja2 hands to its filters beside what the template says."""


def _check_numbers(given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    for each in (*given, *named.values()):
        if isinstance(each, int) and abs(each) > LONGEST:
            raise TemplateFailed("the template gives a number that is too large")


def _checked(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        raise too_long()
    return value
