"""A budget of memory: values that can be computed again are evicted, without a visible effect."""

import sys

import pytest

from kernel_magics.engine.values.size import size_of
from kernel_magics.engine.values.value import MISSING
from tests.engine.driver import Notebook, notebook

BIG = "%%node {name}\n[x] * 10_000"
CELLS = [
    "%%inputs\nx = 1",
    *(BIG.format(name=name) for name in "abc"),
    "%%node total\nlen(a) + len(b) + len(c)",
]
BUDGET = 400_000  # one of the large values, which take 360 kB each


def limited(*cells: str) -> Notebook:
    """A notebook that ran these cells under the budget."""
    made = Notebook()
    made.session.memos.memory.budget = BUDGET
    for number, text in enumerate(cells, start=1):
        made.run(str(number), text)
    return made


def held(made: Notebook) -> set[str]:
    """The names whose values are in memory."""
    return {name for name, memo in made.session.memos.items() if memo.value is not MISSING}


def test_what_was_used_least_recently_is_evicted() -> None:
    """The last values stay, inputs and small results always; nothing is stale by that."""
    made = limited(*CELLS[:4])
    assert held(made) == {"x", "c"}
    assert set(made.session.states().values()) == {"fresh"}
    assert made.session.memos.memory.used_bytes(made.session.memos) <= BUDGET


def test_a_value_that_is_read_again_is_made_again() -> None:
    """An ordinary cell gets the value as if it had never been away."""
    made = limited(*CELLS[:4])
    assert made.value("a") == [1] * 10_000
    assert "a" in held(made)


def test_what_a_reader_needs_is_made_again_for_it() -> None:
    """A node that is computed later gets its inputs; they are equal, so nothing else runs."""
    made = limited(*CELLS[:4])
    assert made.run("5", CELLS[4]) == ["finished a", "finished b", "finished total"]
    assert made.value("total") == 30_000
    assert set(made.session.states().values()) == {"fresh"}


def test_fresh_nodes_are_not_made_again_for_their_own_sake() -> None:
    """`%compute` of everything does nothing when everything is fresh, in memory or not."""
    made = limited(*CELLS)
    assert not [line for line in made.compute() if line.startswith("finished")]


def test_an_edit_is_seen_by_what_was_evicted() -> None:
    """Staleness comes from keys, not from values."""
    made = limited(*CELLS)
    made.run("1", "%%inputs\nx = 2")
    assert made.value("a") == [2] * 10_000
    assert made.value("total") == 30_000
    assert set(made.session.states().values()) == {"fresh"}


@pytest.mark.parametrize(
    "cell",
    [
        "%%node a\nopen(__file__ if 0 else __import__('os').devnull).read() + 'x' * 500_000",
        "%%node a\n[lambda: x] * 50_000",
    ],
)
def test_what_cannot_be_had_again_stays(cell: str) -> None:
    """A value that depends on more than its inputs, or that cannot be compared, is never evicted."""
    assert "a" in held(limited(CELLS[0], cell, CELLS[2]))


def test_a_value_that_is_another_one_this_time_makes_its_readers_stale() -> None:
    """No reader gets a result that no longer fits its inputs."""
    cells = (
        "%%setup\nfrom tests.engine.world import number",
        "%%node a\n[number()] * 50_000",
        "%%node b\na[0]",
    )
    made = limited(*cells)
    made.session.memos.memory.budget = 0
    made.session.memos.evict()
    assert "a" not in held(made)
    made.session.hold(["a"])
    assert made.state("b") == "stale"


def test_a_value_that_was_evicted_outlives_an_edit_of_another_variant() -> None:
    """What only the variant that is not in use reads may change: the value is fresh, and can be had again."""
    made = notebook(
        "%%params\nmode = 'US'\nw = 2",
        "%%node lazily --lazy\n[w] * 20_000",
        "%%node price --when mode=US\n[mode] * 20_000",
        "%%node price --when mode=EU\nlazily[0]",
    )
    made.session.memos.memory.budget = 0
    made.session.memos.evict()
    assert "price" not in held(made)
    made.compute()
    assert made.state("price") == "fresh"
    assert made.value("price") == ["US"] * 20_000
    made.compute()
    made.session.hold()
    assert "price" in held(made)
    made.compute()
    assert not [line for line in made.compute() if line.startswith("finished")]


def test_without_a_budget_everything_stays() -> None:
    """That is the default."""
    assert held(notebook(*CELLS)) == {"x", "a", "b", "c", "total"}


def test_export_and_reports_hold_what_they_need() -> None:
    """`hold` has everything in memory until the next run."""
    made = limited(*CELLS)
    made.session.hold()
    assert held(made) == {"x", "a", "b", "c", "total"}
    made.compute()
    assert held(made) < {"x", "a", "b", "c", "total"}


@pytest.mark.parametrize(
    "value",
    [1, "text" * 100, [1.5] * 1000, {"a": ["b" * 1000] * 10}, [[list(range(100))] * 10] * 3, set(range(500))],
)
def test_sizes_are_about_right(value: object) -> None:
    """At least the container itself, and what it holds."""
    assert size_of(value) >= sys.getsizeof(value)


def test_sizes_of_what_containers_hold() -> None:
    """Large containers are judged by a part of them."""
    assert 900_000 < size_of(["x" * 1000 + str(number) for number in range(900)]) < 1_100_000


def test_the_size_of_what_answers_no_question() -> None:
    """The kind: a value whose attributes raise (r26), of which only its own memory is known."""

    class Client:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("not connected")

    for value in (Client(), [Client()], {1: Client()}):
        assert size_of(value) > 0
