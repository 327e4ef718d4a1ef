"""Edits that could leave an old value behind: what is fresh is what a new kernel computes from the same cells."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_magics.engine.run.bytecode import runs_file
from tests.isolation.test_attacks import Kernel

Cells = dict[str, str]
X = "%%inputs\nx = 2"
LIB = "%%setup\nimport fresh_lib as lib"
FROM = "%%setup\nfrom fresh_lib import f"

EDITS: dict[str, tuple[Cells, list[tuple[str, str]]]] = {
    "a constant": ({"s": "%%setup\nK = 1", "x": X, "n": "%%node n\nx + K"}, [("s", "%%setup\nK = 2")]),
    "a constant by a helper": (
        {"s": "%%setup\nK = 1\ndef f(x):\n    return x + K", "x": X, "n": "%%node n\nf(x)"},
        [("s", "%%setup\nK = 2\ndef f(x):\n    return x + K")],
    ),
    "a constant two helpers away": (
        {
            "s": "%%setup\nK = 1\ndef g():\n    return K\ndef f(x):\n    return x + g()",
            "x": X,
            "n": "%%node n\nf(x)",
        },
        [("s", "%%setup\nK = 2\ndef g():\n    return K\ndef f(x):\n    return x + g()")],
    ),
    "a default of a helper": (
        {"s": "%%setup\nK = 1\ndef f(x, k=K):\n    return x + k", "x": X, "n": "%%node n\nf(x)"},
        [("s", "%%setup\nK = 2\ndef f(x, k=K):\n    return x + k")],
    ),
    "a class attribute": (
        {"s": "%%setup\nclass C:\n    k = 1", "x": X, "n": "%%node n\nx + C.k"},
        [("s", "%%setup\nclass C:\n    k = 2")],
    ),
    "a method": (
        {
            "s": "%%setup\nclass C:\n    def f(self):\n        return 1\nc = C()",
            "x": X,
            "n": "%%node n\nx + c.f()",
        },
        [("s", "%%setup\nclass C:\n    def f(self):\n        return 2\nc = C()")],
    ),
    "a closure": (
        {
            "s": "%%setup\ndef make(k):\n    return lambda x: x + k\nf = make(1)",
            "x": X,
            "n": "%%node n\nf(x)",
        },
        [("s", "%%setup\ndef make(k):\n    return lambda x: x + k\nf = make(2)")],
    ),
    "a partial": (
        {"s": "%%setup\nimport functools\nf = functools.partial(pow, 2)", "x": X, "n": "%%node n\nf(x)"},
        [("s", "%%setup\nimport functools\nf = functools.partial(pow, 3)")],
    ),
    "a decorator": (
        {"s": "%%setup\ndef d(f):\n    return f\n@d\ndef h(x):\n    return x", "x": X, "n": "%%node n\nh(x)"},
        [("s", "%%setup\ndef d(f):\n    return lambda x: -f(x)\n@d\ndef h(x):\n    return x")],
    ),
    "a cached helper": (
        {
            "s": "%%setup\nimport functools\nK = 1\n@functools.cache\ndef f(x):\n    return x + K",
            "x": X,
            "n": "%%node n\nf(x)",
        },
        [("s", "%%setup\nimport functools\nK = 2\n@functools.cache\ndef f(x):\n    return x + K")],
    ),
    "a later setup cell that adds": (
        {"s": "%%setup\nW = [1]", "x": X, "n": "%%node n\nsum(W) + x"},
        [("t", "%%setup\nW.append(5)")],
    ),
    "a later setup cell that is edited": (
        {"s": "%%setup\nW = [1]", "t": "%%setup\nW.append(5)", "x": X, "n": "%%node n\nsum(W) + x"},
        [("t", "%%setup\nW.append(6)")],
    ),
    "a registry": (
        {"s": "%%setup\nR = {}", "t": "%%setup\nR['a'] = 1", "x": X, "n": "%%node n\nsum(R.values()) + x"},
        [("t", "%%setup\nR['b'] = 2")],
    ),
    "an input of the same length": (
        {"x": "%%inputs\nx = [1, 2]", "n": "%%node n\nsum(x)"},
        [("x", "%%inputs\nx = [1, 3]")],
    ),
    "an input that is equal and of another type": (
        {"x": "%%inputs\nx = 1", "n": "%%node n\nrepr(x)"},
        [("x", "%%inputs\nx = True")],
    ),
    "minus zero": ({"x": "%%inputs\nx = 0.0", "n": "%%node n\nrepr(x)"}, [("x", "%%inputs\nx = -0.0")]),
    "a param": ({"p": "%%params\np = 1", "n": "%%node n\np + 1"}, [("p", "%%params\np = 2")]),
    "a param of a constant": (
        {"s": "%%setup\nK = 1", "p": "%%params\np = K", "n": "%%node n\np + 1"},
        [("s", "%%setup\nK = 2")],
    ),
    "a node upstream that comes back": (
        {"x": X, "a": "%%node a\nx + 1", "n": "%%node n\na * 2"},
        [("a", "%%node a\nx + 5"), ("a", "%%node a\nx + 1")],
    ),
    "a private helper of the cell": (
        {"x": X, "n": "%%node\ndef _h(x):\n    return x\n\ndef n(x):\n    return _h(x)"},
        [("n", "%%node\ndef _h(x):\n    return -x\n\ndef n(x):\n    return _h(x)")],
    ),
    "another variant": (
        {
            "p": "%%params\nmode = 'a'",
            "a": "%%node n --when mode=a\n1",
            "b": "%%node n --when mode=b\n2",
            "m": "%%node m\nn + 1",
        },
        [("p", "%%params\nmode = 'b'")],
    ),
    "a failed attack before the edit": (
        {
            "s": "%%setup\nW = [1]",
            "x": X,
            "a": "%%node a\nw = W\nw.append(x)\n1",
            "n": "%%node n\nsum(W) + x",
        },
        [("x", "%%inputs\nx = 3"), ("x", "%%inputs\nx = 4")],
    ),
    "a helper that counts, corrected": (
        {
            "s": "%%setup\nN = [0]\ndef f(x):\n    N[0] += 1\n    return x + N[0]",
            "x": X,
            "n": "%%node n\nf(x)",
        },
        [("x", "%%inputs\nx = 3"), ("s", "%%setup\nN = [0]\ndef f(x):\n    return x + N[0]")],
    ),
    "an ordinary cell in between": (
        {"s": "%%setup\nclass P:\n    rate = 1\nW = [1]", "x": X, "n": "%%node n\nx + P.rate + sum(W)"},
        [("", "P.rate = 50\nW.append(9)"), ("x", "%%inputs\nx = 3")],
    ),
    "an ordinary cell that rebinds": (
        {"s": "%%setup\ndef f(x):\n    return x", "x": X, "n": "%%node n\nf(x)"},
        [("", "f.__code__ = (lambda x: 99).__code__"), ("x", "%%inputs\nx = 3")],
    ),
    "an ordinary cell that fills a helper's list": (
        {"s": "%%setup\nW = []\ndef push(x):\n    W.append(x)", "x": X, "n": "%%node n\nlen(W) + x"},
        [("", "push(1)"), ("x", "%%inputs\nx = 3")],
    ),
}


@pytest.mark.parametrize("how", EDITS)
def test_what_is_fresh_is_what_a_new_kernel_computes(how: str) -> None:
    """After any of these edits, every value is that of a kernel that ran the cells as they are now."""
    cells, edits = EDITS[how]
    edited, now = Kernel(), dict(cells)
    for id, text in cells.items():
        edited.ours(id, text)
    for id, text in edits:
        if id:
            edited.ours(id, text)
            now[id] = text
        else:
            edited.ordinary(text)
    assert outcomes(edited) == outcomes(kernel(now))


def kernel(cells: Cells) -> Kernel:
    """A new kernel that ran these cells in order."""
    made = Kernel()
    for id, text in cells.items():
        made.ours(id, text)
    return made


def outcomes(made: Kernel) -> dict[str, str]:
    """Each node's value or error when everything is computed."""
    session = made.notebook.session
    list(session.compute())
    return {
        name: repr(memo.value) if (memo := session.memos[name]).error is None else memo.error.code
        for name in session.graph.names()
        if name in session.memos
    }


