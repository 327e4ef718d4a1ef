"""What files, tools and state beside the notebook do to a dataflow in a real kernel: never anything silent."""

from __future__ import annotations

from pathlib import Path

from kernel_magics.dataflow import Dataflow
from tests.magics.kernel import Kernel
from tests.notebook_file import write_notebook
from tests.waiting import until


def test_a_file_that_changed_is_read_by_running_the_cell_again(kernel: Kernel) -> None:
    """r34. The kind: a value of what is outside; the cell says what it reads, and reads it each time it runs."""
    kernel.run('open("r34.txt", "w").write("1");', "w")
    cell = '%%node a\nopen("r34.txt").read()'
    first = kernel.run(cell, "a")
    assert "→ reads files each time it runs; run its cell again to read it anew" in first.text
    kernel.run('open("r34.txt", "w").write("2");', "w")
    kernel.run(cell, "a")
    assert kernel.run("a", "b").text == "'2'"


def test_two_readers_of_one_generator_are_told(kernel: Kernel) -> None:
    """The kind: state passed on as a value; from the second reader on there is a notice, and the export refuses."""
    kernel.run("%%setup\nimport random", "s")
    kernel.run("%%node rng\nrandom.Random(3)", "r")
    assert "random generator" not in kernel.run("%%node a\nrng.random()", "a").text
    second = kernel.run("%%node b\nrng.random()", "b").text
    assert " is a random generator, from which 'a' and 'b' draw the same numbers." in second
    assert "make it from a seed inside each node" in second
    failed = kernel.run("%export gen_mod.py", "x")
    assert "DB501 'b' in cell" in failed.error
    assert "'a' draws from 'rng', which is state" in failed.error


def test_an_edited_helper_module_is_loaded_anew(kernel: Kernel) -> None:
    """r13. The kind: code beside the notebook; with autoreload, without, and where it cannot be loaded."""
    kernel.run("%load_ext autoreload", "l")
    for mode, name in (("2", "st_auto"), ("0", "st_plain")):
        kernel.run(f"%autoreload {mode}", "m")
        kernel.run(f'open("{name}.py", "w").write("def f(x):\\n    return x * 2\\n");', "w")
        setup = f"%%setup\nfrom {name} import f"
        kernel.run(setup, "s")
        kernel.run("%%node a\nf(1)", "n")
        assert kernel.run("a, f(1)", "o").text == "(2, 2)"
        kernel.run(f'open("{name}.py", "w").write("def f(x):\\n    return x * 300\\n");', "w")
        said = kernel.run("1 + 1", "o").text
        assert f"'{name}' changed and was loaded anew: 'a' is stale." in said
        assert "stale" not in kernel.run("2 + 2", "p").text
        kernel.run("%compute", "c")
        assert kernel.run("a, f(1)", "o").text == "(300, 300)"
    kernel.run('open("st_plain.py", "w").write("def f(x:\\n");', "w")
    said = kernel.run("1 + 1", "o").text
    assert "SyntaxError" in said
    assert "a module that it imports changed; what was loaded before is used." in said
    assert kernel.run("a", "o").text == "300"


STACKED = (
    "%%time\n%%node two\n2",
    "# comment above\n%%node three\ntwo + 1",
    "%%capture out --no-stderr\n%%node four\nthree + 1",
    "# one\n\n%%time\n\n# two\n  %%node\tfive --cache memory\nfour + 1",
    "%%prun -q\n%%check five\nfive == 5",
    "%%html\n%%node none\n1",
    "%%node?",
)


def test_what_stands_above_a_magic_means_the_same_to_kernel_and_files(kernel: Kernel, folder: Path) -> None:
    """r16, r17. The kind: texts around a magic; what the kernel makes nodes of is what commands find."""
    for number, text in enumerate(STACKED):
        assert kernel.run(text, f"cell{number + 1}").status == "ok"
    flow = Dataflow.from_notebook(write_notebook(folder / "stacked.ipynb", STACKED))
    assert list(flow.nodes) == ["two", "three", "four", "five"]
    registered = kernel.run(
        "get_ipython().magics_manager.registry['DagbookMagics'].session.graph.names()", "n"
    )
    assert registered.text == str([*flow.nodes, "check_five"])
    assert kernel.run("two, three, four, five", "v").text == "(2, 3, 4, 5)"


