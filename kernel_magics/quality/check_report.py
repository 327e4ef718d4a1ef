"""A check report lists the outcome of every condition, with numbers and failing rows, as JSON and HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from kernel_magics.engine.errors import DataflowError, RunError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.check import CheckResult, Condition
from kernel_magics.engine.source.cover import Cover
from kernel_magics.engine.values.figures import percent
from kernel_magics.quality.page import Marked, page, table
from kernel_magics.tables.plural import plural

VERSION = 1


def check_report(
    graph: Graph,
    results: Mapping[str, CheckResult],
    errors: Sequence[DataflowError] = (),
    title: str = "",
    private: Collection[str] = (),
) -> dict[str, Any]:
    """The report as a JSON document.

    Args:
        results: of the checks that ran, by name; the graph's others are reported as not run.
        errors: all other errors.
        private: nodes of whose values the report has counts alone.
    """
    checks = [_check(graph, name, results.get(name), private) for name in _checks(graph)]
    failed = any(result.severity == "fail" and not result.held for result in results.values())
    return {
        "version": VERSION,
        "title": title,
        "ok": not failed and not errors,
        "checks": checks,
        "errors": [error_entry(error, private) for error in errors],
    }


def error_entry(error: DataflowError, private: Collection[str] = ()) -> dict[str, Any]:
    """An error as JSON; of one that nodes with private values raised, no more than that."""
    message, hint = error.message, error.hint
    if isinstance(error, RunError) and not set(private).isdisjoint(error.names):
        kind = f" ({type(error.__cause__).__name__})" if error.__cause__ is not None else ""
        message, hint = f"{quoted(error.names)} failed{kind}; the rest may tell private values.", ""
    cover = Cover()
    return {
        "code": error.code,
        "message": cover.text(message),
        "hint": cover.text(hint),
        "cells": list(error.cells),
    }


def _checks(graph: Graph) -> list[str]:
    return [name for name in graph.names() if graph.node(name).kind == "check"]


def _check(graph: Graph, name: str, result: CheckResult | None, private: Collection[str]) -> dict[str, Any]:
    node = graph.node(name)
    hidden = not set(private).isdisjoint([name, node.subject, *node.input_names])
    return {
        "name": name,
        "node": node.subject,
        "cell": node.cell,
        "severity": node.severity,
        "held": None if result is None else result.held,
        "conditions": [condition_entry(item, hidden) for item in result.conditions] if result else [],
    }


def condition_entry(item: Condition, hidden: bool = False) -> dict[str, Any]:
    """A condition as JSON; the numbers of rows are null for an outcome without rows.

    Args:
        hidden: values are left out.
    """
    rows, detail = item.failing, item.detail
    if hidden:
        rows = replace(rows, sample=()) if rows else None
        detail = rows.text() if rows else ""
    cover = Cover()
    return {
        "message": cover.text(item.message),
        "held": item.held,
        "detail": cover.text(detail),
        "failing": rows.count if rows else None,
        "rows": rows.rows if rows else None,
        "share": rows.share if rows else None,
        "sample": list(map(cover.text, rows.sample)) if rows else [],
    }


def check_page(report: Mapping[str, Any], more: str = "") -> str:
    """The report as an HTML file.

    Args:
        more: HTML to stand below.
    """
    checks = report["checks"]
    verdict = f'<p class="verdict {"good" if report["ok"] else "bad"}">{escape(verdict_text(report))}</p>'
    rows = [row for check in sorted(checks, key=_worst) for row in _rows(check)]
    headings = ["node", "condition", "", "share of rows", "numbers and rows", "check", "cell"]
    parts = [verdict, table(headings, rows)]
    if report.get("drift"):
        parts.append(
            table(["node", "column", "measure", "value", "", "drift from the baseline"], _drift(report))
        )
    if report["errors"]:
        errors = [[Marked(item["code"], "bad"), item["message"], item["hint"]] for item in report["errors"]]
        parts.append(table(["error", "", "hint"], errors))
    return page(f"Checks of {report['title'] or 'the dataflow'}", "\n".join([*parts, more]))


def verdict_text(report: Mapping[str, Any]) -> str:
    """The verdict in one line: "Failed: 1 of 2 conditions; no drift"."""
    found = [(check["severity"], item["held"]) for check in report["checks"] for item in check["conditions"]]
    broken, warned = found.count(("fail", False)), found.count(("warn", False))
    conditions = plural(len(found), "condition")
    parts = [f"{broken} of {conditions}" if broken else conditions] if found else []
    parts += [plural(warned, "warning")] if warned else []
    parts += [plural(len(report["errors"]), "error")] if report["errors"] else []
    if "drift" in report:
        shifts = sum(item["level"] != "ok" for item in report["drift"])
        parts.append(f"drift in {plural(shifts, 'measure')}" if shifts else "no drift")
    return f"{'Passed' if report['ok'] else 'Failed'}: {'; '.join(parts) or 'nothing was checked'}"


def _worst(check: Mapping[str, Any]) -> int:
    """Failures first, then warnings, then checks that did not run."""
    if any(not item["held"] for item in check["conditions"]):
        return 1 if check["severity"] == "warn" else 0
    return 3 if check["conditions"] else 2


def _drift(report: Mapping[str, Any]) -> Iterable[list[str]]:
    marks = {"ok": "good", "warn": "warn", "fail": "bad"}
    for item in report["drift"]:
        level = Marked(item["level"], marks[item["level"]])
        number = Marked(f"{item['value']:.3g}", "number")
        yield [item["node"], item["column"], item["measure"], number, level, item["text"]]


def _rows(check: Mapping[str, Any]) -> Iterable[list[str]]:
    place = [Marked(check["name"], "soft"), Marked(check["cell"], "soft")]
    if not check["conditions"]:
        yield [check["node"], Marked("not run", "soft"), "", "", "", *place]
    for item in check["conditions"]:
        broken = Marked("warning", "warn") if check["severity"] == "warn" else Marked("failed", "bad")
        verdict = Marked("held", "good") if item["held"] else broken
        share = "" if item["share"] is None else percent(item["share"])
        yield [check["node"], item["message"], verdict, Marked(share, "number"), item["detail"], *place]
