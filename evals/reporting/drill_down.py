"""From a spot of the heat map down to its cells: verdict, report, evidence, what was asked and answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from kubetriage.evals.cells import Cell, CellOutcome, Kept, Run
from kubetriage.evals.figure_values import Figures
from kubetriage.evals.reporting import wording
from kubetriage.evals.reporting.elements import badge, block, bullets, code, fold, opened, table, text
from kubetriage.evals.reporting.heat_map import cell_anchor, scenario_anchor

ReadKept = Callable[[Cell], Sequence[Kept]]


class Depth(NamedTuple):
    """How much of a cell a page shows."""

    excerpt: int
    """Characters of a piece of evidence, and of a command."""
    kept_text: int
    """Of a prompt, an answer or a read."""
    most_kept: int
    """Prompts, answers and reads of a cell that did not pass."""
    of_passes: int
    """The same of one that did."""
    scores: bool
    """Whether passes have their scores too."""


WHOLE: Final = Depth(1_200, 6_000, 40, 4, scores=True)
SHORT: Final = Depth(400, 1_500, 8, 2, scores=False)
"""For a page that is published: the first words of the most telling things."""
_TONES: Final = {CellOutcome.PASS: "good", CellOutcome.FAIL: "bad", CellOutcome.COULD_NOT_RUN: "warn"}
_WORDS: Final = {
    CellOutcome.PASS: "pass",
    CellOutcome.FAIL: "fail",
    CellOutcome.COULD_NOT_RUN: "could not run",
}
_TIMES: Final = frozenset({"id", "created_at", "usage"})
"""What differs between equal reports."""


def drill_down(
    run: Run,
    figures: Figures,
    cells: Iterable[Cell],
    read_kept: ReadKept,
    most_bytes: int,
    depth: Depth = WHOLE,
) -> Iterator[str]:
    """A fold for each scenario and, in it, one for each arm; HTML in pieces.

    `cells` come as `cells_in` gives them: those of one arm of a scenario follow each other, and only those
    are held. When the page has grown by `most_bytes`, cells are only told by their verdict.
    """
    places = {each.name: place for place, each in enumerate(run.scenarios)}
    arms = {(arm.strategy.value, arm.model): number for number, arm in enumerate(figures.arms)}
    labels = [arm.label for arm in figures.arms]
    written = 0
    for name, of_scenario in groupby(cells, key=lambda cell: cell.key.scenario):
        if name not in places:
            continue
        place = places[name]
        yield opened(text(name), scenario_anchor(place))
        yield f"<p>{text(run.scenarios[place].root_cause)}</p>\n" if run.scenarios[place].root_cause else ""
        for arm, of_arm in groupby(of_scenario, key=lambda cell: cell.key.arm):
            number = arms.get(arm)
            if number is None:  # written since the figures were made
                continue
            shown = depth if written < most_bytes else None
            made = _arm(list(of_arm), labels[number], cell_anchor(place, number), read_kept, shown)
            written += len(made)
            yield made
        yield "</div></details>\n"


def _arm(cells: list[Cell], label: str, anchor: str, read_kept: ReadKept, depth: Depth | None) -> str:
    alike: dict[str, list[Cell]] = {}
    for cell in cells:
        alike.setdefault(_digest(cell), []).append(cell)
    marks = "".join(badge(_WORDS[cell.outcome], _TONES[cell.outcome]) for cell in cells[:10])
    inner = "\n".join(_cells(each, read_kept, depth) for each in alike.values())
    return fold(f"{text(label)}{marks}", inner, anchor) + "\n"


def _digest(cell: Cell) -> str:
    """Equal for cells that came to the same report."""
    report = {key: value for key, value in cell.report.items() if key not in _TIMES}
    plain = json.dumps([cell.outcome, cell.why, report], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _cells(cells: list[Cell], read_kept: ReadKept, depth: Depth | None) -> str:
    """Cells with the same report: the first one as deep as asked for, of the others what they took."""
    first = cells[0]
    numbers = ", ".join(str(cell.key.repeat) for cell in cells)
    head = f"{'Repeat' if len(cells) == 1 else 'Repeats'} {numbers}"
    parts = [f"<h3>{head} {badge(_WORDS[first.outcome], _TONES[first.outcome])}</h3>"]
    if first.wrong_with_confidence:
        parts.append(f"<p>{badge('wrong with confidence', 'bad')}</p>")
    if first.why:
        parts.append(f"<p>{text(first.why)}</p>")
    parts.append(f'<p class="muted">{text("; ".join(dict.fromkeys(_took(cell) for cell in cells)))}</p>')
    if depth is None:
        parts.append(f'<p class="muted">The report is in {code(f"cells/{first.key.id}.json")}.</p>')
    else:
        passed = first.outcome is CellOutcome.PASS
        parts.append(_report(first, depth))
        parts.append(_kept(read_kept(first), depth, depth.of_passes if passed else depth.most_kept))
    if first.calls_file:
        parts.append(f'<p class="muted">Prompts, answers and reads: {code(first.calls_file)}</p>')
    return "\n".join(part for part in parts if part)


def _took(cell: Cell) -> str:
    said = [
        wording.duration(cell.diagnosis_seconds)
        + (" (modelled)" if cell.modelled_seconds is not None else "")
    ]
    if cell.model_calls:
        said.append(f"{cell.model_calls} model {'call' if cell.model_calls == 1 else 'calls'}")
        said.append(f"{cell.prompt_tokens:,} + {cell.completion_tokens:,} tokens")
    if cell.cost is not None:
        said.append(wording.money({cell.currency: cell.cost}))
    return ", ".join(said)


def _report(cell: Cell, depth: Depth) -> str:
    report = cell.report
    if not report:
        return ""
    parts = [f"<p>{badge(str(report.get('outcome', '')), '')} {text(report.get('summary', ''))}</p>"]
    parts.append(bullets([_cause(cause) for cause in _dicts(report.get("root_causes"))]))
    cited = {str(id_) for cause in _dicts(report.get("root_causes")) for id_ in cause.get("evidence") or ()}
    evidence = [item for item in _dicts(report.get("evidence")) if str(item.get("id")) in cited]
    if evidence:
        parts.append(
            fold(
                f"Evidence that the causes cite ({len(evidence)})",
                "\n".join(_evidence(item, depth) for item in evidence),
            )
        )
    steps = _dicts(report.get("recommendations"))
    if steps:
        parts.append(fold(f"Recommendations ({len(steps)})", bullets([_step(step, depth) for step in steps])))
    if cell.scores and (depth.scores or cell.outcome is not CellOutcome.PASS):
        rows = [
            [score.name, _value(score.value), _mark(score.passed), score.reason]
            for score in cell.scores.values()
        ]
        parts.append(fold("Scores", table((["scorer", "value", "passed", "why"], rows), words=True)))
    return "\n".join(part for part in parts if part)


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _cause(cause: Mapping[str, Any]) -> str:
    sure = "confirmed" if cause.get("confirmed") is True else "not confirmed"
    said = [str(cause.get("likelihood", "")), str(cause.get("category", "")), sure]
    cites = ", ".join(str(id_) for id_ in cause.get("evidence") or ())
    said += [f"cites {cites}"] if cites else []
    about = text(", ".join(each for each in said if each))
    stated = f"{_resource(cause.get('culprit'))} {text(cause.get('statement', ''))}"
    return f'{stated} <span class="muted">({about})</span>'


def _resource(resource: Any) -> str:
    if not isinstance(resource, Mapping):
        return badge("no culprit", "")
    space = f"{resource.get('namespace')}/" if resource.get("namespace") else ""
    return code(f"{resource.get('kind', '')} {space}{resource.get('name', '')}")


def _evidence(item: Mapping[str, Any], depth: Depth) -> str:
    head = (
        f"<p>{code(item.get('id', ''))} {_resource(item.get('resource'))} by {code(item.get('tool', ''))}</p>"
    )
    return head + block(str(item.get("excerpt", "")), depth.excerpt)


def _step(step: Mapping[str, Any], depth: Depth) -> str:
    commands = step.get("commands") or ()
    shown = [str(each.get("command", "") if isinstance(each, Mapping) else each) for each in commands]
    return f"{text(step.get('title', ''))}: {text(step.get('detail', ''))}" + "".join(
        block(command, depth.excerpt) for command in shown
    )


def _kept(kept: Sequence[Kept], depth: Depth, most: int) -> str:
    if not kept or not most:
        return ""
    shown = [kept[place] for place in _telling(kept, most)]
    parts = [
        fold(f"{text(one.what)} {text(_about(one), 160)}", block(one.text, depth.kept_text)) for one in shown
    ]
    left = len(kept) - len(shown)
    parts += [f'<p class="muted">{left} more are left out here.</p>'] if left > 0 else []
    return fold(f"What was asked, answered and read ({len(kept)})", "\n".join(parts))


def _telling(kept: Sequence[Kept], most: int) -> list[int]:
    """The places of so many: the first prompt and the last answer before all others, in their order."""
    prompts = [place for place, one in enumerate(kept) if one.what == "prompt"]
    answers = [place for place, one in enumerate(kept) if one.what == "answer"]
    order = dict.fromkeys([*prompts[:1], *answers[-1:], *range(len(kept))])
    return sorted(list(order)[:most])


def _about(one: Kept) -> str:
    return json.dumps(one.detail, ensure_ascii=False) if one.detail else f"{len(one.text):,} characters"


def _value(value: float | None) -> str:
    if value is None:
        return wording.NOTHING
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _mark(passed: bool | None) -> str:
    return wording.NOTHING if passed is None else ("yes" if passed else "no")
