"""The routes: what an OpenAI-compatible server has, and `/sim/…` to steer and read the scripted one."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kubetriage.adapters.model.fake.completions import Completions, case_key
from kubetriage.adapters.model.fake.envelope import CREATED
from kubetriage.adapters.model.fake.error_bodies import error_answer
from kubetriage.adapters.model.fake.journal import Line
from kubetriage.adapters.model.fake.plan import ErrorAnswer
from kubetriage.adapters.model.fake.settings import changed
from kubetriage.adapters.model.fake.summary import summarized
from kubetriage.domain.errors import BadSettings

PREFIX = "/r/{run}/{arm}/{case}"
MARKS = ("start", "stop", "tool_start", "tool_stop", "verdict")


def app(completions: Completions) -> Starlette:
    """The server's application over what it remembers."""
    control = _Control(completions)
    routes = [
        Route("/healthz", control.healthz),
        Route("/sim/config", control.config, methods=["PUT"]),
        Route("/sim/reset", control.reset, methods=["POST"]),
        Route("/sim/mark", control.mark, methods=["POST"]),
        Route("/sim/journal", control.journal),
        Route("/sim/requests", control.requests),
        Route("/sim/summary", control.summary),
    ]
    for prefix in ("", PREFIX):
        routes += [
            Route(f"{prefix}/v1/chat/completions", completions, methods=["POST"]),
            Route(f"{prefix}/v1/models", control.models),
        ]
    return Starlette(routes=routes, exception_handlers={404: control.not_found, 405: control.not_found})


class _Control:
    def __init__(self, completions: Completions) -> None:
        self._completions = completions

    async def healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def models(self, request: Request) -> Response:
        made = self._completions.settings
        names = made.models or (made.profile.name,)
        listed = [{"id": n, "object": "model", "created": CREATED, "owned_by": "scripted"} for n in names]
        return JSONResponse({"object": "list", "data": listed})

    async def config(self, request: Request) -> Response:
        """Change the settings that are given; the others stay."""
        given = await _json_object(request)
        if given is None:
            return _refusal("The body is not a JSON object.")
        try:
            self._completions.configure(changed(self._completions.settings, given))
        except BadSettings as error:
            return _refusal(str(error))
        return JSONResponse({"ok": True})

    async def reset(self, request: Request) -> Response:
        self._completions.reset(_run(request))
        return JSONResponse({"ok": True})

    async def mark(self, request: Request) -> Response:
        """A moment of the client's own: {run, arm, case, mark, name?, verdict?, correct?}."""
        given = await _json_object(request)
        if given is None or given.get("mark") not in MARKS:
            return _refusal(f"A mark is one of {', '.join(MARKS)}.")
        line: Line = {name: given.get(name, "") for name in ("run", "arm", "case")}
        line |= {name: given[name] for name in ("mark", "name", "verdict", "correct") if name in given}
        self._completions.journal.write({**line, "t_start": round(self._completions.now(), 6)})
        return JSONResponse({"ok": True})

    async def journal(self, request: Request) -> Response:
        return _json_lines(self._completions.journal.lines(_run(request)))

    async def requests(self, request: Request) -> Response:
        return _json_lines(self._completions.journal.requests(_run(request)))

    async def summary(self, request: Request) -> Response:
        return JSONResponse(summarized(self._completions.journal.each(_run(request))))

    async def not_found(self, request: Request, error: Exception) -> Response:
        """Any other path, `/v1/responses` among them: a client that was routed wrongly."""
        made = self._completions.settings
        told = f"Invalid URL ({request.method} {request.url.path})"
        headers, body = error_answer(ErrorAnswer(404, made.quirks.style, told), {})
        run = case_key(request.path_params).run
        self._completions.journal.write(
            {"run": run, "arm": "", "case": "", "lost": told, "t_start": round(self._completions.now(), 6)}
        )
        return Response(body, 404, headers)


def _run(request: Request) -> str | None:
    return request.query_params.get("run")


async def _json_object(request: Request) -> dict[str, Any] | None:
    try:
        given = await request.json()
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _refusal(reason: str) -> Response:
    return JSONResponse({"ok": False, "error": reason}, 400)


def _json_lines(lines: list[Line]) -> Response:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return Response(text, media_type="application/x-ndjson")
