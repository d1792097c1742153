"""The file that traffic is kept in: lines of JSON, compressed.

First a line on the recording, then what was asked and answered, in the order of the answers. Each message,
and each set of tools, is written once and named by its digest: an agent sends its whole history with every
question. Keys and headers are in no line.
"""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from kubetriage.adapters.model.traffic.answers import Answer, answer_of_json
from kubetriage.adapters.model.traffic.questions import Question, digest
from kubetriage.domain.errors import BadInput

SCHEMA: Final = "kubetriage.model-traffic/1"
JSON = Any


class Recorder:
    """Writes a recording; callable from several threads. What was written before a kill can be read.

    Where an error ends it before the first answer, no file is left.

    Raises `BadInput` where the file is there already or cannot be written.
    """

    def __init__(self, path: Path, about: Mapping[str, JSON]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb")
        except FileExistsError:
            raise BadInput(f"{path} is there already; a recording is not written over.") from None
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
        self._zip = gzip.GzipFile(filename="", fileobj=self._file, mode="wb", mtime=0)
        self._path = path
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self.count = 0
        """Answers so far."""
        self._line({"schema": SCHEMA, **about})

    def add(self, question: Question, answer: Answer) -> None:
        with self._lock:
            asked = dict(question.asked)
            for name in ("messages", "tools"):
                if isinstance(asked.get(name), list):
                    asked[name] = [self._part(each) for each in asked[name]]
            self._line(
                {"model": question.model, "cell": question.cell, "asked": asked, "answer": answer.to_json()}
            )
            self._zip.flush(zlib.Z_SYNC_FLUSH)
            self._file.flush()
            self.count += 1

    def _part(self, value: JSON) -> str:
        name = digest(value)
        if name not in self._known:
            self._known.add(name)
            self._line({"part": name, "is": value})
        return name

    def _line(self, said: Mapping[str, JSON]) -> None:
        self._zip.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._zip.close()
        self._file.close()
        if kind is not None and not self.count:  # nothing was asked: the same command may be given again
            self._path.unlink(missing_ok=True)


class Recording:
    """A recording read into memory: the answers to each question of each cell, in their order."""

    def __init__(self, about: Mapping[str, JSON]) -> None:
        self.about = about
        self.answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        """By cell and key."""
        self.questions: list[Question] = []
        self.refusals: dict[str, Answer] = {}
        """By form: what was refused, and never taken."""
        self.cut = False
        """It ends in the middle: whoever wrote it was killed."""

    @property
    def models(self) -> list[str]:
        return sorted({question.model for question in self.questions})

    def add(self, question: Question, answer: Answer) -> None:
        self.answers[(question.cell, question.key)].append(answer)
        self.questions.append(question)


def read_recording(path: Path) -> Recording:
    """Raises `BadInput` naming the file and what is wrong with it."""
    found: Recording | None = None
    parts: dict[str, JSON] = {}
    taken: set[str] = set()
    try:
        with gzip.open(path, "rb") as file:
            for line in _lines(file):
                if found is None:
                    found = _begun(path, line)
                elif "part" in line:
                    parts[line["part"]] = line["is"]
                elif "cut" in line:
                    found.cut = True
                else:
                    _add(found, line, parts, taken)
    except gzip.BadGzipFile as error:
        raise _unusable(path, found, "it is not a gzip file") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except (EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(path, found, "its lines are not what `eval record` writes") from error
    if found is None:
        raise _unusable(path, found, "it is empty")
    found.refusals = {form: answer for form, answer in found.refusals.items() if form not in taken}
    return found


def _unusable(path: Path, found: Recording | None, why: str) -> BadInput:
    """What no recording is, and one of which something has changed since."""
    if found is None:
        return BadInput(f"{path} is no recording of model traffic: {why}.")
    return BadInput(f"{path} is damaged after {len(found.questions)} answers: record it again.")


def _begun(path: Path, line: Mapping[str, JSON]) -> Recording:
    if line.get("schema") != SCHEMA:
        raise BadInput(f"{path} is no recording of model traffic ({SCHEMA}).")
    return Recording(line)


def _add(found: Recording, line: Mapping[str, JSON], parts: Mapping[str, JSON], taken: set[str]) -> None:
    question = Question(line["model"], line["cell"], _whole(line["asked"], parts))
    answer = answer_of_json(line["answer"])
    found.add(question, answer)
    if 0 < answer.status < 400:
        taken.add(question.form)
    elif answer.status in REFUSED:
        found.refusals.setdefault(question.form, answer)


REFUSED: Final = frozenset({400, 404, 405, 415, 422, 501})
"""What endpoints answer to a form of request that they do not take."""


def _whole(asked: Mapping[str, JSON], parts: Mapping[str, JSON]) -> dict[str, JSON]:
    made = dict(asked)
    for name in ("messages", "tools"):
        if isinstance(made.get(name), list):
            made[name] = [parts[each] for each in made[name]]
    return made


def _lines(file: Iterable[bytes]) -> Iterator[dict[str, JSON]]:
    """The whole lines; of a file whose writer was killed, a last one that says `cut`."""
    lines = iter(file)
    while True:
        try:
            line = next(lines, b"")
        except EOFError:
            yield {"cut": True}
            return
        if not line:
            return
        yield json.loads(line.decode("utf-8", "surrogatepass"))