@pytest.fixture
def lib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module beside the notebook that imports another one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "fresh_lib.py").write_text(
        "import fresh_deep\n\nK = 1\n\n\ndef f(x):\n    return x + K + fresh_deep.g()\n"
    )
    (tmp_path / "fresh_deep.py").write_text("def g():\n    return 10\n")
    yield tmp_path
    for name in ("fresh_lib", "fresh_deep"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def _rewrite(path: Path, old: str, new: str, keep_time: bool = False) -> None:
    status = path.stat()
    path.write_text(path.read_text().replace(old, new))
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


FILES: dict[str, tuple[str, str, str, str, bool]] = {
    "a module": (LIB, "fresh_lib.py", "x + K", "x - K", False),
    "a variable of a module": (LIB, "fresh_lib.py", "K = 1", "K = 7", False),
    "a module within a module": (LIB, "fresh_deep.py", "10", "20", False),
    "a name from a module": (FROM, "fresh_lib.py", "x + K", "x - K", False),
    "a module that grows": (LIB, "fresh_lib.py", "K = 1", "K = 1_000", False),
}


@pytest.mark.parametrize("how", FILES)
@pytest.mark.parametrize("reload", [False, True])
def test_a_module_whose_file_changed(how: str, reload: bool, lib: Path) -> None:
    """Its nodes are stale at the next cell, also where the setup reloads it."""
    setup, file, old, new, keep = FILES[how]
    if reload:
        setup += "\nimport importlib, sys\nimportlib.reload(sys.modules['fresh_lib'])"
    call = "lib.f(x)" if "as lib" in setup else "f(x)"
    cells = {"s": setup, "x": X, "n": f"%%node n\n{call}"}
    edited = kernel(cells)
    _rewrite(lib / file, old, new, keep)
    edited.ordinary("pass")
    found = outcomes(edited)
    for name in ("fresh_lib", "fresh_deep"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    assert found == outcomes(kernel(cells))
    assert found["n"].lstrip("-").isdigit()


def test_ctrl_c_while_a_changed_module_is_loaded(lib: Path) -> None:
    """The next cell loads it: the change is not lost."""
    stop = "import builtins\nif vars(builtins).pop('stop_once', 0):\n    raise KeyboardInterrupt"
    cells = {"s": f"{LIB}\n{stop}", "x": X, "n": "%%node n\nlib.f(x)"}
    edited = kernel(cells)
    _rewrite(lib / "fresh_lib.py", "x + K", "x - K")
    builtins.stop_once = True  # type: ignore[attr-defined]
    with contextlib.suppress(KeyboardInterrupt):
        edited.ordinary("pass")
    edited.ordinary("pass")
    assert outcomes(edited)["n"] == "11"


def test_bytecode_of_an_older_text(lib: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kernel runs a module as its file says, where Python trusts bytecode of the same second and size."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file = lib / "fresh_deep.py"
    later = file.stat().st_mtime + 60  # no bytecode of this test is written in a second after it
    os.utime(file, (later, later))
    assert __import__("fresh_lib").f(0) == 11
    _rewrite(file, "10", "20", keep_time=True)
    for name in ("fresh_lib", "fresh_deep"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    assert __import__("fresh_lib").f(0) == 11  # what Python does
    for name in ("fresh_lib", "fresh_deep"):
        sys.modules.pop(name, None)
    new = kernel({"s": LIB, "x": X, "n": "%%node n\nlib.f(x)"})
    new.ordinary("pass")
    assert outcomes(new)["n"] == "23"


def test_bytecode_that_cannot_be_read_is_no_reason_to_run_code_again(lib: Path) -> None:
    """A module whose bytecode is damaged or absent was made of its file's text."""
    module = __import__("fresh_deep")
    file = lib / "fresh_deep.py"
    os.utime(file, (file.stat().st_mtime + 60,) * 2)
    for written in (lib / "absent.pyc", lib / "short.pyc", lib / "damaged.pyc"):
        module.__cached__ = str(written)
        (lib / "short.pyc").write_bytes(b"")
        (lib / "damaged.pyc").write_bytes(bytes(16) + b"damaged")
        assert runs_file(module, file)
