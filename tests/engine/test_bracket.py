"""Brackets behave as blocks of `contextlib.contextmanager` do, and end at once wherever an interrupt comes."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from kernel_magics.engine import bracket as brackets
from kernel_magics.engine.bracket import bracket, whole
from tests.moments import moments

done: list[str] = []


@bracket
def noted(name: str) -> Iterator[str]:
    """Note the begin and the end."""
    try:
        done.append(f"begin {name}")
        yield name.upper()
    finally:
        done.append(f"end {name}")


@bracket
def swallowed() -> Iterator[None]:
    """Swallow a ValueError, and turn a KeyError into a TypeError."""
    try:
        yield
    except ValueError:
        pass
    except KeyError as error:
        raise TypeError("no key") from error


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    done.clear()
    yield
    assert not brackets._OPEN


def test_a_bracket_gives_its_value_and_ends() -> None:
    """The block runs at the `yield`."""
    with noted("a") as name:
        done.append(name)
    assert done == ["begin a", "A", "end a"]


def test_a_bracket_decorates_functions() -> None:
    """Each call is a block of its own."""

    @noted("f")
    def f() -> None:
        done.append("f")

    f()
    f()
    assert done == ["begin f", "f", "end f"] * 2


@pytest.mark.parametrize("error", [OSError("x"), StopIteration(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_error_of_the_block_is_the_same_error_behind_it(error: BaseException) -> None:
    """With its traceback, and the block has ended."""
    with pytest.raises(type(error)) as caught, noted("a"):
        raise error
    assert caught.value is error
    assert done == ["begin a", "end a"]


def test_a_bracket_may_swallow_or_replace_an_error() -> None:
    """As the code around the `yield` says."""
    with swallowed():
        raise ValueError
    with pytest.raises(TypeError, match="no key"), swallowed():
        raise KeyError


def test_whole_ends_what_is_open_on_its_thread_alone() -> None:
    """Brackets of a suspended generator and of other threads stay open."""
    entered, leave = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with noted("other"):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=elsewhere)
    with noted("outer"):

        @whole
        def stopped() -> None:
            thread.start()
            assert entered.wait(10)
            noted("inner").__enter__()
            noted("innermost").__enter__()

        stopped()
        assert done[-2:] == ["end innermost", "end inner"]
        assert "end outer" not in done
        assert "end other" not in done
    leave.set()
    thread.join()


def _interrupted(at: int) -> tuple[BaseException | None, bool]:
    """Ctrl-C at a moment of a function with a block; the error, and whether that many were there."""
    left = at

    @whole
    def work() -> None:
        with noted("a"):
            done.append("block")

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in moments(frame.f_code):
            left -= 1
            if not left:
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt as error:
        return error, True
    finally:
        sys.settrace(None)
    return None, left <= 0


def test_what_began_has_ended_at_whatever_moment_the_interrupt_comes() -> None:
    """Not when the garbage is collected, although the error keeps all frames alive."""
    gc.freeze()  # what was there before is not looked at
    at = stopped = 0
    came = True
    while came:
        at += 1
        done.clear()
        error, came = _interrupted(at)
        stopped += error is not None
        if _is_in_whole(error):
            brackets._OPEN.clear()
            continue  # there is one interrupt, and `whole` itself gets it
        assert "begin a" not in done or "end a" in done, at
        seen = list(done)
        del error
        gc.collect()
        assert done == seen, at
    assert stopped > 15


def _is_in_whole(error: BaseException | None) -> bool:
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_code.co_qualname if trace is not None else ""
    return name.startswith("whole") or name == "Bracket.end" or "finally" in name
