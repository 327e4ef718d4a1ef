"""Renaming gives a name of the dataflow another name wherever it is referred to, and changes nothing else."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.assist.alpha import changed_cell, derived_names, same_code
from kernel_magics.assist.document import Document
from kernel_magics.assist.edit import Edit, Replace, apply
from kernel_magics.assist.marks import Mark
from kernel_magics.assist.place import Place, Span, span
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.template import Family, family_of, fitted
from kernel_magics.assist.uses import is_meant
from kernel_magics.assist.words import bare, siblings
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.engine.source.names import builtin_names


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that is not renamed, and why."""

    place: Place
    message: str

    def to_json(self) -> dict[str, Any]:
        """`{"cell", "label", "start", "end", "message"}`."""
        head = {"cell": self.place.cell, "label": self.place.label}
        return {**head, **self.place.span.to_json(), "message": self.message}


@dataclass(frozen=True, slots=True)
class Renaming:
    """The edits of a renaming.

    Attributes:
        names: every name that changes with its new one: members of a family, checks and joint values, too.
        conflicts: places that are not renamed, because their code cannot be parsed now.
    """

    old: str
    new: str
    names: Mapping[str, str]
    edits: tuple[Edit, ...]
    conflicts: tuple[Conflict, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"old", "new", "names", "edits", "conflicts"}`."""
        return {
            "old": self.old,
            "new": self.new,
            "names": dict(self.names),
            "edits": [edit.to_json() for edit in self.edits],
            "conflicts": [item.to_json() for item in self.conflicts],
        }


@quietly()
def rename(document: Document, old: str, new: str) -> Renaming:
    """Rename a node, an input, a param, a family (by its template) or a name of the setup everywhere.

    Raises:
        DataflowError: DB207 when the new name is not allowed; DB308 or DB203 when `old` is not defined.
    """
    family = family_of(document, old)
    if family is None and not document.known(old):
        raise document.shown(unknown_name(document.graph, old))
    names = family.renamed(new) if family is not None else {old: new}
    _refuse_name(document, old, new, names, family)
    for _ in range(2):  # a second time for readers of a name that is derived from this one
        edits = tuple(_edits(document, names, family, new))
        after = apply(document, edits)
        derived = derived_names(document, after)
        more = {name: to for name, to in derived.items() if name not in names and _is_read(document, name)}
        if not more:
            break
        names = {**names, **more}
    changed = {edit.cell for edit in edits}
    for id in changed:
        if document.readings[id].error is None and not same_code(document.readings[id], after.readings[id]):
            raise _refusal(
                document, old, new, f"cell {document.label(id)} uses '{new}' for something else", [id]
            )
    meant = changed_cell(document, after, {**names, **derived})
    if meant is not None:
        raise _refusal(document, old, new, f"cell {document.label(meant)} would mean something else", [meant])
    return Renaming(old, new, {**names, **derived}, edits, tuple(_conflicts(document, old, edits)))


# --- what must not be


def _refusal(
    document: Document,
    old: str,
    new: str,
    why: str,
    ids: Sequence[str] = (),
    hint: str = "choose another name.",
) -> LinkError:
    said = f"'{old}' cannot be renamed to '{new}': {why}."
    return LinkError("DB207", said, hint=hint, names=[old, new], concerns=map(document.ref, ids))


def _refuse_name(
    document: Document, old: str, new: str, names: Mapping[str, str], family: Family | None
) -> None:
    """Refuse a new name that has another meaning in Python or the notebook."""
    if old == new:
        raise _refusal(document, old, new, "it has that name")
    homes = document.defined.get(old, ())
    apart = [id for id in homes if id in document.draft.refused]
    if apart and len(homes) > 1:
        raise _refusal(
            document, old, new, "two cells define it", homes, "rename one of them in its cell first."
        )
    if family is None and any(_is_import(document.readings[id], old) for id in document.readings):
        hint = f"give it another one there: `{old} as …`."
        raise _refusal(document, old, new, "an import brings it under that name", (), hint)
    template = next((item.template for item in _families(document) if old in item.members), "")
    if family is None and template:
        raise _refusal(document, old, new, "it is one of a family", homes, f"rename '{template}'.")
    if family is not None and not family.fits(new):
        why = "a family's name holds its loop variables in braces"
        raise _refusal(document, old, new, why, (), "write them as in the old name.")
    for name in names.values() if family is None else [bare(new), *(names[each] for each in family.members)]:
        _refuse_word(document, old, new, name, old in document.shared)
    if family is not None:
        return
    for reading in document.readings.values():
        for mark in reading.marks:
            if "{" in mark.text and old in mark.names:
                why = f"cell {document.label(reading.id)} reads it as one of '{mark.text}'"
                raise _refusal(document, old, new, why, [reading.id])


def _refuse_word(document: Document, old: str, new: str, name: str, shared: bool) -> None:
    if not name.isidentifier():
        raise _refusal(document, old, new, f"'{name}' is no name" if name != new else "that is no name")
    if keyword.iskeyword(name) or name in builtin_names():
        kind = "a Python keyword" if keyword.iskeyword(name) else "a builtin"
        raise _refusal(document, old, new, f"'{name}' is {kind}" if name != new else f"that is {kind}")
    if name.startswith("_") and not shared:
        raise _refusal(document, old, new, "names that begin with '_' are private")
    ids = [*document.defined.get(name, ())] or [
        id for id in [document.graph.owners.get(name, "")] if id in document.readings
    ]
    if ids or document.known(name):
        place = f"cell {document.label(ids[0])}" if ids else "the setup"
        raise _refusal(document, old, new, f"{place} defines '{name}'", ids)
    if name in document.variables:
        id = document.variables[name].cell
        raise _refusal(document, old, new, f"cell {document.label(id)} assigns a variable '{name}'", [id])
    for reading in document.readings.values():
        if any(mark.text == name and mark.role != "keyword" for mark in reading.marks):
            why = f"cell {document.label(reading.id)} reads another '{name}'"
            raise _refusal(document, old, new, why, [reading.id])


def _is_import(reading: Reading, name: str) -> bool:
    return any(mark.role == "import" and mark.text == name for mark in reading.marks)


def _families(document: Document) -> Iterator[Family]:
    for reading in document.readings.values():
        for name in reading.options.names:
            family = family_of(document, name) if "{" in name else None
            if family is not None:
                yield family


def _is_read(document: Document, name: str) -> bool:
    return any(mark.text == name for reading in document.readings.values() for mark in reading.marks)


# --- what changes


def _edits(
    document: Document, names: Mapping[str, str], family: Family | None, new: str
) -> Iterator[Replace]:
    for reading in document.readings.values():
        for mark in reading.marks:
            if not is_meant(document, reading, mark):
                continue
            text = names.get(mark.text) if mark.text in mark.names else None
            if text is None and family is not None:
                text = _of_family(reading, mark, family, new)
            if text is not None:
                yield Replace(reading.id, mark.span, text)


def _of_family(reading: Reading, mark: Mark, family: Family, new: str) -> str | None:
    """The new text of a template, or of its alias in a body; None if it does not belong to this family."""
    own = [name for name in reading.options.names if name == family.template]
    near = [word.text for word, _ in siblings(reading.rows[reading.head]) if not word.option]
    for template in [*own, *near, mark.text]:
        moved = fitted(template, family.template, new)
        if moved is not None and mark.text in (template, bare(template)):
            return moved if mark.text == template else bare(moved)
    return None


def _conflicts(document: Document, old: str, edits: tuple[Replace, ...]) -> Iterator[Conflict]:
    """The places of the name in code that cannot be parsed."""
    word = re.compile(rf"(?<![\w.]){re.escape(old)}(?!\w)")
    for reading in document.readings.values():
        if reading.kind != "code" or not _is_broken(reading):
            continue
        known = {edit.span for edit in edits if edit.cell == reading.id}
        for where in _words(reading, word):
            if where not in known:
                place = document.spot(reading.id, old, where, "read")
                yield Conflict(place, f"cell {place.label} is not valid Python; look at '{old}' yourself.")


def _words(reading: Reading, word: re.Pattern[str]) -> Iterator[Span]:
    for number, row in enumerate(reading.rows):
        for match in word.finditer(row):
            yield span(number, *match.span())


def _is_broken(reading: Reading) -> bool:
    return reading.error is not None or (reading.source is None and reading.ordinary.broken)
