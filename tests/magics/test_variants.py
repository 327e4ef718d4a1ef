"""Variants and second checks, with the cell ids that JupyterLab sends and without (nbclient, papermill)."""

from __future__ import annotations

import pytest

from tests.magics.kernel import Kernel

PARAM = "%%params\ngaps: str = 'carry'"
CARRY = "%%node observed --when gaps=carry\n'carried'"
KEEP = "%%node observed --when gaps=keep\n'kept'"


def _identified(kernel: Kernel, cells: dict[str, str], ids: bool) -> str:
    return "\n".join(kernel.run(source, id if ids else None).text for id, source in cells.items())


@pytest.mark.parametrize("ids", [True, False])
def test_a_second_variant_stands_beside_the_first(kernel: Kernel, ids: bool) -> None:
    """Both exist, the param selects one, and the other one's cell reports that it is not in use."""
    text = _identified(kernel, {"p": PARAM, "a": CARRY, "b": KEEP}, ids)
    assert "… observed: another variant is in use, for gaps='carry'" in text
    assert kernel.run("observed", "x").text == "'carried'"
    assert kernel.run("%compute observed --inputs {'gaps': 'keep'}", "y").text == "{'observed': 'kept'}"


def test_without_ids_a_variant_replaces_the_same_variant(kernel: Kernel) -> None:
    """The last definition wins among those that are meant for the same params."""
    for source in (PARAM, CARRY, KEEP, CARRY.replace("carried", "carried twice")):
        assert kernel.run(source).status == "ok"
    assert kernel.run("observed").text == "'carried twice'"
    assert kernel.run("%compute observed --inputs {'gaps': 'keep'}").text == "{'observed': 'kept'}"


@pytest.mark.parametrize("ids", [True, False])
def test_a_node_behind_a_missing_variant_says_so(kernel: Kernel, ids: bool) -> None:
    """A reader names the variant and the param's value for which it waits, in the report and in the status."""
    cells = {"p": PARAM.replace("carry", "else"), "a": CARRY, "b": "%%node longer\nobserved * 2"}
    text = _identified(kernel, cells, ids)
    assert text.count("'observed' has no variant for gaps='else': add a cell `%%node observed --when …`") == 2
    status = kernel.run("%dataflow status", "s").text
    assert "longer [" in status
    assert status.count("waits for a variant of observed") == 2


@pytest.mark.parametrize("ids", [True, False])
def test_a_second_check_does_not_replace_the_first(kernel: Kernel, ids: bool) -> None:
    """Two checks of one node both stay; without ids an edited one is known by the lines that it keeps."""
    first = "%%check one\none > 0  # positive\none < 9  # small"
    _identified(kernel, {"n": "%%node one\n1", "a": first, "b": "%%check one\none != 5  # not five"}, ids)
    assert "2 checks" in kernel.run("%dataflow status", "s").text
    kernel.run(first.replace("one < 9", "one < 8"), "a" if ids else None)
    assert "2 checks" in kernel.run("%dataflow status", "s").text


def test_without_ids_cells_with_the_same_body_are_two_cells(kernel: Kernel) -> None:
    """`%%node a` and `%%node b` may hold the same code."""
    kernel.run("%%node a\n1 + 1")
    kernel.run("%%node b\n1 + 1")
    assert kernel.run("a, b").text == "(2, 2)"


def test_without_ids_a_cell_says_what_it_replaces(kernel: Kernel) -> None:
    """The last definition wins, with a notice; a cell that runs again, or with an id, replaces nothing else."""
    kernel.run("%%node a, b\na = 1\nb = 2")
    notice = "… a: defined here from now on, and no longer in cell ["
    assert notice in kernel.run("%%node a\n3").text
    assert notice not in kernel.run("%%node a\n3").text
    assert kernel.run("a, b").text == "(3, 2)"
    kernel.run("%%node c\n1", "c")
    assert "from now on" not in kernel.run("%%node c\n2", "c").text


def test_a_run_on_other_params_names_what_only_warns(kernel: Kernel) -> None:
    """`%compute --inputs` prints the condition that does not hold, and no line of ours."""
    kernel.run("%%inputs\nspeed: int = 5", "i")
    kernel.run("%%node fast\nspeed * 2", "n")
    kernel.run("%%check fast --warn\nfast < 100  # no hurricane", "c")
    text = kernel.run("%compute fast --inputs {'speed': 80}", "x").text
    assert "✗ fast: no hurricane" in text
    assert "{'fast': 160}" in text
    assert "Warning" not in text
