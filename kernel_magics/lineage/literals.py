"""Literals in code: texts, lists of texts, and the names of pandas that a reader of columns has to know."""

from __future__ import annotations

import ast
from typing import Final

from kernel_magics.engine.source.tree import MENTION

_ATTRIBUTES: Final = """
    T array at attrs axes cat columns dt dtype dtypes empty flat iat iloc index levels list loc name
    names nbytes ndim plot shape size sparse str struct values
"""
_ROWS: Final = """
    abs add all any asfreq astype at_time between_time bfill clip convert_dtypes copy count cummax
    cummin cumprod cumsum diff div drop_duplicates droplevel dropna ewm expanding ffill fillna first
    head infer_objects interpolate isna isnull last mask max mean median min mul nlargest notna notnull
    nsmallest nunique pct_change prod quantile query rank reindex rename_axis resample reset_index
    rolling round sample set_axis set_index shift sort_index sort_values squeeze std sub sum swaplevel
    tail take to_frame transform truncate tz_convert tz_localize var where
"""
ATTRIBUTES: Final = frozenset(_ATTRIBUTES.split())
"""Attributes of frames and series that are not columns."""
ROWS: Final = frozenset(_ROWS.split())
"""Methods that treat all columns alike and keep them."""
KEYS: Final = ("by", "subset", "on", "left_on", "right_on", "columns", "keys", "index")
"""Parameters that name columns."""


def text_of(node: ast.expr) -> str | None:
    """A literal text."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts(node: ast.expr) -> list[str] | None:
    """The texts of a literal list or tuple of nothing else."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    texts = [text_of(item) for item in node.elts]
    return [text for text in texts if text is not None] if texts and None not in texts else None


def named_texts(node: ast.Call, name: str) -> list[str] | None:
    """The text or texts of a keyword."""
    for keyword in node.keywords:
        if keyword.arg == name:
            text = text_of(keyword.value)
            return [text] if text is not None else texts(keyword.value)
    return None


def query_names(text: str) -> set[str]:
    """The columns in the text of a query, without `@` variables."""
    try:
        tree = ast.parse(MENTION.sub("None", text.replace("`", "")), mode="eval")
    except SyntaxError:
        return set()
    return {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
