"""Serving is what answers now: a service, the model of its requests, and the one thread that runs nodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.serve.model import request_model
from kernel_magics.serve.service import Service


@dataclass(frozen=True, slots=True)
class Served:
    """A service with the model of its requests: a request is read and answered by one of them."""

    service: Service
    model: type[BaseModel]

    @property
    def envelope(self) -> Envelope:
        """The envelope that answers."""
        return self.service.envelope


class Serving:
    """The service that answers requests now.

    Attributes:
        now: read it once for a request.
        problem: why the envelope that should answer does not; "" for none.
    """

    def __init__(self, service: Service, rows: int) -> None:
        self._rows = rows
        self.worker = ThreadPoolExecutor(1, "dagbook-serve")  # nodes need not be safe in several threads
        self.problem = ""
        self.now = self._made(service)

    def exchange(self, service: Service) -> None:
        """Let another service answer the requests that come from now on."""
        made = self._made(service)
        self.problem, self.now = "", made

    def _made(self, service: Service) -> Served:
        made = Served(service, request_model(service.envelope, self._rows))
        self.worker.submit(service.warm).result()
        return made

    def body_schema(self) -> dict[str, Any]:
        """The JSON schema of a body, whole: without references into the document.

        Where rows are all that a request needs, a list of rows is a body, too, and so is one row, unless it
        has a field such as "rows".
        """
        schema = self.now.model.model_json_schema()
        parts = schema.pop("$defs", {})

        def whole(node: Any) -> Any:
            if isinstance(node, dict):
                name = str(node.get("$ref", "")).rpartition("/")[2]
                return whole(parts[name]) if name else {key: whole(value) for key, value in node.items()}
            return [whole(value) for value in node] if isinstance(node, list) else node

        found: dict[str, Any] = whole(schema)
        if found.get("required") != ["rows"]:
            return found
        rows = found["properties"]["rows"]
        alone = rows["items"].get("properties", {}).keys().isdisjoint(found["properties"])
        return {"anyOf": [found, rows, *([rows["items"]] if alone else [])]}
