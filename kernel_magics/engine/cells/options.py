"""Options are what stands on a magic's line: names, families, variants, tags."""

from __future__ import annotations

import ast
import itertools
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.errors import CellError, did_you_mean
from kernel_magics.engine.source.cell import CellSource

_FLAGS = {"node": {"--lazy"}, "check": {"--warn"}}
_VALUES = {"node": {"--for", "--when", "--tag", "--cache", "--uses", "--check", "--warn"}}
_CACHES = ("memory", "disk", "off")


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed line of a cell magic.

    Attributes:
        names: the names or name templates, in order.
        families: one mapping of loop variables for each member (a single empty one when there is no `--for`).
        when: (param, value) pairs that must hold.
        tags: free key-value pairs.
        checks: shorthands of checks, and `warnings` those that only warn; see `shorthand.py`.
        uses: templates of sibling members by the name the body reads them under.
        cache: where the value is kept: memory, disk or off; "" for what the session says.
    """

    names: tuple[str, ...] = ()
    families: tuple[Mapping[str, object], ...] = ({},)
    when: tuple[tuple[str, object], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cache: str = ""
    lazy: bool = False
    warn: bool = False


def parse_options(cell: CellSource) -> Options:
    """Read a magic's line.

    Raises:
        CellError: DB104, for an option that does not exist or does not fit.
    """
    words = _words(cell)
    flags, valued = _FLAGS.get(cell.magic, set()), _VALUES.get(cell.magic, set())
    names: list[str] = []
    seen: dict[str, list[str]] = {}
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if not word.startswith("--"):
            names += [part.strip() for part in word.split(",") if part.strip()]
        elif word in flags:
            seen.setdefault(word, [])
        elif option in valued:
            if not equals and not words:
                raise _usage(cell, f"{option} needs a value", f"write {_example(option)}.")
            seen.setdefault(option, []).append(value if equals else words.pop(0))
        else:
            close = did_you_mean(option, flags | valued)
            known = ", ".join(sorted(flags | valued)) or "none"
            raise _usage(cell, f"unknown option '{option}'", f"{close} Options here: {known}.".strip())
    _expect_names(cell, names)
    cache = (seen.get("--cache") or [""])[-1]
    if cache not in (_CACHES if "--cache" in seen else ("",)):
        raise _usage(cell, f"--cache '{cache}' is unknown", "choose memory, disk or off.")
    return Options(
        names=tuple(names),
        families=_families(cell, seen.get("--for", [])),
        when=tuple((key, literal(value)) for key, value in _pairs(cell, "--when", seen)),
        tags=dict(_pairs(cell, "--tag", seen)),
        uses=dict(_use(template) for template in seen.get("--uses", [])),
        checks=tuple(seen.get("--check", ())),
        warnings=tuple(seen.get("--warn", ())),
        cache=cache,
        lazy="--lazy" in seen,
        warn="--warn" in seen,
    )


def literal(text: str) -> object:
    """`7` is an int, `0.5` a float, `True` a bool, anything else the text itself."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, int | float | str | bool | None) else text


def _words(cell: CellSource) -> list[str]:
    try:
        return shlex.split(cell.line)
    except ValueError as error:
        raise _usage(cell, f"the line cannot be read: {str(error).lower()}", "close the quotes.") from None


def _expect_names(cell: CellSource, names: list[str]) -> None:
    if cell.magic in ("setup", "inputs", "params") and names:
        raise _usage(
            cell, f"'{names[0]}' is not expected on this line", "names stand in the body of the cell."
        )
    if cell.magic in ("check", "test") and len(names) != 1:
        raise _usage(cell, f"%%{cell.magic} takes the name of one node", f"write `%%{cell.magic} NODE`.")


def _families(cell: CellSource, loops: list[str]) -> tuple[Mapping[str, object], ...]:
    axes: dict[str, list[object]] = {}
    for loop in loops:
        name, equals, values = loop.partition("=")
        members = [literal(part.strip()) for part in values.split(",") if part.strip()]
        if not equals or not name.isidentifier() or not members:
            raise _usage(cell, f"--for '{loop}' cannot be read", f"write {_example('--for')}.")
        axes[name] = list(dict.fromkeys(members))
    return tuple(dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))


def _pairs(cell: CellSource, option: str, seen: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    pairs = []
    for item in seen.get(option, []):
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise _usage(cell, f"{option} '{item}' cannot be read", f"write {_example(option)}.")
        pairs.append((key.strip(), value.strip()))
    return pairs


def _use(text: str) -> tuple[str, str]:
    """`sales_{k}` is read as `sales_k` in the body; `s=sales_{k}` as `s`."""
    alias, equals, template = text.partition("=")
    return (alias, template) if equals else (text.replace("{", "").replace("}", ""), text)


def _example(option: str) -> str:
    return {
        "--for": "`--for k=1,7,28`",
        "--when": "`--when region=US`",
        "--tag": "`--tag owner=ads`",
        "--uses": "`--uses sales_{k}`",
        "--cache": "`--cache memory`",
        "--check": "`--check not_null`",
        "--warn": "`--warn not_null`",
    }.get(option, option)


def _usage(cell: CellSource, message: str, hint: str) -> CellError:
    return CellError(
        "DB104", f"%%{cell.magic} in cell {cell.label}: {message}.", hint=hint, cells=[cell.label]
    )
