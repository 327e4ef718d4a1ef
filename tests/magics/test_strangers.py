"""What files, tools and state beside the notebook do to a dataflow in a real kernel: never anything silent."""

from __future__ import annotations

from tests.magics.kernel import Kernel


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
    """The kind: state handed on as a value; from the second reader on the cell says so, and the export refuses."""
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
