"""Small notebooks for tests: texts become documents, and marks in them become cursor positions."""

from collections.abc import Iterable

from kernel_magics.assist.document import Document, DocumentCell
from kernel_magics.assist.edit import apply
from kernel_magics.assist.place import Span
from kernel_magics.assist.problem import Problem


def book(*texts: str) -> Document:
    """A document of code cells with the ids `a`, `b` and so on; the first three ran."""
    return Document.of(
        DocumentCell(chr(ord("a") + number), "code", text, number + 1 if number < 3 else None)
        for number, text in enumerate(texts)
    )


def at(text: str) -> tuple[str, int, int]:
    """A text with `|` at the cursor: the text without it, line and column."""
    before, _, after = text.partition("|")
    return before + after, before.count("\n"), len(before.rpartition("\n")[2])


def underlined(document: Document, cell: str, piece: Span) -> list[str]:
    """The lines of a cell that a span touches, with carets below."""
    rows = document.readings[cell].rows
    shown = []
    for number in range(piece.start.line, piece.end.line + 1):
        start = piece.start.column if number == piece.start.line else 0
        end = piece.end.column if number == piece.end.line else len(rows[number])
        shown += [f"    {rows[number]}", f"    {' ' * start}{'^' * max(end - start, 1)}"]
    return shown


def told(document: Document, found: Iterable[Problem]) -> str:
    """Problems as text: message, underlined place, hint, and the cells after each fix."""
    lines: list[str] = []
    for item in found:
        lines += [f"{item.code} {item.severity} in {item.place.label}: {item.message}"]
        lines += underlined(document, item.place.cell, item.place.span)
        lines += [f"  Hint: {item.hint}"] if item.hint else []
        for fix in item.fixes:
            lines.append(f"  Fix: {fix.title} ({fix.kind})")
            after = apply(document, fix.edits)
            for cell in after.cells:
                old = document.cell(cell.id)
                if old is None or old.text != cell.text:
                    lines += [f"      {cell.id}| {row}" for row in cell.text.split("\n")]
    return "\n".join(lines)
