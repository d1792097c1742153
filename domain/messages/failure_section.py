"""Why there is no report: in the channel's language, with the error itself beside it as it was."""

from __future__ import annotations

from kubetriage.domain.messages.message import Block, Section, SectionName
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.report_sections import heading
from kubetriage.domain.messages.spoken import LINE_LIMIT, short
from kubetriage.domain.messages.words import FAILURE, FAILURES, LOOK_YOURSELF
from kubetriage.domain.rendering.document import Code, Mark, Paragraph, Span
from kubetriage.domain.rendering.voice import Voice

ERROR_LIMIT = 400
"""Characters of the error."""


def failure(notice: Notice, voice: Voice) -> Section:
    """What kind of error it was and what follows for people, then the error's own words to copy."""
    why = Paragraph((Span(voice.say(FAILURES.get(notice.failure, FAILURE)), Mark.STRONG),))
    said: tuple[Block, ...] = (why, Paragraph((voice.words(LOOK_YOURSELF),)))
    error = " ".join(notice.lines)
    forms = [said]
    if error:
        forms = [(*said, Code(short(error, limit))) for limit in (ERROR_LIMIT, LINE_LIMIT)] + forms
    return Section(
        SectionName.CAUSE, heading("failure", voice), tuple(dict.fromkeys(forms)), pinned=True, least=(why,)
    )
