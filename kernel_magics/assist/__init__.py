"""Assistance while a notebook is written: all follows from the texts of its cells, and nothing runs.

Everything here is pure: a `Document` is the notebook as it stands on the screen, and functions ask about it.
Their results have `to_json()`; keys are never left out, what does not apply is "", [], {} or null.

Position   {"line", "column"}: from 0, within the whole text of the cell, the magic's line included. Columns
           count code points, not UTF-16 units. `start` and `end` are positions, `end` excluded.
label      `[4]` for a cell that ran (its execution count), `#7` for the seventh cell when it has not.
Edit       {"kind": "replace", "cell", "start", "end", "text"}, of the text before any edit of the list, or
           {"kind": "insert", "cell", "where": "before" | "after", "type": "code", "text"}, a new cell.
Place      {"name", "cell", "label", "start", "end", "role"}; role: definition, read, write, parameter,
           keyword (of a call in a test), line (of a magic), query (`@name`), ordinary.
Ref        {"name", "kind", "cell", "label"}; kind: input, param, value, check, setup, "" when undefined.

DocumentCell.from_json   {"id", "kind": "code" | "markdown", "text", "count": number | null}
problems     [{"code", "severity": "error" | "warning" | "info", "message", "hint", "name", "cell", "label",
             "start", "end", "cells": [id], "fixes": [Fix]}]
Fix          {"title", "kind": "rename" | "inputs" | "params" | "setup" | "parameter" | "delete",
             "edits": [Edit], "cursor": {"cell", "start", "end"} | null}: what to select after the edits, in
             the text as it is then; cell "" is the cell that was inserted.
complete     {"start", "end", "items": [{"text", "kind", "type", "doc", "cell", "label"}]}, best first; kind:
             input, param, value, setup, option, choice, magic.
inspect      null | {"name", "kind", "signature", "type", "doc", "start", "end", "defined": [Place],
             "inputs": [Ref], "consumers": [Ref], "checks": [{"name", "severity": "fail" | "warn", "cell",
             "label", "conditions": [text]}], "tests": [Place], "seen": {}, "markdown"}
definition, name_at   null | Place
uses         [Place]
rename       {"old", "new", "names": {old: new}, "edits": [Edit],
             "conflicts": [{"cell", "label", "start", "end", "message"}]}: conflicts are places left alone,
             because their code cannot be parsed now. Raises DataflowError: DB207 when it must not be done,
             DB308 or DB203 for a name that nothing defines.
needs        [id], in the order in which to run them
"""

from kernel_magics.assist.complete import Completion, Completions, complete
from kernel_magics.assist.document import Document, DocumentCell
from kernel_magics.assist.edit import Edit, Insert, Replace, apply
from kernel_magics.assist.hover import Hover, inspect
from kernel_magics.assist.needs import needs
from kernel_magics.assist.place import Place, Position, Span
from kernel_magics.assist.problem import Fix, Problem
from kernel_magics.assist.problems import problems
from kernel_magics.assist.rename import Conflict, Renaming, rename
from kernel_magics.assist.uses import definition, name_at, uses

__all__ = [
    "Completion",
    "Completions",
    "Conflict",
    "Document",
    "DocumentCell",
    "Edit",
    "Fix",
    "Hover",
    "Insert",
    "Place",
    "Position",
    "Problem",
    "Renaming",
    "Replace",
    "Span",
    "apply",
    "complete",
    "definition",
    "inspect",
    "name_at",
    "needs",
    "problems",
    "rename",
    "uses",
]
