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
