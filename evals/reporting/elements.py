"""Pieces of HTML; whatever is given to them as text is escaped here, and nowhere else."""

from __future__ import annotations

import html

from kubetriage.domain.rendering.visible import clip, visible
from kubetriage.evals.reporting.columns import Table


def text(said: object, limit: int = 1000) -> str:
    """Text for between tags or inside a quoted attribute: nothing in it acts on a page or is invisible."""
    return html.escape(clip(visible(str(said)), limit))


def code(said: object, limit: int = 1000) -> str:
    return f'<code translate="no">{text(said, limit)}</code>'


def block(said: str, limit: int) -> str:
    """Verbatim lines; what is cut is counted."""
    cut = len(said) - limit
    more = f'<p class="muted">{cut:,} more characters are left out here.</p>' if cut > 0 else ""
    return f'<pre translate="no">{html.escape(visible(said[:limit]))}</pre>{more}'


def badge(said: str, tone: str) -> str:
    """A word with a background; tones are good, note, warn, bad and empty."""
    return f'<span class="badge {text(tone)}">{text(said)}</span>'


def fold(summary: str, inner: str, anchor: str = "") -> str:
    """Something to open; both texts are HTML already."""
    return f"{opened(summary, anchor)}{inner}\n</div></details>"


def opened(summary: str, anchor: str = "") -> str:
    """The beginning of something to open, to be ended by `</div></details>`.

    The anchor is inside: whoever follows a link to it finds it open.
    """
    at = f' id="{text(anchor)}"' if anchor else ""
    return f"<details><summary>{summary}</summary><div{at}>\n"


def bullets(items: list[str]) -> str:
    """A list of HTML."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else ""


def table(found: Table, words: bool = False) -> str:
    """A table of texts; `words` for one whose last column is a sentence."""
    head, rows = found
    last = len(head) - 1

    def cell(place: int, said: str) -> str:
        mark = ' class="words"' if words and place == last else ""
        return f"<td{mark}>{text(said)}</td>"

    def heading(place: int, said: str) -> str:
        mark = ' class="words"' if words and place == last else ""
        return f'<th scope="col"{mark}>{text(said)}</th>'

    top = "".join(heading(place, said) for place, said in enumerate(head))
    body = "\n".join(
        f"<tr>{''.join(cell(place, said) for place, said in enumerate(row))}</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'
    )
