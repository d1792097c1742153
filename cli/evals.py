"""`kubetriage eval`: its commands, each in a module of its own."""

from __future__ import annotations

import click

from kubetriage.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("kubetriage.cli.eval_list:list_", "List scenarios, by tag, family of faults or name."),
    "check": ("kubetriage.cli.eval_check:check", "Say what makes scenarios unfit to measure with."),
    "from-incident": (
        "kubetriage.cli.eval_from_incident:from_incident",
        "Make a scenario of a diagnosed incident and what people said.",
    ),
    "run": ("kubetriage.cli.eval_run:run", "Diagnose scenarios with models and strategies, and score that."),
    "score": ("kubetriage.cli.eval_score:score", "Score a run's kept reports again, without a model."),
    "report": ("kubetriage.cli.eval_report:report", "Report on a run that is there, as text or files."),
    "compare": ("kubetriage.cli.eval_compare:compare", "Say what became better or worse between two runs."),
    "gate": ("kubetriage.cli.eval_gate:gate", "Say by exit status whether a run is good enough, for CI."),
    "record": ("kubetriage.cli.eval_traffic:record", "Do a run and keep what its models were asked."),
    "replay": ("kubetriage.cli.eval_traffic:replay", "Do a recorded run again without its models."),
    "judge": ("kubetriage.cli.eval_judge:judge", "Let another model judge a run; it decides nothing."),
    "langsmith": ("kubetriage.cli.eval_langsmith:langsmith", "Make LangSmith experiments of a run."),
}
"""Command → where it is, and its line in `--help`; a command is imported when it is called."""


@click.group("eval", cls=LazyGroup, lazy=COMMANDS)
def evals() -> None:
    """Measure diagnoses against scenarios whose answer is known."""