def test_a_cell_that_captures_its_output_owns_its_nodes(kernel: Kernel) -> None:
    """The kind: a cell that another one runs; an edit replaces its nodes, deleting it removes them."""
    kernel.run("%%capture out\n%%node one\n1", "a")
    edited = kernel.run("%%capture out\n# said\n%%time\n%%node uno\n1", "a")
    assert edited.status == "ok"
    assert "2 " not in kernel.run("%dataflow status", "s").text.split("\n")[0]
    assert kernel.run("uno", "o").text == "1"
    assert kernel.run("one", "o").ename == "NameError"
    assert kernel.run("uno", "o", deleted=["a"]).ename == "NameError"


def test_the_line_of_an_error_is_that_of_the_editor(kernel: Kernel) -> None:
    """Lines are counted in the cell as shown, whatever is above the magic."""
    failed = kernel.run("# said\n\n%%time\n# more\n%%node bad\nx = 1\n1 / 0", "b")
    assert "'bad' failed on line 7 of cell" in failed.error
    broken = kernel.run("# said\n%%node bad\n1 +* 2", "b")
    assert "line 3" in broken.error


def test_a_magic_that_commands_do_not_know_is_refused(kernel: Kernel) -> None:
    """The kind: magics around ours that no file reader can judge; the cell fails, and nothing is registered."""
    kernel.run("%alias_magic --cell timed time", "m")
    failed = kernel.run("%%timed\n%%node a\n1", "a")
    assert "DB001 %%timed stands above %%node" in failed.error
    assert kernel.run("a", "o").ename == "NameError"


def test_an_assignment_to_a_name_of_the_dataflow_is_told(kernel: Kernel) -> None:
    """r18. The kind: statements that put something else under a name; each is told once, and changes no node."""
    kernel.run("%%setup\nRATE = 3\ndef double(x):\n    return x * 2", "s")
    kernel.run("%%params\nwindow: int = 2", "p")
    kernel.run("%%node area\nwindow * double(RATE)", "a")
    for text, name in (
        ("window = 5", "window"),
        ("for area in [7]:\n    pass", "area"),
        ("import os as area", "area"),
        ("def double(y):\n    return y", "double"),
        ("exec('area = 8')", "area"),
        ("%%capture\nRATE = 4", "RATE"),
        ("with open('w', 'w') as window:\n    pass", "window"),
        ("window = 6; 1 / 0", "window"),
    ):
        told = kernel.run(text, "o").text
        assert f"'{name}' is " in told, text
        assert "no node sees the variable" in told
        assert kernel.run("1", "x").text == "1"  # reported once
    assert "'area': deleted here only" in kernel.run("del area", "d").text
    assert kernel.run("area", "o").text == "12"
    for text in ("RATE = 3", "area.bit_length()", "total = area", "[window for window in 'ab'];"):
        assert "dataflow" not in kernel.run(text, "q").text
        assert "no node" not in kernel.run(text, "q").text


def test_a_name_that_an_ordinary_cell_defines_is_told(kernel: Kernel) -> None:
    """The kind: what a person wrote elsewhere; each error names what to move, import or declare."""
    moving = "Hint: an ordinary cell defines '{}': move it to %%setup."
    kernel.run("def helper(x):\n    return x", "h")
    kernel.run("class Pair:\n    pass\nimport wave as waves\nrate = 3\ndef _tidy(x):\n    return x", "o")
    for body, name in (
        ("helper(1)", "helper"),
        ("Pair()", "Pair"),
        ("waves.Error", "waves"),
        ("_tidy(1)", "_tidy"),
    ):
        assert moving.format(name).removeprefix("Hint: ") in kernel.run(f"%%node a\n{body}", "a").text
        assert moving.format(name) in kernel.run("%compute a", "c").error
        assert moving.format(name) in kernel.run(f"%%node\ndef b():\n    return {body}", "b").error
        assert moving.format(name) in kernel.run("%export x.py", "e").error
    assert "Hint: add `import numpy as np` to %%setup." in (
        kernel.run("%%node\ndef b():\n    return np.pi", "b").error
    )
    kernel.run("%%node a\nrate + 1", "a")
    assert "'rate' is a notebook variable; declare it in %%inputs: `rate = …`." in (
        kernel.run("%compute a", "c").error
    )


def test_values_that_come_between_cells_are_told(kernel: Kernel) -> None:
    """The kind: callbacks of widgets, timers and threads, which run while no cell does."""
    kernel.run("%%params\nwindow: int = 2", "p")
    for number, way in enumerate(
        (
            "import threading\nthreading.Timer(0.05, lambda: globals().update(window={})).start()",
            "import asyncio\nasyncio.get_event_loop().call_later(0.05, lambda: globals().update(window={}));",
        ),
        start=7,
    ):
        said = _cells_until(kernel, "hides it in cells", kernel.run(way.format(number), "w").text)
        said += kernel.run("2", "n").text
        assert kernel.run("window", "o").text.endswith(str(number)), way
        assert said.count("hides it in cells") == 1, way


