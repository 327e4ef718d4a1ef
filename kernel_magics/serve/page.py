"""The page of a service shows inputs and outputs, and has a form to try a request; it loads nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kernel_magics.envelope.envelope import Envelope

_PAGE: Final = Path(__file__).with_name("page.html")


def page(envelope: Envelope) -> str:
    """The page as HTML."""
    record = envelope.record
    path = envelope.path / "example.json"
    example = json.loads(path.read_text(encoding="utf-8"))["request"] if path.is_file() else {}
    needed = [item for item in record["inputs"] if item["needed"]]
    parts = [("Inputs", needed), ("Params", record["params"]), ("Outputs", record["outputs"])]
    return _PAGE.read_text(encoding="utf-8").format(
        name=html.escape(envelope.name),
        digest=envelope.digest[:12],
        source=html.escape(record["source"]["notebook"] or "a notebook"),
        tables="".join(_table(title, items) for title, items in parts),
        example=html.escape(json.dumps(example, indent=1, ensure_ascii=False)),
    )


def _table(title: str, items: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th><code>{html.escape(item['name'])}</code><td><code>{html.escape(item['type'])}</code>"
        f"<td>{html.escape(item['doc'])}</tr>{_columns(item.get('schema'))}"
        for item in items
    )
    return f"<h2>{title}</h2><table>{rows}</table>" if rows else ""


def _columns(schema: Mapping[str, Any] | None) -> str:
    columns = (schema or {}).get("columns") or []
    return "".join(
        f"<tr><td class='soft'>{html.escape(str(column.get('name')))}<td class='soft'>"
        f"{html.escape(str(column.get('dtype', '')))}<td></tr>"
        for column in columns
        if column.get("name") is not None
    )
