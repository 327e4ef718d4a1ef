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

WITHOUT = {  # decorators that cells do not express: the reason
    "resolve": "@resolve has no form",
}
RAW = {"check_output": {"doubled_raw"}}  # names that only validators have


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT])
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


@pytest.mark.parametrize("name", WITHOUT)
def test_what_has_no_form_is_refused_with_the_reason(name: str) -> None:
    """Nothing is left out silently."""
    with pytest.raises(DataflowError) as caught:
        read_cells([(HEAD + CASES[name].text, "features.py")], CASES[name].config)
    assert caught.value.code == "DB418"
    assert WITHOUT[name] in caught.value.message


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
