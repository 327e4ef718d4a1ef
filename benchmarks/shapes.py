"""A shape is a dataflow to measure on, as the text of a module or of cells; plain integers, trivial nodes."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

Shape = list[tuple[str, list[str]]]  # the nodes in order, each with what it reads
_NUMBERS = itertools.count()


def chain(size: int) -> Shape:
    """Each node reads the one before it; the first reads the input x."""
    return [(f"n{i}", [f"n{i - 1}" if i else "x"]) for i in range(size)]


def fan(size: int) -> Shape:
    """Every node reads the one input x."""
    return [(f"n{i}", ["x"]) for i in range(size)]


def tree(size: int) -> Shape:
    """Node i reads the nodes i/2 and i/3: shallow, the first is upstream of all, the last of none."""
    return [(f"n{i}", list(dict.fromkeys([f"n{i // 2}", f"n{i // 3}"])) if i else ["x"]) for i in range(size)]


def ladder(size: int) -> Shape:
    """Each node reads the two before it, so that the last needs all."""
    reads = [["x"], ["n0", "x"], *([f"n{i - 1}", f"n{i - 2}"] for i in range(2, size))]
    return [(f"n{i}", reads[i]) for i in range(size)]


def body(name: str, reads: Sequence[str], edit: int = 0) -> str:
    """The expression of a node; another one for each `edit`."""
    return " + ".join([*reads, str(int(name[1:]) % 7 + edit)])


def function(name: str, reads: Sequence[str], edit: int = 0) -> str:
    """A node as a function with type hints, which Hamilton requires."""
    inputs = ", ".join(f"{read}: int" for read in reads)
    return f"def {name}({inputs}) -> int:\n    return {body(name, reads, edit)}\n"


def module_text(shape: Shape) -> str:
    """All nodes of a shape as a module."""
    return "\n\n".join(function(name, reads) for name, reads in shape)


def decorated_text(size: int) -> str:
    """A module of a tree of functions, of which four in five have a decorator of Apache Hamilton."""
    rows = [
        "from hamilton.function_modifiers import extract_fields, inject, parameterize, source, tag, value\n"
    ]
    for number, (name, reads) in enumerate(tree(size)):
        inputs, total = ", ".join(f"{read}: int" for read in reads), " + ".join(reads)
        plain = f"def {name}({inputs}) -> int:\n    return {total}\n"
        rows.append(
            (
                plain,
                f"@tag(number='{number}')\n{plain}",
                f"@extract_fields({{'{name}': int, 'm{number}': int}})\ndef e{number}({inputs}) -> dict:\n"
                f"    return {{'{name}': {total}, 'm{number}': 1}}\n",
                f"@parameterize({name}={{'by': value(1)}}, m{number}={{'by': value(2)}})\n"
                f"def p{number}({inputs}, by: int) -> int:\n    return {total} + by\n",
                f"@inject(a=source('{reads[0]}'))\ndef {name}(a: int) -> int:\n    return a + 1\n",
            )[number % 5]
        )
    return "\n\n".join(rows)


def feature_text(columns: int) -> str:
    """A module of functions that each make a column from two of ten input columns."""
    rows = ["import pandas as pd\n"]
    for i in range(columns):
        one, two = "abcdefghij"[i % 10], "abcdefghij"[(i * 7 + 1) % 10]
        inputs = f"{one}: pd.Series, {two}: pd.Series" if one != two else f"{one}: pd.Series"
        rows.append(f"def c{i}({inputs}) -> pd.Series:\n    return {one} * {i + 1} + {two}\n")
    return "\n\n".join(rows)


def readers_text(size: int) -> str:
    """A module of functions that all read one Series."""
    rows = [f"def n{i}(x: pd.Series) -> pd.Series:\n    return x + {i}\n" for i in range(size)]
    return "\n\n".join(["import pandas as pd\n", *rows])


def handed_text(size: int, hint: str) -> str:
    """A module of functions that hand a value on as it is."""
    rows = []
    for i in range(size):
        read = f"n{i - 1}" if i else "x"
        rows.append(f"def n{i}({read}: {hint}) -> {hint}:\n    return {read}\n")
    return "\n\n".join(["from typing import Any\n\nimport pandas as pd\n", *rows])


def row_text(size: int) -> str:
    """A module of usual pandas code, each function on the Series before it."""
    rows = []
    for i in range(size):
        read = f"n{i - 1}" if i else "x"
        rows.append(
            f"def n{i}({read}: pd.Series) -> pd.Series:\n    return ({read} * 1.01 + {i}).clip(0, 1e6)\n"
        )
    return "\n\n".join(["import pandas as pd\n", *rows])


def load(text: str) -> ModuleType:
    """Import a text as a module from a file of its own."""
    path = Path(tempfile.mkdtemp(prefix="benchmark-")) / f"measured_{next(_NUMBERS)}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def importing(file: str, code: str) -> str:
    """A program that imports a file as `m`, and then does something with it."""
    folder, name = str(Path(file).parent), Path(file).stem
    return f"import sys; sys.path.insert(0, {folder!r}); import {name} as m; {code}"


SLEEPERS = "import time\n\n\n" + "\n\n".join(
    f"def n{i}() -> int:\n    time.sleep(0.5)\n    return {i}\n" for i in range(8)
)
"""Eight independent nodes that wait for half a second."""

SORTERS = "import numpy as np\n\n\n" + "\n\n".join(
    f"def n{i}(x):\n    return np.sort(np.sin(x + {i}))[0]\n" for i in range(8)
)
"""Eight independent nodes that compute with NumPy, which lets other threads run."""
