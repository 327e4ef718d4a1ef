"""Options are the parsed line of a cell magic: names, families, variants, tags."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from kernel_magics.engine.cells.family import (
    Unreadable,
    literal,
    members,
    name_of_setup,
    split_loop,
    values_of,
)
from kernel_magics.engine.errors import CellError, did_you_mean
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.choice import Except
from kernel_magics.engine.source.grammar import OUTER_MAGICS, Option, magic, once_magics
from kernel_magics.engine.source.tree import is_literal

Constants = Mapping[str, Sequence[object]]
"""The values of names of the setup that hold a literal list, tuple, dict or range."""


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed line of a cell magic.

    Attributes:
        names: the names or name templates, in order.
        families: one mapping of loop variables for each member (a single empty one when there is no `--for`;
            none while a constant is not known).
        constants: the names of the setup whose values the loops have.
        when: (param, value) pairs that must hold.
        tags: free key-value pairs.
        checks: shorthands of checks, and `warnings` those that only warn; see `shorthand.py`.
        uses: templates of sibling members by the name the body reads them under.
        sql: the body is one SELECT; see `source/select.py`.
        fitted: its value is learnt from data once, and ships with an envelope.
        future: why its nodes may read rows after their own time; None where they may not.
        cache: where the value is kept: memory, disk or off; "" for the session's default.
        given: every option of the line with its values, in order; () for an option without a value.
    """

    names: tuple[str, ...] = ()
    families: tuple[Mapping[str, object], ...] = ({},)
    constants: tuple[str, ...] = ()
    when: tuple[tuple[str, object], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cache: str = ""
    lazy: bool = False
    sql: bool = False
    fitted: bool = False
    future: str | None = None
    warn: bool = False
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse_options(cell: CellSource, constants: Constants = MappingProxyType({})) -> Options:
    """Read a magic's line.

    Args:
        constants: values of names of the setup, for loops over them.

    Raises:
        CellError: DB104, for an unknown option or a value that it does not allow.
    """
    _expect_one_run(cell)
    words = _words(cell)
    names: list[str] = []
    seen: dict[str, list[str]] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            names += [part.strip() for part in word.split(",") if part.strip()]
            continue
        name, equals, value = word.partition("=")
        option = magic(cell.magic).option(name)
        if option is None or (equals and not option.value):
            raise _unknown(cell, name)
        values = seen.setdefault(name, [])
        if option.value:
            if not equals and not words:
                raise _usage(cell, f"{name} needs a value", f"write `{option.written()}`.")
            given = value if equals else words.pop(0)
            while option.value == "loop" and given.count("(") > given.count(")") and words:
                given += f" {words.pop(0)}"  # `range(1, 31)` without quotes
            values.append(_allowed(cell, option, given))
    _expect_names(cell, names)
    if "--sql" in seen and (len(names) != 1 or cell.line.split()[0].startswith("-")):
        raise _usage(cell, "--sql takes the name of one node", "write `%%node NAME --sql`.")
    loops = [_loop(cell, loop) for loop in seen.get("--for", [])]
    named = dict.fromkeys(name for _, text in loops if (name := name_of_setup(text)))
    return Options(
        names=tuple(names),
        families=()
        if named.keys() - constants.keys()
        else _families(cell, loops, seen.get("--where", ()), constants),
        constants=tuple(named),
        when=tuple(_choice(key, value) for key, value in _pairs(cell, "--when", seen)),
        tags=dict(_pairs(cell, "--tag", seen)),
        uses=dict(_use(template) for template in seen.get("--uses", [])),
        checks=tuple(seen.get("--check", ())),
        warnings=tuple(seen.get("--warn", ())),
        cache=(seen.get("--cache") or [""])[-1],
        lazy="--lazy" in seen,
        sql="--sql" in seen,
        fitted="--fitted" in seen,
        future=seen["--future"][-1] if "--future" in seen else None,
        warn="--warn" in seen,
        given={name: tuple(values) for name, values in seen.items()},
    )


def _expect_one_run(cell: CellSource) -> None:
    """A magic above ours has to run the cell as it is, once."""
    for name in cell.outer:
        if not OUTER_MAGICS.get(name):
            hint = f"delete %%{name}: only {', '.join(once_magics())} may stand above ours."
            raise _usage(cell, f"%%{name} above it may run the cell several times or not at all", hint)


def _allowed(cell: CellSource, option: Option, value: str) -> str:
    """The value of an option, checked against the values that it allows."""
    if option.value == "choice" and value not in option.choices:
        *first, last = option.choices
        hint = f"choose {', '.join(first)} or {last}."
        raise _usage(cell, f"{option.name} '{value}' is unknown", hint, [value])
    return value


def _unknown(cell: CellSource, name: str) -> CellError:
    options = [option.name for option in magic(cell.magic).options]
    close = did_you_mean(name, options)
    known = ", ".join(sorted(options)) or "none"
    return _usage(cell, f"unknown option '{name}'", f"{close} Options here: {known}.".strip(), [name])


_QUOTED: Final = re.compile(r"""['"\\]|[^\S \t]""")
"""What makes words of a line more than the text between spaces."""


def _words(cell: CellSource) -> list[str]:
    if _QUOTED.search(cell.line) is None:
        return cell.line.split()
    try:
        return shlex.split(cell.line)
    except ValueError as error:
        raise _usage(cell, f"the line cannot be read: {str(error).lower()}", "close the quotes.") from None


def _expect_names(cell: CellSource, names: list[str]) -> None:
    words = magic(cell.magic).words
    if not words and names:
        raise _usage(
            cell,
            f"'{names[0]}' is not expected on this line",
            "names stand in the body of the cell.",
            names[:1],
        )
    if words and words[0].count == "1" and len(names) != 1:
        raise _usage(cell, f"%%{cell.magic} takes the name of one node", f"write `%%{cell.magic} NODE`.")


def _loop(cell: CellSource, loop: str) -> tuple[str, str]:
    try:
        return split_loop(loop)
    except Unreadable:
        raise _unreadable(cell, "--for", loop) from None


def _families(
    cell: CellSource, loops: Sequence[tuple[str, str]], conditions: Sequence[str], constants: Constants
) -> tuple[Mapping[str, object], ...]:
    axes: dict[str, Sequence[object]] = {}
    for name, text in loops:
        try:
            axes[name] = constants[text] if name_of_setup(text) else values_of(text)
        except Unreadable as error:
            hint = f"write `--for {name}=1,7,28`, `1..30`, `range(1, 31)`, or a literal list of the setup."
            raise _usage(cell, f"--for {name}={text} cannot be read: {error}", hint, [text]) from None
    try:
        return members(axes, conditions if axes else ())
    except Unreadable as error:
        many = "a cell can have 10,000; make one node of them that is a frame or a dict."
        hint = many if "nodes" in str(error) else 'compare loop variables and numbers: `--where "a < b"`.'
        raise _usage(cell, str(error), hint, list(axes)) from None


def _pairs(cell: CellSource, option: str, seen: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    pairs = []
    for item in seen.get(option, []):
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise _unreadable(cell, option, item)
        pairs.append((key.strip(), value.strip()))
    return pairs


def _choice(key: str, text: str) -> tuple[str, object]:
    """What `--when` says: `region=US`, or `region!=US,CA` for any other value."""
    if not key.endswith("!"):
        return key, literal(text)
    try:
        values = ast.literal_eval(f"({text},)")
    except (ValueError, SyntaxError):
        values = tuple(literal(part.strip()) for part in text.split(","))
    return key[:-1].strip(), Except(values)


def when_text(key: str, choice: object) -> str:
    """A choice as `--when` has it, before a shell's quotes."""
    if isinstance(choice, Except):
        texts = [_plain(value) for value in choice.values]
        quoted = any("," in text for text in texts)
        return f"{key}!={','.join(map(repr, choice.values) if quoted else texts)}"
    return f"{key}={_plain(choice)}"


def _plain(value: object) -> str:
    """A value of `--when`: texts that look like another value, in quotes."""
    if not isinstance(value, str):
        return repr(value)
    plain = value == value.strip() and value and "," not in value
    return value if plain and not is_literal(value) else repr(value)


def _use(text: str) -> tuple[str, str]:
    """Split a `--uses` entry into alias and template; `sales_{k}` has the alias `sales_k`."""
    alias, equals, template = text.partition("=")
    return (alias, template) if equals else (text.replace("{", "").replace("}", ""), text)


def _unreadable(cell: CellSource, name: str, value: str) -> CellError:
    option = magic(cell.magic).option(name)
    hint = f"write `{option.written()}`." if option else ""
    return _usage(cell, f"{name} '{value}' cannot be read", hint, [value])


def _usage(cell: CellSource, message: str, hint: str, names: Collection[str] = ()) -> CellError:
    return CellError("DB104", (f"%%{cell.magic}", cell.ref.on(), f": {message}."), hint=hint, names=names)
