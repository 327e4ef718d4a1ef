"""Writing converts a piece to the text of a cell, with the names of its versions."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from kernel_magics.convert.changing import COPYABLE, FRAMES, SHARING, deep, fits
from kernel_magics.convert.ipython import measured
from kernel_magics.convert.kinds import assigned_value, dotted, prints
from kernel_magics.convert.naming import Naming
from kernel_magics.convert.pieces import FLOW, Piece
from kernel_magics.convert.rename import Names, renamed
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.versions import Version
from kernel_magics.engine.source.blocks import block_of
from kernel_magics.engine.source.tree import FunctionOrClass
from kernel_magics.engine.span import Span, replaced, span_of

_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_SIMPLE = ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.List | ast.Tuple | ast.Dict


class Unwritable(Exception):
    """A statement cannot be rewritten; `args` are its number and the names that should change."""


class Writer:
    """Writes pieces; records whether any body needs `copy`."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self.chains = naming.roles.chains
        self.copies = False

    def cell(self, piece: Piece) -> str:
        """The whole text of the cell.

        Raises:
            Unwritable: a statement of it cannot be changed.
        """
        body = self._body(piece)
        if piece.role not in FLOW:
            body = self._hushed(piece, body)
            wrapper = self.chains.statements[piece.statements[0]].wrapper
            return f"{wrapper}\n{body}" if wrapper else body
        names = [self.naming.labels[version] for version in self.naming.outputs[piece]]
        if piece.role != "node":
            return f"%%{piece.role}\n{body}"
        last = self.chains.statements[piece.statements[-1]].tree
        if len(names) == 1 and isinstance(last, ast.Expr | ast.FunctionDef | ast.ClassDef):
            body += f"\n{names[0]}"
        return f"%%node {', '.join(names)}\n{body}"

    def _hushed(self, piece: Piece, body: str) -> str:
        """The body with `;` behind an expression that ends it, where the cell went on and displayed none."""
        statements, last = self.chains.statements, piece.statements[-1]
        goes_on = last + 1 < len(statements) and self.chains.cell(last + 1) == piece.cell
        tree = statements[last].tree
        if not goes_on or not isinstance(tree, ast.Expr) or prints(tree):
            return body
        text = self._text(last)
        text = text[len(_comment(text)) :]  # what is above it may be IPython's own syntax
        rows, own = text.split("\n"), block_of(text).node
        end = span_of(own, rows).end
        if rows[end.line][end.column :].lstrip().startswith(";"):
            return body
        return body.removesuffix(text) + replaced(text, [(Span(end, end), ";")])

    def setup(self, numbers: Sequence[int]) -> str:
        """The body of the setup: imports first, functions apart."""
        groups: tuple[list[str], list[str], list[str]] = ([], [], [])
        for number in numbers:
            kind = self.chains.kinds[number]
            tree = self.chains.statements[number].tree
            defines = isinstance(tree, FunctionOrClass)
            groups[0 if kind == "import" else 2 if defines else 1].append(self._text(number))
        if self.copies:
            groups[0].insert(0, "import copy")
        imports, values, functions = groups
        parts = ["\n".join(dict.fromkeys(imports)), "\n".join(values)]
        text = "\n\n".join(part for part in parts if part)
        return "\n\n\n".join(part for part in [text, *functions] if part)

    def unchanged(self, number: int) -> bool:
        """True when a statement of ordinary code stays as it is."""
        labels, statement = self.naming.labels, self.chains.statements[number]
        used = {name: version for name, version in self.chains.uses[number].items() if version}
        named = {**used, **self.chains.makes[number]}
        copies = [
            version
            for version in self.chains.makes[number].values()
            if version.before is not None and labels[version.before] != labels[version]
        ]
        same = all(labels.get(version, name) == name for name, version in [*used.items(), *named.items()])
        return same and not copies and statement.text is not None

    def unchanging(self, number: int) -> str | None:
        """The text of a statement that changes values in place, with the names that these have before it."""
        labels = self.naming.labels
        used = self.chains.uses[number].items()
        loads = {name: labels.get(version, name) for name, version in used if version is not None}
        text = self.chains.statements[number].text
        return renamed(text[len(_comment(text)) :], Names(loads, {}))

    # -- statements ----------------------------------------------------------------------------------------

    def _body(self, piece: Piece) -> str:
        rows: list[str] = []
        known = set(piece.statements)
        previous = -1
        for number in piece.statements:
            text = self._text(number)
            above = self._above(number, piece, known)
            comment = _comment(text) if above else ""
            if comment:
                text = text[len(comment) :]
            if rows and self._gap(previous, number):
                rows.append("")
            rows += [comment.rstrip("\n")] if comment else []
            rows += [*above, text]
            previous = number
        return "\n".join(rows)

    def _gap(self, before: int, number: int) -> bool:
        """True when an empty line belongs between two statements."""
        return self.chains.statements[number].spaced and before == number - 1

    def _above(self, number: int, piece: Piece, known: set[int]) -> list[str]:
        """Lines that make a new version from one that another cell computes."""
        rows = []
        for name, version in self.chains.makes[number].items():
            before = version.before
            if before is None:
                continue
            old, new = self.naming.labels[before], self.naming.labels[version]
            if before.statement in known and old == new:
                continue
            statement = self.chains.statements[number]
            if (version.changed or _adds(statement, name)) and (old != new or piece.role == "node"):
                rows.append(f"{new} = {self._copied(statement, name, old)}")
            elif old != new:
                rows.append(f"{new} = {old}")
        return rows

    def _copied(self, statement: Statement, name: str, old: str) -> str:
        tree, kind = statement.tree, statement.types.get(name, "")
        kind = kind or self._table(self.chains.makes[statement.number].get(name))
        shallow = kind in COPYABLE if kind else tree is not None and not fits(tree, name)
        if tree is not None and shallow and not (deep(tree, name) and kind not in FRAMES):
            return f"{old}.copy(deep=False)" if kind in SHARING else f"{old}.copy()"
        self.copies = True
        return f"copy.deepcopy({old})"

    def _table(self, version: Version | None) -> str:
        """The type of a table that the text shows, where no run told it; "" where it shows none."""
        while version is not None and version.changed:
            version = version.before
        value = assigned_value(self.chains.statements[version.statement].tree) if version else None
        made = dotted(value.func, self.chains.origins) if isinstance(value, ast.Call) else ""
        return "DataFrame" if made in ("pandas.DataFrame", "pandas.read_csv", "pandas.read_parquet") else ""

    def _text(self, number: int) -> str:
        """One statement with its new names."""
        statement = self.chains.statements[number]
        if statement.tree is None:
            return self._measured(number)
        labels = self.naming.labels
        loads = {
            name: labels.get(version, name) for name, version in self.chains.uses[number].items() if version
        }
        for name, versions in self.chains.called.get(number, {}).items():
            if versions and versions[-1] is not None:
                loads[name] = labels[versions[-1]]
        stores = {name: labels[version] for name, version in self.chains.makes[number].items()}
        for name, version in self.chains.makes[number].items():
            if version.before is not None or name not in loads:
                loads[name] = stores[name]
        text = statement.text
        added = self._added(statement.tree, text, loads, stores)
        if added is not None:
            text = added
        names = Names(loads, stores)
        if fixed := [name for name in statement.by_text if loads.get(name, name) != name]:
            raise Unwritable(number, fixed)
        found = renamed(text, names)
        if found is None:
            raise Unwritable(number, names.changing)
        return found

    def _measured(self, number: int) -> str:
        """IPython's own syntax, with new names in the code that it measures."""
        text, labels = self.chains.statements[number].text, self.naming.labels
        found = measured(text)
        used = self.chains.uses[number].items()
        names = Names({name: labels.get(version, name) for name, version in used if version}, {})
        return found[0] + (renamed(found[1], names) or found[1]) if found else text

    def _added(self, tree: ast.stmt, text: str, loads: dict[str, str], stores: dict[str, str]) -> str | None:
        """`x += y` as `x = x + y` if the two have different names; None for any other statement."""
        if not isinstance(tree, ast.AugAssign) or not isinstance(tree.target, ast.Name):
            return None
        name = tree.target.id
        if loads.get(name, name) == stores.get(name, name):
            return None
        sign = _SIGNS[type(tree.op)]
        row = re.escape(name) + r"\s*" + re.escape(sign) + r"=\s*"
        own = block_of(text)
        value = own.node.value  # type: ignore[attr-defined]
        source = own.segment(value)
        wrapped = source if isinstance(value, _SIMPLE) else f"({source})"
        match = re.search(rf"^{row}", text, re.MULTILINE)
        if match is None:
            return None
        return (
            f"{text[: match.start()]}{name} = {name} {sign} {text[match.end() :].replace(source, wrapped, 1)}"
        )


def _adds(statement: Statement, name: str) -> bool:
    """True when `name += …` inside a loop would change a value of another cell."""
    return statement.types.get(name) in COPYABLE and any(
        isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) and part.target.id == name
        for part in (ast.walk(statement.tree) if statement.tree else ())
    )


def _comment(text: str) -> str:
    """The comment lines above a statement."""
    rows = text.split("\n")
    count = 0
    while count < len(rows) and (rows[count].startswith("#") or not rows[count].strip()):
        count += 1
    return "".join(f"{row}\n" for row in rows[:count])
