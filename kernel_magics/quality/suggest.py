"""A suggestion is a draft of a check cell from the values seen, for a person to read, correct and keep.

A sample's smallest and largest value are never a rule. A draft contains what stays true for other data:
meaning (a count is not negative, a share lies between 0 and 1), shape (a key is unique, as many rows as an
input), and bounds so wide that only another unit, another code or a broken source exceeds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.quality.named import Named
from kernel_magics.quality.profile import ColumnProfile, profile_column
from kernel_magics.quality.vectors import Vector, vectors

ENOUGH: Final = 20
"""Rows below which a sample shows nothing about shares."""
_SHARE_WORDS = ("share", "rate", "ratio", "prob", "frac", "pct", "percent")
_KEY_WORDS = ("id", "key", "code", "uuid", "number", "no")
_MEMBERS: Final = 12
_MOST: Final = 5
_MOST_WIDE: Final = 10
_NARROW: Final = 5
"""Columns of a frame up to which a short draft is that of any node."""
_LABELS: Final = ("text", "time")


@dataclass(frozen=True, slots=True)
class Rule:
    """One drafted condition and its reason.

    Attributes:
        rank: how much it tells, 0 being the most: meaning and keys, then completeness and shape, then what
            most rows are, then the middle and the spread.
    """

    condition: str
    message: str
    rank: int = 3

    def text(self) -> str:
        """The line of the cell."""
        return f"{self.condition}  # {self.message}"


def draft(
    name: str,
    value: object,
    named: Named,
    inputs: Mapping[str, object],
    private: bool = False,
    short: bool = False,
) -> str:
    """A `%%check` cell for a node; "" when its value gives no reason for any condition.

    Args:
        named: collections of texts in the notebook's code.
        inputs: values of the node's inputs, by name.
        private: texts of the value are not written.
        short: at most five conditions, ten for a wide frame, the most telling first.
    """
    rules = list(_rules(name, value, named, inputs, private))
    if short:
        wide = isinstance(value, pd.DataFrame) and len(value.columns) > _NARROW
        rules = sorted(rules, key=lambda rule: rule.rank)[: _MOST_WIDE if wide else _MOST]
    return "\n".join([f"%%check {name}", *(rule.text() for rule in rules)]) if rules else ""


def _rules(
    name: str, value: object, named: Named, inputs: Mapping[str, object], private: bool
) -> Iterator[Rule]:
    if isinstance(value, pd.DataFrame | pd.Series):
        yield from _shape(name, value, inputs)
    columns = [(vector, profile_column(vector)) for vector in vectors(value)]
    if private:
        columns = [(vector, replace(column, top=())) for vector, column in columns]
    keys = [_quoted(vector.name) for vector, _ in columns]
    if isinstance(value, pd.DataFrame):
        keys = [_key(label) if list(value.columns).count(label) == 1 else "" for label in value.columns]
        yield from _keys(name, value)
        yield from _complete(name, keys, [column for _, column in columns])
    for key, (vector, column) in zip(keys, columns, strict=True):
        if not key:
            continue  # no code names this column alone
        target = f"{name}[{key}]" if vector.name or isinstance(value, pd.DataFrame) else name
        if vector.scalar:
            yield from _scalar(target, column)
        elif isinstance(value, pd.DataFrame | pd.Series):
            for rule in _column(target, vector, column, named):
                yield replace(rule, message=f"{vector.name}: {rule.message}" if vector.name else rule.message)


def _shape(name: str, value: Any, inputs: Mapping[str, object]) -> Iterator[Rule]:
    """Rows: as many as an input if that is so, else at least one."""
    twin = next((other for other, given in inputs.items() if _same_rows(value, given)), None)
    if twin is not None:
        yield Rule(f"{name}.index.equals({twin}.index)", f"a row for each row of {twin}", rank=1)
    else:
        yield Rule(f"len({name}) > 0", "there are rows", rank=4)
    plain = pd.api.types.is_integer_dtype(value.index.dtype)  # a row number, even if rows were left out
    if not plain and len(value) >= ENOUGH and value.index.is_unique and twin is None:
        yield Rule(f"{name}.index.is_unique", "no row twice", rank=1)


def _same_rows(value: Any, given: object) -> bool:
    if not isinstance(given, pd.DataFrame | pd.Series) or len(given) != len(value) or not len(value):
        return False
    return bool(given.index.equals(value.index))


def _keys(name: str, value: pd.DataFrame) -> Iterator[Rule]:
    """The columns that identify a row: one with such a name, else two texts or dates together."""
    if len(value) < ENOUGH:
        return
    labels = [key for key in value.columns if isinstance(key, str) and _is_label(value[key], key)]
    for count in (1, 2):
        for keys in combinations(labels[:8], count):
            if count == 1 and not _is_key(keys[0]):
                continue
            if not value.duplicated(list(keys)).any():
                shown = _quoted(keys[0]) if count == 1 else "[" + ", ".join(map(_quoted, keys)) + "]"
                yield Rule(f"~{name}.duplicated({shown})", f"one row for each {' and '.join(keys)}", rank=0)
                return


def _is_label(column: pd.Series[Any], name: str) -> bool:
    kind = next(iter(vectors(column))).kind
    return kind in _LABELS or (kind == "number" and _is_key(name))


def _is_key(name: str) -> bool:
    return name.lower().replace("-", "_").rpartition("_")[2] in _KEY_WORDS


def _column(target: str, vector: Vector, column: ColumnProfile, named: Named) -> Iterator[Rule]:
    if column.rows < ENOUGH:
        return
    yield from _gaps(target, column)
    if column.kind == "text":
        yield from _members(target, column, named)
    elif column.kind == "number":
        if not _is_key(vector.name):
            yield from _numbers(target, vector.name or target, column)
    elif column.kind == "time":
        if column.nulls == 0 and bool((np.diff(vector.data) >= 0).all()):
            yield Rule(f"{target}.is_monotonic_increasing", "in order of time", rank=1)
    elif column.kind == "bool" and column.mean is not None and 0.1 < column.mean < 0.9:
        yield Rule(f"{target}.nunique() > 1", "both occur", rank=4)


def _complete(name: str, keys: list[str], columns: list[ColumnProfile]) -> Iterator[Rule]:
    """One line for all columns without a gap."""
    pairs = zip(keys, columns, strict=True)
    full = [key for key, column in pairs if key and column.rows >= ENOUGH and not column.nulls]
    if full:
        shown = name if len(full) == len(columns) else f"{name}[[{', '.join(full)}]]"
        yield Rule(
            f"{shown}.isna().mean().max() <= {_short(_limit(0.0, columns[0].rows))}",
            "hardly any gaps",
            rank=1,
        )


def _limit(rate: float, rows: int) -> float:
    """At most three times the share of gaps that was seen, and some more."""
    return max(3 * rate + 0.03 * bool(rate), 0.02, 3 / rows)


def _gaps(target: str, column: ColumnProfile) -> Iterator[Rule]:
    rate = column.null_rate
    limit = _limit(rate, column.rows)
    if limit < 0.9 and (rate or not column.name):  # complete columns of a frame are in one line
        seen = "none" if not column.nulls else f"{rate:.1%}".replace("%", " %")
        yield Rule(f"{target}.isna().mean() <= {_short(limit)}", f"gaps ({seen} in the sample)", rank=1)


def _members(target: str, column: ColumnProfile, named: Named) -> Iterator[Rule]:
    """A closed set if the code lists the members; else a share of rows with the members seen."""
    if not column.top or column.unique is None or column.unique > _MEMBERS:
        return
    seen = [text for text, _ in column.top]
    source = named.collection(seen)
    if source:
        yield Rule(f"{target}.dropna().isin({source})", "only what the code knows", rank=0)
    elif column.rows >= 5 * column.unique:
        texts = ", ".join(map(_quoted, sorted(seen)))
        yield Rule(f"{target}.dropna().isin([{texts}]).mean() >= 0.95", "hardly anything unseen", rank=2)
    share = dict(column.top)
    large = [text for text in seen if share[text] >= 0.1]
    for text in large[:3]:
        low = _short(share[text] / 3, down=True)
        yield Rule(f"({target} == {_quoted(text)}).mean() >= {low}", f"{text} is still there", rank=4)


def _numbers(target: str, name: str, column: ColumnProfile) -> Iterator[Rule]:
    """Meaning first, then the middle and the spread, each with a wide margin."""
    low, high = column.quantile(0), column.quantile(1)
    quarters = [column.quantile(share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
    if low is None or high is None or any(item is None for item in quarters) or column.std is None:
        return
    yield from _meaning(target, name, column, low, high)
    least, first, middle, third, most = (float(item) for item in quarters if item is not None)
    zeros = dict(column.top).get("0", 0.0)
    few = (column.unique or 0) <= 2
    if not few and third > first:
        width = third - first
        room = max(1.5 * width, 0.5 * abs(middle)) if low < 0 else 0.9 * width
        bottom = _short(min(middle - room, first), down=True)
        if low >= 0:
            bottom = _short(max(middle - room, middle / 4, 0.0), down=True)
        top = _short(max(middle + room, third))
        yield Rule(f"{bottom} <= {target}.median() <= {top}", "the middle is about where it was")
        wide = f"{target}.quantile(0.75) - {target}.quantile(0.25)"
        yield Rule(f"{_short(width / 4, down=True)} <= {wide} <= {_short(width * 4)}", "spread as it was")
    elif column.unique is not None and column.unique > 1:
        yield Rule(f"{target}.nunique() > 1", "not stuck at one value")
    if (zeros < 0.3 and low <= 0 <= high) or (low > 0 and zeros == 0):
        limit = _short(max(3 * zeros, zeros + 0.05))
        yield Rule(f"({target} == 0).mean() <= {limit}", "zeros do not stand for gaps", rank=2)
    reach = max(most - least, third - first)
    if reach > 0 and not few:
        top = _short(most + 20 * reach)
        inside = f"between({_short(least - 20 * reach, down=True)}, {top})"
        within = f"({target}.dropna() <= {top})" if low >= 0 else f"{target}.dropna().{inside}"
        yield Rule(f"{within}.mean() >= 0.99", "nothing absurd", rank=2)


def _meaning(target: str, name: str, column: ColumnProfile, low: float, high: float) -> Iterator[Rule]:
    words = name.lower().replace("-", "_").split("_")
    is_share = any(word.startswith(_SHARE_WORDS) for word in words)
    spread = column.std or 0.0
    middle = column.quantile(0.5) or 0.0
    if low >= 0 and high <= 1 and (is_share or (low < 0.1 and high > 0.9 and (column.unique or 0) > 2)):
        yield Rule(f"{target}.dropna().between(0, 1)", "a share", rank=0)
    elif low >= 0 and high <= 100 and is_share:
        yield Rule(f"{target}.dropna().between(0, 100)", "a percentage", rank=0)
    elif low >= 0 and (low <= 0.15 * spread or middle > 6 * spread):
        # values pile up at zero, or are far from it: one that only happens to be positive may turn
        yield Rule(f"{target}.dropna() >= 0", "never negative", rank=0)


def _scalar(target: str, column: ColumnProfile) -> Iterator[Rule]:
    if column.kind == "number" and not column.nulls:
        yield Rule(f"{target} == {target}", "a number", rank=1)
        if column.cdf and column.cdf[0][0] >= 0:
            yield Rule(f"{target} >= 0", "never negative", rank=0)
    elif column.kind == "text":
        yield Rule(f"len({target}) > 0", "not empty", rank=1)


def _short(number: float, down: bool = False) -> str:
    """A bound in two digits, rounded outwards."""
    if number == 0 or not math.isfinite(number):
        return "0"
    step = 10.0 ** (math.floor(math.log10(abs(number))) - 1)
    rounded = (math.floor if down else math.ceil)(number / step) * step
    return f"{rounded:.12g}"


def _key(label: object) -> str:
    """The source of a column's label; "" for one without a literal form, such as a date."""
    if isinstance(label, str):
        return _quoted(label)
    if isinstance(label, tuple):
        parts = [_key(part) for part in label]
        return f"({', '.join(parts)},)" if all(parts) else ""
    return repr(label) if type(label) in (int, float, bool) and label == label else ""


def _quoted(text: str) -> str:
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{body}"' if text.isprintable() else repr(text)
