"""The app is a service behind HTTP: limits, errors that name the field, a log, numbers for Prometheus."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from pydantic import BaseModel, ValidationError

from kernel_magics.engine.errors import DataflowError
from kernel_magics.serve.page import page
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Reply
from kernel_magics.serve.serving import Serving

_DATA_CODES: Final = ("DB306", "DB321", "DB408")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    Attributes:
        rows: of a body.
        size: of a body in bytes.
        seconds: until an answer.
    """

    rows: int = 1000
    size: int = 4_000_000
    seconds: float = 30.0


class Refused(Exception):
    """A request that gets no outputs: its status, and what is wrong with which field."""

    def __init__(self, status: int, problems: list[dict[str, str]]) -> None:
        super().__init__(status)
        self.status, self.problems = status, problems


def make_app(serving: Serving, log: RequestLog, limits: Limits | None = None) -> FastAPI:
    """The app of a service; each request is answered by the service that was there when it came."""
    limits = limits or Limits()
    numbers = CollectorRegistry()
    requests = Counter("dagbook_requests", "Requests by status.", ["status"], registry=numbers)
    seconds = Histogram("dagbook_seconds", "Seconds for a request.", registry=numbers)
    warned = Counter("dagbook_warnings", "Warnings in answers.", registry=numbers)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    # the first route, since routes are tried in turn
    # the body is read by hand: it is refused by its size before all of it is here
    documented = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}

    @app.post("/predict", openapi_extra=documented, responses=_RESPONSES)
    async def predict(request: Request) -> Response:
        """The outputs for one row or many."""
        started, id, served = time.perf_counter(), uuid.uuid4().hex, serving.now
        digest = served.envelope.digest
        entry: dict[str, Any] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "id": id}
        entry |= {"digest": digest, "status": 200}
        answer: dict[str, Any] = {"digest": digest, "request_id": id}
        try:
            async with asyncio.timeout(limits.seconds):
                given = _checked(served.model, await _body(request, limits.size))
                entry["inputs"] = given
                reply: Reply = await asyncio.get_running_loop().run_in_executor(
                    serving.worker, lambda: served.service.answer(**given)
                )
            answer |= {"outputs": reply.outputs, "warnings": reply.warnings}
            entry |= {"outputs": reply.outputs, "warnings": reply.warnings, "failed": reply.failed}
            warned.inc(len(reply.warnings))
        except Refused as refused:
            entry |= {"status": refused.status, "errors": refused.problems}
        except TimeoutError:
            entry |= {
                "status": 504,
                "errors": [{"field": "", "message": f"no answer in {limits.seconds:g} s"}],
            }
        except DataflowError as error:
            entry |= _failed(error)
        except Exception as error:
            entry |= {
                "status": 500,
                "errors": [{"field": "", "message": "a node failed"}],
                "trace": _trace(error),
            }
        status = entry["status"]
        if status != 200:
            answer["errors"] = entry["errors"]
        entry["seconds"] = round(time.perf_counter() - started, 6)
        log.write(entry)
        requests.labels(str(status)).inc()
        seconds.observe(entry["seconds"])
        return JSONResponse(answer, status)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        """Requests are answered, by the envelope with this digest."""
        problem = {"problem": serving.problem} if serving.problem else {}
        return {"status": "ready", "digest": serving.now.envelope.digest, **problem}

    @app.get("/schema")
    async def schema() -> dict[str, Any]:
        """Inputs, params and outputs."""
        return serving.now.envelope.schema

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Numbers for Prometheus."""
        return Response(generate_latest(numbers), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", response_class=HTMLResponse)
    async def index() -> HTMLResponse:
        """A page to try a request."""
        return HTMLResponse(page(serving.now.envelope))

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> dict[str, Any]:
        """The description of this interface, with the body that is taken now."""
        envelope = serving.now.envelope
        document = get_openapi(title=envelope.name, version=envelope.digest[:12], routes=app.routes)
        body = document["paths"]["/predict"]["post"]["requestBody"]
        body["content"]["application/json"]["schema"] = serving.body_schema()
        return document

    return app


_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    413: {"description": "the body is too large"},
    422: {"description": "a field is wrong, which is named"},
    500: {"description": "a node failed; the log has the traceback under the request's id"},
    504: {"description": "the answer took too long"},
}


async def _body(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Refused(413, [{"field": "", "message": f"the body has more than {most} bytes"}])
        parts.append(part)
    return b"".join(parts)


def _checked(model: type[BaseModel], body: bytes) -> dict[str, Any]:
    """The body as the model has it: one row, a list of rows, or an object with `rows`, `inputs`, `params`."""
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(422, [{"field": "", "message": f"the body is no JSON: {error}"}]) from None
    fields = model.model_fields
    if "rows" in fields:
        if isinstance(data, list):
            data = {"rows": data}
        elif isinstance(data, dict) and not data.keys() & fields.keys():
            data = {"rows": [data]}
    try:
        return model.model_validate(data).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        problems = [
            {"field": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()[:20]
        ]
        raise Refused(422, problems) from None


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON; write null for a gap")


def _failed(error: DataflowError) -> dict[str, Any]:
    if error.code in _DATA_CODES:
        return {"status": 422, "errors": [{"field": "", "message": error.message}]}
    return {
        "status": 500,
        "errors": [{"field": "", "message": "a node failed"}],
        "trace": "\n".join([*error.lines(), _trace(error)]),
    }


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
