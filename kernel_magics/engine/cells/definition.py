"""A definition is what a cell defines under one name, before names are linked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kernel_magics.engine.cells.injection import Injection
from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.hazards import Rebound
from kernel_magics.engine.source.mapped import MappedSource, on_line

Kind = Literal["input", "param", "value", "check"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a function that the user wrote as a `def`.

    Attributes:
        optional: it has a default.
        hint: source of its annotation.
        default: source of its default.
    """

    name: str
    optional: bool = False
    keyword_only: bool = False
    hint: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Source that can be compiled once its inputs are known.

    Attributes:
        name: the function's name.
        text: a whole `def`, or for a bare body its indented lines.
        bare: True when `text` is a body whose header depends on which free names are inputs.
        params: the parameters of a `def`.
        reads: names looked up outside, in order: for a bare body inputs or globals, for a `def` globals.
        is_async: the function is `async def`.
        rebound: names that a bare body both reads and assigns, so that the setup cannot supply them.
    """

    name: str
    text: MappedSource
    bare: bool
    params: tuple[Param, ...] = ()
    reads: tuple[str, ...] = ()
    is_async: bool = False
    rebound: tuple[Rebound, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a family.

    Attributes:
        bindings: the values of the loop variables.
        renames: the names of siblings that it reads, by the names that the shared body uses for them.
    """

    bindings: Mapping[str, object]
    renames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """One input, param, node or check as its cell defines it.

    Attributes:
        name: the node's name.
        kind: input, param, value or check.
        code: its function; None for inputs and params.
        member: set when `code` is the shared function of a family.
        doc: docstring or leading comment.
        hint: the declared type.
        value: source of a param's default or an input's sample ("" when it is not one expression).
        reads: for inputs and params, the names that the declaration looks up.
        tags: free keys and values of the cell's line.
        when: the values of params for which this variant exists; () for a node without variants.
        cache: where its value is kept: memory, disk or off; "" for the session's default.
        lazy: it is computed only on request.
        fitted: its value is learnt from data once, and ships with an envelope.
        future: why it may read rows after its own time; None where it may not.
        severity: of a check, whether it fails or warns; None for other nodes.
        subject: the node whose value a check tests.
        own_defaults: of a param, its readers have different defaults and use them unless a value is given.
        family: the template of the family's names, such as `lag_{k}` ("" for other nodes).
        line: line of the cell, counted as in `MappedSource.lines`.
    """

    name: str
    kind: Kind
    line: int
    code: Code | None = None
    member: Member | None = None
    doc: str = ""
    hint: str = ""
    value: str = ""
    reads: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    when: tuple[tuple[str, object], ...] = ()
    cache: str = ""
    lazy: bool = False
    fitted: bool = False
    future: str | None = None
    severity: Literal["fail", "warn"] | None = None
    subject: str = ""
    own_defaults: bool = False
    family: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A parsed cell.

    Attributes:
        definitions: its nodes, in order.
        helpers: private functions shared by the cell's nodes.
        line: the rest of the magic's line.
        group: the markdown heading above the cell.
        test: for test cells, the body.
        given: every option of the magic's line with the values it was given; see `Options`.
        constants: names of the setup whose values its families have; `filled` are those values. Without
            them the cell has no definitions yet.
        decorated: names with which decorators of its functions begin; `modifiers` are those of Apache
            Hamilton among them, with what they mean there.
        subject: of a check or test cell, the node on its line.
        statements: for setup cells, what they hold.
        changes: (line, name) of each in-place change of a value that a node's code reads from outside.
        first: the number of the body's first line, as in `CellSource`; 1 for a module's file.
        injected: for params cells, the values that its params take in place of their defaults.
    """

    id: str
    label: str
    magic: str
    body: str
    line: str = ""
    group: str = ""
    definitions: tuple[Definition, ...] = ()
    helpers: tuple[Code, ...] = ()
    test: Code | None = None
    subject: str = ""
    first: int = 1
    injected: Mapping[str, Injection] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    changes: tuple[tuple[int, str], ...] = ()
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    filled: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    decorated: tuple[str, ...] = ()
    modifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> CellRef:
        """The cell's id and label, for messages."""
        return CellRef(self.id, self.label)

    @property
    def source(self) -> CellSource:
        """The cell as it was written, to read it again; without the values that its params take."""
        return CellSource(self.id, self.label, self.magic, self.line, self.body, self.group, self.first)

    @property
    def placed(self) -> str:
        """The body below empty lines, so that its line numbers are those that an editor shows."""
        return on_line(self.body, self.first)

    @property
    def checked(self) -> frozenset[str]:
        """The nodes whose values it tests."""
        return frozenset(item.subject for item in self.definitions if item.kind == "check")
