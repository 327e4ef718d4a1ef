"""Cells that are deleted while others need them: the dataflow follows, and the cell that runs next is not harmed."""

from __future__ import annotations

from tests.magics.kernel import Kernel

SETUP = ("%%setup\nRATE = 2", "%%setup\nTWICE = RATE * 2", "%%node a\n5", "%%node b\nTWICE")


def write(kernel: Kernel) -> None:
    """Two setup cells, the second of which needs the first, and two nodes."""
    for number, text in enumerate(SETUP, start=1):
        assert kernel.run(text, str(number)).status == "ok"


def test_a_setup_cell_that_another_one_needs(kernel: Kernel) -> None:
    """Both are removed, with the reason; all other deleted cells are removed, and the ordinary cell runs."""
    write(kernel)
    result = kernel.run("print('here')", "o", ["1", "3"])
    assert result.status == "ok"
    assert "here\n" in result.text
    said = result.text.replace("here\n", "").split("\n")  # it is printed, the rest goes to stderr
    assert said[0].startswith("  Cell [")
    assert said[3].startswith("DB305 cell [")
    assert "NameError: name 'RATE' is not defined" in said[3]
    assert said[5].endswith("has left the dataflow until it runs again.")
    assert "callback" not in result.text
    assert kernel.run("a", "o").ename == "NameError"
    assert "waits for 'TWICE'" in kernel.run(SETUP[3], "4").text


def test_a_deleted_cell_that_comes_back_at_once(kernel: Kernel) -> None:
    """Undo, and run: nothing has left."""
    write(kernel)
    result = kernel.run("%%setup\nRATE = 3", "1", ["1"])
    assert (result.status, "DB305" in result.text) == ("ok", False)
    assert kernel.run("b", "o").text == "6"


def test_a_family_whose_list_is_made_twice_has_no_members(kernel: Kernel) -> None:
    """They are gone from the notebook's variables, too, and a line says why, until the list is one again."""
    kernel.run("%%setup\nKS = (1, 2)", "list")
    kernel.run("%%node f_{k} --for k=KS\nk", "family")
    assert kernel.run("print(f_1)").text.strip() == "1"
    assert "f_1, f_2: gone, because 'KS' of cell" in kernel.run("%%setup\nKS = [4, 5]", "again").text
    assert kernel.run("print(f_1)").status == "error"
    kernel.run("%%setup\nOTHER = 1", "again")
    assert kernel.run("print(f_1)").text.strip() == "1"
    assert "f_1, f_2: gone" in kernel.run("pass", "o", ["list"]).text


def test_ctrl_c_while_the_setup_runs_without_a_deleted_cell(kernel: Kernel) -> None:
    """The deletion is not lost: the next cell makes up for it."""
    write(kernel)
    kernel.run("import builtins; builtins.stop = False", "o")
    stop = "%%setup\nimport builtins\nif builtins.stop:\n    raise KeyboardInterrupt"
    assert kernel.run(stop, "5").status == "ok"
    kernel.run("builtins.stop = True", "o")
    result = kernel.run("print(a)", "o", ["1", "2", "3"])
    assert "the next cell takes the deleted ones out" in result.text
    assert "5\n" in result.text
    kernel.run("builtins.stop = False", "p")
    assert kernel.run("a", "o").ename == "NameError"


def test_ctrl_c_before_the_shell_begins_with_the_cell(kernel: Kernel) -> None:
    """The deletion that came with this request is not lost either."""
    write(kernel)
    kernel.run("import builtins; builtins.stop = KeyboardInterrupt", "o")
    stop = (
        "def once(lines):\n    error, builtins.stop = builtins.stop, None\n    if error: raise error\n"
        "    return lines\nget_ipython().input_transformers_cleanup.append(once)"
    )
    assert kernel.run(stop, "p").status == "ok"
    kernel.send("1", "q", ["3"])  # ipykernel does not answer a request that is stopped so early
    assert kernel.run("a", "o").ename == "NameError"