def _cells_until(kernel: Kernel, text: str, said: str) -> str:
    """Run cells until a text is told; all that was told."""

    def is_told() -> bool:
        nonlocal said
        said += kernel.run("2", "n").text
        return text in said

    until(is_told, text)
    return said


def test_an_injected_cell_can_be_edited_and_deleted(kernel: Kernel) -> None:
    """A param has the value of the notebook on the screen: the injected one as long as there is one."""
    kernel.run("%%params\nwindow: int = 2", "p")
    kernel.run("%%node twice\nwindow * 2", "t")
    assert (
        "param 'window' is 3 from this cell on; its default is 2."
        in kernel.run("# Parameters\nwindow = 3", "i").text
    )
    assert kernel.run("window, twice", "o").text == "(3, 6)"
    assert "3 is injected in place of 5" in kernel.run("%%params\nwindow: int = 5", "p").text
    assert kernel.run("# Parameters\nwindow = 4", "i").text
    assert kernel.run("window, twice", "o").text == "(4, 8)"
    kernel.run("1", "n", deleted=["i"])
    assert kernel.run("window, twice", "o").text == "(5, 10)"


HOSTILE = """%%setup
class Client:
    def __getattr__(self, name):
        raise RuntimeError("not connected")

class Mute:
    __hash__ = None
    def __len__(self):
        raise OSError("no length")
    def __repr__(self):
        raise OSError("no text")
    def __eq__(self, other):
        raise OSError("no comparison")

class Closed(dict):
    def keys(self):
        raise OSError("closed")

class Endless:
    nbytes = property(lambda self: 1 / 0)
    __dict__ = property(lambda self: 1 / 0)
"""


def test_values_that_cannot_be_asked_have_a_state_all_the_same(kernel: Kernel) -> None:
    """r26. The kind: values whose own code raises when they are looked at; what is not known is left out."""
    kernel.run(HOSTILE, "s")
    for name in ("client", "mute", "closed", "endless"):
        cell = kernel.run(f"%%node {name}\n{name.title()}()", name)
        assert cell.status == "ok", cell.error
    for line in ("%dataflow status", "%dag --static", "%lineage client", "%compute", "%dataflow memory all"):
        shown = kernel.run(line, "x")
        assert shown.status == "ok", (line, shown.error)
    assert "4 fresh" in kernel.run("%dataflow status", "x").text


def test_an_interrupt_shows_the_persons_code_alone(kernel: Kernel, folder: Path) -> None:
    """The kind: calls that end in an interrupt; a cell of each magic, nodes on threads, a flow in a cell."""
    # One line: wherever in it the interrupt comes, the traceback shows the same.
    sleeps = "    open(flag, 'w').close(), time.sleep(60)"
    nap = f"def nap(flag):\n{sleeps}"
    kernel.run(f"%%setup\nimport time\n{nap}", "s")
    (folder / "napping.py").write_text(
        f"import time\n{nap.replace('nap', '_nap')}\ndef slow():\n    _nap('flag4')\n"
    )
    kernel.run(
        "from kernel_magics import Dataflow; import napping; flow = Dataflow.from_module(napping)", "f"
    )
    last = [sleeps, "KeyboardInterrupt"]
    for number, (text, rows, said) in enumerate(
        (
            ("%%node slow\nnap('flag0')", ["    nap('flag0')", *last], "0 of 1 nodes, while computing slow"),
            ("%compute --executor threads", ["KeyboardInterrupt"], "0 of 1 nodes, while computing slow"),
            ("%%setup\nnap('flag2')", ["    nap('flag2')", *last], ""),
            ("%%inputs\nx: int = nap('flag3')", ["    x: int = nap('flag3')", *last], ""),
            ("flow.run(['slow'])", ["    flow.run(['slow'])", "    _nap('flag4')", *last], ""),
        )
    ):
        flag = folder / ("flag0" if number == 1 else f"flag{number}")
        flag.unlink(missing_ok=True)
        sent = kernel.send(text, f"cell{number}")
        until(flag.exists, f"it runs: {text}")
        if said:
            kernel.wait_shown(sent, "computing slow")
        kernel.interrupt()
        stopped = kernel.collect(sent)
        assert stopped.ename == "KeyboardInterrupt", stopped
        assert "kernel_magics" not in stopped.error
        code = [row for row in stopped.error.split("\n") if not row.startswith(("  Cell", "  File"))]
        assert code == rows
        assert said in stopped.text
