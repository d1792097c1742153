"""What is left of marked calls when a server skips the special tokens: a bound name, glued to its arguments.

functionNAME ```json {…}```        DeepSeek V3
NAME{…}                            DeepSeek V3.1, Mistral
functions.NAME:0{…}                Kimi K2
…commentary to=functions.NAME json{…}    gpt-oss
NAME <arg_key>…                    GLM
call:NAME{…}                       Gemma
"""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.data import Data
from kubetriage.adapters.model.tool_calls.elements import GLM, read_arguments
from kubetriage.adapters.model.tool_calls.json_calls import read_bare_object, read_object
from kubetriage.adapters.model.tool_calls.literals import CutOff
from kubetriage.adapters.model.tool_calls.markers import FENCE_END, SPECIAL_END
from kubetriage.adapters.model.tool_calls.quoting import Quoting
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

MAX_PLACES = 64

_JOINT = r"(?:<\|tool_call_argument_begin\|>|<[|｜]tool[▁_ ]sep[|｜]>|\[ARGS\])\s*"
"""Tokens between type, name and arguments, which some servers leave when they skip the outer ones."""
_FREE = r"(?:^[ \t]*|(?<=[.!?:;…。！？：；，>)\]}`])\s*)"
"""Where a name can begin that is not part of a sentence."""


class Skipped:
    """Finds such calls for the names that are bound in one turn."""

    def __init__(self, turn: Turn) -> None:
        names = "|".join(re.escape(name) for name in sorted(turn.tools, key=len, reverse=True))
        self._turn = turn
        self._place = re.compile(
            rf"{_FREE}(?:"
            rf"function[ \t]*\n?(?:{_JOINT})?(?P<deepseek>{names})\s*"
            rf"(?:`{{3,}}[ \t]*(?:json)?\s*|json\s*|(?=\{{))(?=\{{)|"
            rf"(?:function|functions\.|call:)?(?P<glued>{names})(?::\d{{1,6}})?[ \t]*(?:{_JOINT})?(?=\{{)|"
            rf"(?:functions\.)?(?P<glm>{names})\s*(?=<arg_key>)|"
            rf"(?:functions\.)?(?P<line>{names})[ \t]*\n(?:json[ \t]*\n)?\s*(?=\{{)"
            rf")|commentary\s{{0,4}}to=\s{{0,4}}(?:functions\.)?(?P<harmony>{names})\s*(?:json|code)?\s*(?=\{{)",
            re.MULTILINE,
        )

    def read(self) -> tuple[Found, int] | None:
        """The calls and where the first of them begins; None if there are none."""
        turn = self._turn
        if not any(name in turn.text for name in turn.tools):
            return None
        quoting = Quoting(turn.text)
        data = Data(turn)
        found: list[Candidate] = []
        first = pos = 0
        for _ in range(MAX_PLACES):
            place = self._place.search(turn.text, pos)
            if not place or len(found) >= MAX_CALLS:
                break
            try:
                got = self._call(place)
            except CutOff:
                break  # what looks like a call behind it stands in its arguments
            quoted = quoting.quoted(turn.gap(place.start()), got.end) if got else False
            if not got or quoted or data.holds(place.start()):
                pos = got.end if got else place.end()
                quoting.pass_over(pos)
                continue
            first = first if found else place.start()
            found += got.candidates
            pos = got.end
            quoting.skip(pos)
            data.skip(pos)
        return (Found(found, pos), first) if found else None

    def _call(self, place: re.Match[str]) -> Found | None:
        turn = self._turn
        kind = place.lastgroup or ""
        if kind == "glm":
            got = read_arguments(turn, place.end(), GLM)
            return Found([Candidate(place[kind], got[0])], got[1]) if got else None
        gemma = "call:" in place[0]
        read = read_bare_object(turn, place.end(), place[kind]) if gemma else read_object(turn, place.end())
        if not read:
            return None
        args, end = read
        if kind == "deepseek" and "`" in place[0]:
            closing = FENCE_END.match(turn.text, end)
            end = closing.end() if closing else end
        elif not self._alone(end):
            return None
        return Found([Candidate(place[kind], args)], end)

    def _alone(self, pos: int) -> bool:
        """True if the text ends here, or goes on with a mark, a further call or a new line."""
        text = self._turn.text
        at = self._turn.gap(pos)
        if at == len(text) or SPECIAL_END.match(text, at) or self._place.match(text, pos):
            return True
        rest = text[pos : at + 1]
        return "\n" in rest or text.startswith("assistant", at)
