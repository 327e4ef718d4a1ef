"""Outputs are kept up to date: the report below a cell changes when other cells change its nodes."""

import pytest

from tests.magics.kernel import Kernel

CELLS = {
    "l": "%load_ext kernel_magics",
    "i": "%%inputs\nx: int = 1",
    "a": "%%node a\nx + 1",
    "b": "%%node b\na * 10",
    "c": "%%check b\nb < 100  # small",
    "t": "%%node other\nx * 5",
}


@pytest.fixture
def places(kernel: Kernel) -> dict[str, str]:
    """The small notebook has run; the place of each cell's output."""
    ran = {id: kernel.run(code, id=id).places for id, code in CELLS.items()}
    return {id: places[0] for id, places in ran.items() if places}


def changed(places: dict[str, str], elsewhere: dict[str, str]) -> dict[str, str]:
    """The first line of each changed output, by cell."""
    names = {place: id for id, place in places.items()}
    return {names[place]: text.split("\n")[0] for place, text in elsewhere.items() if place in names}


def test_an_edit_changes_the_outputs_downstream(kernel: Kernel, places: dict[str, str]) -> None:
    """Readers show their new value, a check is unchanged but for its time, others are left alone."""
    told = kernel.run("%%node a\nx + 3", id="a")
    texts = told.elsewhere
    assert {"b"} <= set(changed(places, texts)) <= {"b", "c"}
    assert "40" in texts[places["b"]]
    assert "also updated: b, check_b" in told.text


def test_an_equal_value_changes_nothing_below(kernel: Kernel, places: dict[str, str]) -> None:
    """If the value comes out equal, nothing downstream is shown again."""
    assert changed(places, kernel.run("%%node a\n1 + x", id="a").elsewhere) == {}


def test_lazy_edits_show_what_is_stale(kernel: Kernel, places: dict[str, str]) -> None:
    """In lazy mode the outputs downstream are marked stale, and fresh again after %compute."""
    kernel.run("%dataflow lazy", id="m")
    edited = kernel.run("%%node a\nx + 3", id="a")
    told = changed(places, edited.elsewhere)
    assert {id: "stale" in line for id, line in told.items()} == {"b": True, "c": True}
    told = changed({**places, "a": edited.places[0]}, kernel.run("%compute", id="m").elsewhere)
    assert {id: "fresh" in line for id, line in told.items()} == {"a": True, "b": True, "c": True}
    kernel.run("%dataflow auto", id="m")


def test_a_failure_upstream_is_seen_below(kernel: Kernel, places: dict[str, str]) -> None:
    """What hangs on a failed node is shown as stale, with its old value not passed off as fresh."""
    told = changed(places, kernel.run("%%node a\nx / 0", id="a").elsewhere)
    assert "stale" in told["b"]
    told = changed(places, kernel.run("%%node a\nx + 1", id="a").elsewhere)
    assert "fresh" in told["b"]


def test_a_deleted_cell_leaves_its_readers_waiting(kernel: Kernel, places: dict[str, str]) -> None:
    """After a deletion the outputs of readers show what they wait for."""
    told = kernel.run("1", id="z", deleted=["a"]).elsewhere
    assert "waits for 'a'" in told[places["b"]]


def test_a_new_output_of_the_cell_is_the_one_that_follows(kernel: Kernel, places: dict[str, str]) -> None:
    """A cell that runs again has a new output; the old one is not updated any more."""
    [new] = kernel.run(CELLS["b"], id="b").places
    told = kernel.run("%%node a\nx + 4", id="a").elsewhere
    assert new in told
    assert places["b"] not in told


@pytest.mark.parametrize("broken", ["%%node b\na / 0", "%%node c\na * 10"])
def test_a_value_that_is_gone_is_no_variable_of_the_user(kernel: Kernel, broken: str) -> None:
    """The old value does not stay under the name, and the next one is there again as soon as it can be computed."""
    kernel.run("%%inputs\na: int = 2", "i")
    assert kernel.run("%%node b\na * 10", "b").status == "ok"
    assert kernel.run("b", "u").text == "20"
    assert "hides it" not in kernel.run(broken, "b").text
    assert "NameError" in kernel.run("b", "u").error
    kernel.run("%%inputs\na: int = 3", "i")
    kernel.run("%%node b\na * 10", "b")
    assert kernel.run("b", "u").text == "30"


def test_a_failing_node_recovers_by_what_it_reads(kernel: Kernel) -> None:
    """Its cell does not run again; a variable of the user's own stays what it is."""
    kernel.run("%%setup\ndef half(x):\n    return 1 / 0", "s")
    kernel.run("%%inputs\na: int = 2", "i")
    kernel.run("%%node b\na * 10", "b")
    kernel.run("%%node b\nhalf(a)", "b")
    kernel.run("%%setup\ndef half(x):\n    return x / 2", "s")
    assert kernel.run("b", "u").text == "1.0"
    kernel.run("b = 'mine'", "o")
    kernel.run("%%node b\nhalf(a) / 0", "b")
    assert kernel.run("b", "u").text == "'mine'"
