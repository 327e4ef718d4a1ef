"""What is private in an export: the marks, and texts of samples that no file may contain because of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import ExportError, did_you_mean
from kernel_magics.engine.graph.private import UNMARKED, Marks
from kernel_magics.engine.source.secrets import named_texts
from kernel_magics.export.examples.examples import Examples, read_document
from kernel_magics.tables.schema import Column, Schema

_LONG: Final = 6  # characters from which a text is distinctive
_MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Private:
    """The marks of an export, and the texts that are private because of them.

    Attributes:
        texts: texts of the samples that are long enough to be told from others.
    """

    marks: Marks = UNMARKED
    texts: frozenset[str] = frozenset()

    @staticmethod
    def of(marks: Marks, values: Mapping[str, Any]) -> Private:
        """What is private in the values of inputs.

        Raises:
            ExportError: DB512 for a name that no input has: a typing error would write private data.
        """
        if not marks:
            return NOTHING
        from kernel_magics.export.examples.fakes import labels, scalars  # noqa: PLC0415 - imports pandas

        known = {label for value in values.values() for label in labels(value)}
        for name, cell in marks.cells:
            if name in marks.columns and name not in known:
                raise ExportError(
                    "DB512",
                    (f"'{name}' is marked as private", cell.on(), ", but no input has such a column."),
                    hint=did_you_mean(name, sorted(known)) or "name an input, or a column of a sample.",
                    names=[name],
                )
        found = {
            scalar
            for name, value in values.items()
            for scalar in scalars(value, marks.columns, name in marks.inputs)
        }
        return Private(
            marks, frozenset(text for text in found if isinstance(text, str) and len(text) >= _LONG)
        )

    @property
    def names(self) -> frozenset[str]:
        """The marked names."""
        return self.marks.inputs | self.marks.columns

    def disguised(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of inputs with fakes in place of what is private.

        Raises:
            Unsupported: no fake is known of a type.
        """
        if not self.marks:
            return dict(values)
        from kernel_magics.export.examples.fakes import Fakes, Swap  # noqa: PLC0415 - imports pandas

        swap = Swap(self.marks.columns, Fakes(self.texts))
        return {name: swap.value(value, name in self.marks.inputs) for name, value in values.items()}

    def without(self, examples: Examples) -> Examples:
        """The recorded examples without private parts; others were recorded before the parts were marked."""
        if not self.texts:
            return examples
        bad = {label for label, record in examples.values.items() if self._holds(record)}
        for label, call in examples.calls.items():  # each is given what stands before it
            bad |= {label} if bad & set(call["given"].values()) else set()
        nodes = {
            name: node
            for name, node in examples.nodes.items()
            if not any(self._holds(case) or bad & set(case["given"].values()) for case in node["cases"])
        }
        return replace(examples, nodes=nodes)

    def _holds(self, record: Any) -> bool:
        return any(text in self.texts for _, text in named_texts(record))

    def schema(self, name: str, schema: Schema) -> Schema:
        """The schema of an input without the members of private categories."""
        if not self.marks or schema.columns is None:
            return schema
        whole = name in self.marks.inputs
        columns, index = (
            tuple(_unlisted(part) if whole or part.name in self.marks.columns else part for part in parts)
            for parts in (schema.columns, schema.index)
        )
        return replace(schema, columns=columns, index=index)

    def refuse_leaks(self, files: Mapping[Path, str], module: Path) -> list[str]:
        """Look for private texts in what is to be written.

        Returns:
            notes about private texts that the code itself holds.

        Raises:
            ExportError: DB513 for any other.
        """
        code = files.get(module, "")
        written = {text for text in self.texts if text in code} if len(self.texts) <= _MANY else set()
        for path, text in files.items():
            if path.suffix == ".json":
                for name, part in named_texts(read_document(text)):
                    if part in self.texts and part not in written:
                        raise ExportError(
                            "DB513",
                            f"'{path.name}' would hold a private value{f' as {name!r}' if name else ''}.",
                            hint="mark the column it comes from as private, too, or record anew with "
                            "--refresh-examples.",
                        )
        return [f"'{module.name}' holds private values as literals of its code."] if written else []


NOTHING: Final = Private()


def _unlisted(column: Column) -> Column:
    """A column of categories as one of the members' type: its members are values."""
    if not column.members or column.of is None:
        return column
    return replace(column.of, name=column.name, gap=column.gap)
