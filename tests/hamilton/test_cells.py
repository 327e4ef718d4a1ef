"""Decorated modules written as cells compute what Apache Hamilton computes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernel_magics import Dataflow, DataflowError
from kernel_magics.hamilton.cells import read_cells
from kernel_magics.values import VALUES
from tests.hamilton.conftest import Load
from tests.hamilton.modules import CASES, HEAD
from tests.hamilton.test_decorated import ours
from tests.hamilton.test_decorators import expected
from tests.notebook_file import write_notebook

RAW = {"check_output": {"doubled_raw"}}  # names that only validators have


@pytest.mark.parametrize("name", CASES)
def test_the_cells_compute_what_hamilton_computes(name: str, load: Load, tmp_path: Path) -> None:
    """Each output of each case whose decorators have a written form; the cells need no decorator."""
    case = CASES[name]
    cells = read_cells([(HEAD + case.text, "features.py")], case.config)
    texts = cells.texts()
    assert "@" not in "".join(form.text for form in cells.forms)
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", texts))
    outputs = [output for output in case.outputs if output not in RAW.get(name, ())]
    known = {key: value for key, value in case.inputs.items() if key in {**flow.inputs, **flow.params}}
    free = {key: value for key, value in case.inputs.items() if key not in known}
    got = flow.run(map(ours, outputs), inputs=known) if not free else {}
    wanted = expected(load(case.text), case)
    for output in outputs if not free else ():
        assert VALUES.equal(got[ours(output)], wanted[output]), output


DELAYED = {  # what the text alone does not say, with config {"k": 1}: the reason
    "lambda columns: extract_columns(*columns)": "needs a value of 'columns'",
    "make": "decorates with is no lambda",
    "lambda k: k": "decorates with is no decorator of Hamilton",
    "lambda k: extract_columns(*open(k))": "is computed",
    "lambda k: extract_columns(*[c for c in range(10**12)])": "`range(10 ** 12)` is computed",
    "lambda k: extract_columns(*[c for c in range(1000000)])": "more than 100,000 items",
    "lambda k: extract_columns(*[c for c in range(9000) for d in range(9000)])": "more than 10,000 items",
    "lambda k: extract_columns(['a'][k])": "fails: list index out of range",
    "lambda k: extract_columns(*[c for c, d in [k]])": "`(c, d)` is computed",
    "lambda k: extract_columns(*[c for c in ['a'] if n])": "`n` is computed",
}


@pytest.mark.parametrize("text", DELAYED)
def test_a_delayed_decorator_that_the_text_does_not_give(text: str) -> None:
    """Nothing of it is run, so what is not plain is refused with the reason."""
    function = f"@resolve_from_config(decorate_with={text})\ndef a(n: int) -> dict: return n\n"
    with pytest.raises(DataflowError) as caught:
        read_cells([(HEAD + function, "features.py")], {"k": 1})
    assert caught.value.code == "DB418"
    assert DELAYED[text] in caught.value.message


MALFORMED = {  # what Hamilton itself refuses when the module is imported: the reason
    "@pipe_input(step(abs))\ndef a(): return 1": "'a' has no parameter",
    "@config.when(x={[1]: 2})\ndef a(): return 1": "the arguments of @config.when are computed",
    "@parameterize(p=())\ndef a(k): return 1": "the arguments of @parameterize are computed",
    "@parameterize_values(assigned_output={'p': 1})\ndef a(k): return 1": "of @parameterize_values are computed",
    "@parameterize_values('k', {(): 1})\ndef a(k): return 1": "`()` is computed",
}


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_arguments_are_refused(text: str) -> None:
    """The text alone is read, so they come as far as here."""
    with pytest.raises(DataflowError, match=re.escape(MALFORMED[text])) as caught:
        read_cells([(HEAD + text, "features.py")], {})
    assert caught.value.code == "DB418"


def test_the_module_of_a_refused_function_is_named() -> None:
    """Also where it is not the first one."""
    with pytest.raises(DataflowError, match=r"'b' of 'two\.py'"):
        read_cells([("def a(n): return 1", "one.py"), ("def b(n): return a(n)", "two.py")])


def test_a_tag_of_one_output_is_not_given_to_others() -> None:
    """`target_` names the nodes; such a one has a cell of its own."""
    text = "@tag(stage='x', target_='a')\n@extract_columns('a', 'b')\ndef t(n: int) -> pd.DataFrame:\n    return n\n"
    cells = read_cells([(HEAD + text, "features.py")])
    heads = [text.split("\n")[0] for text in cells.texts() if text.startswith("%%node")]
    assert heads == ["%%node", "%%node --tag stage=x", "%%node"]
    several = "@tag(stage='x', target_='p')\n@parameterize(p={'k': value(1)}, q={'k': value(2)})\ndef f(k: int) -> int:\n    return k\n"
    cells = read_cells([(HEAD + several, "features.py")])
    assert [text.split("\n")[0] for text in cells.texts()[-2:]] == ["%%node --tag stage=x", "%%node"]
    assert "def _f(k: int)" in cells.setup
