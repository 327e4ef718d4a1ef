"""The progress of a run: what is done, and the time left."""

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.event import Failed, Finished, Reused, Skipped, Started
from nbext.progress import RunProgress


def seconds_left(progress: RunProgress) -> float | None:
    """The time left that the view shows."""
    shown = progress.to_json()
    assert shown is not None
    left: float | None = shown["seconds_left"]
    return left


def test_nothing_to_run_is_no_progress() -> None:
    """A view shows no bar when no node is due."""
    assert RunProgress().to_json() is None


def test_whatever_becomes_of_a_node_it_is_done() -> None:
    """Computed, failed, reused and skipped nodes count once each; one that begins does not, nor one not due."""
    progress = RunProgress(dict.fromkeys("abcd", 1.0))
    error = DataflowError("DB301", "no")
    for event in (Started("a"), Finished("x", 1, 0.5)):
        progress.note(event)
    assert progress.to_json() == {"done": 0, "total": 4, "seconds_left": 4.0}
    for event in (
        Finished("a", 1, 0.5),
        Failed("b", error, 0.5),
        Reused("c"),
        Skipped("d", "b"),
        Reused("c"),
    ):
        progress.note(event)
    assert progress.to_json() == {"done": 4, "total": 4, "seconds_left": 0.0}


def test_the_time_left_is_what_the_rest_took_before() -> None:
    """Many quick finished nodes do not predict the slow one that is left."""
    progress = RunProgress({"quick": 0.01, "slow": 60.0})
    progress.note(Finished("quick", 1, 0.01))
    assert seconds_left(progress) == 60.0


def test_a_node_that_never_ran_counts_as_the_mean() -> None:
    """Nothing is promised before the first node ran; then new nodes count as much as those that did."""
    progress = RunProgress({"a": None, "b": None, "c": 5.0})
    assert seconds_left(progress) is None
    progress.note(Finished("a", 1, 2.0))
    assert seconds_left(progress) == 7.0
