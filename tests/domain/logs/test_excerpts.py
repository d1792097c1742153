"""domain.log_excerpts: what a report shows of a log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.evidence import EXCERPT_LIMIT, Observation, log_of
from kubetriage.domain.excerpts import excerpt_of_read
from kubetriage.domain.log_excerpts import excerpt_of_log, short_excerpt
from kubetriage.domain.log_keeping import with_digest
from kubetriage.domain.log_reading import PlainLogReader
from kubetriage.domain.resource import resource

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
READ = log_of(resource("Pod", "shop", "app-1"), "main", tail=2000)


def line(n: int) -> str:
    at = f"{START + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}"
    if n >= 1700 and n % 2:
        return f"{at} ERROR order {n} not saved: dial tcp db:5432: connect: connection refused"
    return f"{at} INFO order {n} saved"


def observed(text: str, cut: str = "") -> Observation:
    seen = Observation(read=READ, tool="pods_log", at=START, text=text, cut=cut)
    return with_digest(seen, PlainLogReader().digest(text))


def test_a_long_log_is_told_by_template_with_counts_and_times() -> None:
    """How many lines, when, how many errors, since when more of them, what was said how often, and the lines."""
    text = "\n".join(map(line, range(2000)))
    excerpt = excerpt_of_read(
        observed(text, cut="7 lines before its last 2000 were left out"), ["order 1701 not saved"]
    )
    head, _, body = excerpt.partition("\n\n")
    counts, risen, *templates = head.split("\n")
    assert counts == (
        "the last 2000 lines 12:00:00Z to 12:33:19Z: 150 errors in 2000 records (7 lines before its last 2000 "
        "were left out)"
    )
    assert risen == "errors rose at 12:28:21Z: 150 in 5 min, 0 in 28 min before"
    assert templates[0].startswith("150x error 12:28:21Z to 12:33:19Z: order <*> not saved: dial tcp db:<*>")
    assert templates[1] == "1850x info 12:00:00Z to 12:33:18Z: order <*> saved"
    assert line(1701) in body and body.endswith(line(1999)) and len(excerpt) <= EXCERPT_LIMIT


def test_a_short_log_is_shown_as_it_is() -> None:
    """Nothing is said of a few lines that they do not say themselves."""
    text = "starting\nERROR no url\n"
    assert excerpt_of_read(observed(text)) == "starting\nERROR no url"


def test_kinds_that_are_not_shown_are_counted() -> None:
    """Where there are more templates than room, how many more, and of how many records."""
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
    text = "\n".join(f"INFO {words[n % 8]} part {words[n % 8]} done" for n in range(80))
    assert "and 50 records of 5 other kinds" in excerpt_of_read(observed(text))


def test_of_a_log_that_was_not_kept_whole_that_is_said() -> None:
    """How many lines the observation holds of those that were read."""
    text = "\n".join(map(line, range(9000)))
    seen = observed(text)
    assert seen.digest is not None and f"({seen.digest.kept} of them kept as they are)" in excerpt_of_read(
        seen
    )


def test_quotations_go_before_the_summary() -> None:
    """Values that findings quote are shown even if nothing else has room."""
    lines = [f"{n} " + "x" * 300 for n in range(60)]
    for n, word in ((10, "first"), (20, "second"), (30, "third")):
        lines[n] = f"{word} needle " + "y" * 300
    excerpt = excerpt_of_read(observed("\n".join(lines)), ["first needle", "second needle", "third needle"])
    assert all(f"{word} needle" in excerpt for word in ("first", "second", "third"))
    assert len(excerpt) <= EXCERPT_LIMIT


def test_the_short_excerpt_has_the_most_frequent_error() -> None:
    """The rise, the commonest error, and the last lines."""
    text = "\n".join(map(line, range(2000)))
    shown = short_excerpt(text, [], observed(text).digest).splitlines()
    assert shown[0].startswith("errors rose at") and shown[1].startswith("150x error")
    assert shown[-1] == line(1999) and len(shown) <= 8
    assert short_excerpt("a\nb", [], None) == "a\nb"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_excerpts_of_any_digested_log_are_bounded(lines: list[str], quotes: list[str]) -> None:
    """No log and no digest makes an excerpt longer than the limit."""
    text = "\n".join(lines)
    digest = PlainLogReader().digest(text)
    assert len(excerpt_of_log(text, quotes, digest, cut="some lines were left out", tail=10)) <= EXCERPT_LIMIT
