"""The disk cache never gives an old value silently: what a node does when it runs decides, not names in its code."""

from __future__ import annotations

import decimal
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics.engine.run.recorder import Record, recording, still
from tests.store.test_restart import Kernel
from tests.waiting import PATIENCE

SETUP = """%%setup
import ctypes
import datetime as dt
import functools
import glob
import importlib
import io
import json
import os
import pathlib
import pickle
import platform
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from operator import attrgetter, methodcaller

import numpy as np
import pandas as pd
import outside_helper as lib

moment, draw, look = dt.datetime.now, random.random, os.stat
peek = getattr(pathlib.Path, "read" + "_text")
"""
HELPER = '''"""A module beside the notebook."""
import datetime
import json
import os
import random
import time
from pathlib import Path

import pandas as pd

RATE = json.loads(Path("conf.json").read_text())["rate"]
OPTIONS = {"scale": 1}


class Config:
    rate = RATE


def with_default(x, rate=RATE):
    return x * rate


def load(name):
    with open(name) as file:
        return file.read()


def parsed(name):
    return json.loads(Path(name).read_text())


def stamp():
    return str(datetime.datetime.now())


def day_and_time():
    return time.strftime("%H:%M:%S")


def now_of_pandas():
    return pd.Timestamp.now()


def ticks():
    return time.time_ns()


def drawn():
    return random.random()


def folder():
    return sorted(os.listdir("data"))


def exists(name):
    return Path(name).exists()


def variable():
    return os.environ.get("DAGBOOK_TEST", "")


def scaled(x):
    return x * OPTIONS["scale"]


def rated(x):
    return x * RATE


def lines(name):
    yield from open(name)


class Reader:
    def __init__(self, name):
        self.name = name

    @property
    def content(self):
        return Path(self.name).read_bytes()

    def __len__(self):
        return len(self.content)
'''


def rewrite() -> None:
    """The file holds something else, of the same length and with the same time."""
    status = os.stat("data/a.csv")
    Path("data/a.csv").write_text("k,v\n1,9\n")
    os.utime("data/a.csv", ns=(status.st_atime_ns, status.st_mtime_ns))


def grow() -> None:
    """The file and its folder are other ones."""
    Path("data/a.csv").write_text("k,v\n1,2\n3,4\n")
    Path("data/b.csv").write_text("k,v\n")
    Path("new.txt").write_text("")


def set_variable() -> None:
    """A variable of the environment is another one."""
    os.environ["DAGBOOK_TEST"] = "2"


def configure() -> None:
    """The module's file is the same, and what it read when it was loaded is not."""
    Path("conf.json").write_text('{"rate": 5}')
    sys.modules.pop("outside_helper")


def set_option() -> None:
    """Somebody sets a variable of the module."""
    sys.modules["outside_helper"].OPTIONS["scale"] = 7


def set_pandas() -> None:
    """An option of pandas is another one."""
    pd.set_option("display.precision", 2)


def set_numpy() -> None:
    """How NumPy prints is another one."""
    np.set_printoptions(precision=2)


def set_decimal() -> None:
    """Decimals are computed with other precision."""
    decimal.getcontext().prec = 5


def nothing() -> None:
    """Time goes by."""


def move() -> None:
    """The kernel runs in another folder."""
    Path("elsewhere").mkdir()
    Path("elsewhere/conf.json").write_text('{"rate": 2}')
    os.chdir("elsewhere")


Change = Callable[[], None]
BODIES: dict[str, tuple[str, Change]] = {
    "a file by a helper": ('lib.load("data/a.csv")', rewrite),
    "a file by a parsed helper": ('lib.parsed("conf.json")["rate"]', configure),
    "a file by an alias": ('peek(pathlib.Path("data/a.csv"))', rewrite),
    "a file by getattr": ('getattr(pathlib.Path("data/a.csv"), "read" + "_text")()', rewrite),
    "a file by a builtin's name": ('vars(__import__("builtins"))["op" + "en"]("data/a.csv").read()', rewrite),
    "a file by io": ('io.FileIO("data/a.csv").readall()', rewrite),
    "a file by a descriptor": ('os.read(os.open("data/a.csv", os.O_RDONLY), 99)', rewrite),
    "a file by map": ('list(map(lib.load, ["data/a.csv"]))', rewrite),
    "a file by methodcaller": ('methodcaller("read" + "_bytes")(pathlib.Path("data/a.csv"))', rewrite),
    "a file by partial": ('functools.partial(lib.load, "data/a.csv")()', rewrite),
    "a file by pandas": ('getattr(pd, "read_" + "csv")("data/a.csv")', rewrite),
    "a file by pandas, its name in a list": (
        '[f("data/a.csv") for n, f in vars(pd).items() if n == "read_" + "csv"][0]',
        rewrite,
    ),
    "a file by numpy": (
        'getattr(np, "gen" + "fromtxt")("data/a.csv", delimiter=",", skip_header=1)',
        rewrite,
    ),
    "a file by numpy's loader": (
        'getattr(np, "load" + "txt")("data/a.csv", delimiter=",", skiprows=1)',
        rewrite,
    ),
    "a file by linecache": ('__import__("linecache").getlines("data/a.csv")', grow),
    "a file by fileinput": ('list(__import__("fileinput").input("data/a.csv"))', rewrite),
    "a file by configparser": (
        '__import__("csv").reader(io.TextIOWrapper(io.FileIO("data/a.csv"))).__next__() and lib.load("data/a.csv")',
        rewrite,
    ),
    "a file by a generator": ('"".join(lib.lines("data/a.csv"))', rewrite),
    "a file by a property": ('lib.Reader("data/a.csv").content', rewrite),
    "a file by a length": ('len(lib.Reader("data/a.csv"))', grow),
    "a file by runpy": (
        'len(__import__("runpy").run_path("code.py"))',
        lambda: Path("code.py").write_text("a = 1\nb = 2\n") and None,
    ),
    "a file by exec": (
        'exec(compile("found = lib.load(\'data/a.csv\')", "", "exec"), {"lib": lib}) or lib.load("data/a.csv")',
        rewrite,
    ),
    "a file in a thread": (
        'f = []\nt = threading.Thread(target=lambda: f.append(lib.load("data/a.csv")))\nt.start()\nt.join()\nf',
        rewrite,
    ),
    "a file in a pool": (
        'list(__import__("concurrent.futures").futures.ThreadPoolExecutor(1).map(lib.load, ["data/a.csv"]))',
        rewrite,
    ),
    "a file by its lines": ('sum(1 for _ in lib.lines("data/a.csv"))', grow),
    "a pickle": (
        'pickle.load(io.FileIO("data/p.pkl"))',
        lambda: Path("data/p.pkl").write_bytes(b"I2\n.") and None,
    ),
    "json by a helper": ('lib.parsed("conf.json")', configure),
    "whether a file is there": ('lib.exists("new.txt")', grow),
    "whether a file is there, by os": ('getattr(os.path, "ex" + "ists")("new.txt")', grow),
    "the size of a file": ('getattr(os.path, "get" + "size")("data/a.csv")', grow),
    "the status of a file": ('look("data/a.csv").st_size', grow),
    "the names of a folder": ('getattr(os, "list" + "dir")("data")', grow),
    "the names of a folder, by a helper": ("lib.folder()", grow),
    "the names of a folder, by pathlib": (
        'sorted(map(str, getattr(pathlib.Path("data"), "iter" + "dir")()))',
        grow,
    ),
    "the names by a pattern": ('getattr(glob, "gl" + "ob")("data/*.csv")', grow),
    "a walk": ('[f for _, _, f in getattr(os, "wa" + "lk")("data")]', grow),
    "a variable": ("lib.variable()", set_variable),
    "a variable, by its mapping": ('getattr(os, "envi" + "ron")["DAGBOOK_TEST"]', set_variable),
    "all variables": ('len(sorted(f"{k}{v}" for k, v in getattr(os, "envi" + "ron").items()))', set_variable),
    "the folder of work": ('getattr(os, "get" + "cwd")()', move),
    "the folder of work, by pathlib": ('str(pathlib.Path(".").absolute())', move),
    "a path made absolute": ('os.path.abspath("x")', move),
    "the clock by a name": ("str(moment())", nothing),
    "the clock by a helper": ("lib.stamp()", nothing),
    "the clock by time_ns": ("lib.ticks()", nothing),
    "the clock as text": ("lib.day_and_time()", nothing),
    "the clock by getattr": ('getattr(time, "ti" + "me")()', nothing),
    "the clock by attrgetter": ('attrgetter("ti" + "me")(time)()', nothing),
    "today": ('getattr(dt.date, "to" + "day")()', nothing),
    "ticks": ('getattr(time, "perf_" + "counter")()', nothing),
    "a monotonic clock": ('getattr(time, "mono" + "tonic")()', nothing),
    "the clock of a subclass": (
        'type("D", (dt.datetime,), {}).__mro__[1].__dict__["n" + "ow"].__get__(None, dt.datetime)()',
        nothing,
    ),
    "the clock of pandas, by a helper": ("lib.now_of_pandas()", nothing),
    "the clock of pandas": ('getattr(pd.Timestamp, "n" + "ow")()', nothing),
    "the local time": ('list(getattr(time, "local" + "time")())', nothing),
    "a draw by a name": ("draw()", nothing),
    "a draw by a helper": ("lib.drawn()", nothing),
    "a draw of numpy": ('getattr(np, "ran" + "dom").rand()', nothing),
    "a generator without a seed": ('getattr(np, "ran" + "dom").default_rng().random()', nothing),
    "a generator of Python without a seed": ('getattr(random, "Ran" + "dom")().random()', nothing),
    "a shuffled frame": ('getattr(pd.Series(range(9)), "sam" + "ple")(3).tolist()', nothing),
    "a secret": ('getattr(secrets, "token_" + "hex")(4)', nothing),
    "an id": ('getattr(uuid, "uuid" + "4")()', nothing),
    "bytes of the system": ('getattr(os, "uran" + "dom")(4)', nothing),
    "bytes of a device": ('lib.Reader("/dev/urandom").name and io.FileIO("/dev/urandom").read(4)', nothing),
    "a process": ('getattr(subprocess, "check_" + "output")(["true"])', nothing),
    "a shell": ('getattr(os, "sys" + "tem")("true")', nothing),
    "a pipe of a process": ('getattr(os, "po" + "pen")("true").read()', nothing),
    "the number of the process": ('getattr(os, "get" + "pid")()', nothing),
    "the name of the machine": ('getattr(socket, "get" + "hostname")()', nothing),
    "a connection": ('s = getattr(socket, "soc" + "ket")()\ns.close()\n1', nothing),
    "the load of the machine": ('getattr(os, "getload" + "avg")()', nothing),
    "the uptime": ('io.FileIO("/proc/uptime").read()', nothing),
    "a database": ('__import__("sqlite" + "3").connect("data.db").execute("select 1").fetchall()', nothing),
    "a written file": ('io.FileIO("out.txt", "w").write(b"1")', nothing),
    "an option of pandas": ("str(pd.DataFrame({'a': [1 / 3]}))", set_pandas),
    "an option of numpy": ("str(np.array([1 / 3]))", set_numpy),
    "the precision of decimals": ('str(__import__("decimal").Decimal(1) / 3)', set_decimal),
    "a module's variable": ("lib.rated(2)", configure),
    "a module's class": ("lib.Config.rate", configure),
    "a module's default": ("lib.with_default(2)", configure),
    "a module's option": ("lib.scaled(2)", set_option),
}


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A project with a file, a folder and a helper module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DAGBOOK_TEST", "1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("k,v\n1,2\n")
    (tmp_path / "data" / "p.pkl").write_bytes(b"I1\n.")
    (tmp_path / "code.py").write_text("a = 1\n")
    (tmp_path / "conf.json").write_text('{"rate": 3}')
    (tmp_path / "outside_helper.py").write_text(HELPER)
    with pd.option_context("display.precision", 6), np.printoptions(), decimal.localcontext():
        yield Kernel(tmp_path / "cache")
    sys.modules.pop("outside_helper", None)


@pytest.mark.parametrize("how", BODIES)
def test_no_old_value_is_given(kernel: Kernel, how: str) -> None:
    """In a new kernel, after the world has changed, the node is computed again or what it read is the same."""
    body, change = BODIES[how]
    cells = (SETUP, f"%%node n\n{body}")
    assert kernel.run(*cells) == ["finished n"]
    change()
    assert kernel.run(*cells) == ["finished n"]


@pytest.mark.parametrize(
    "body",
    [
        'lib.load("data/a.csv")',
        'lib.parsed("conf.json")["rate"]',
        "lib.folder()",
        "lib.variable()",
        "lib.rated(2)",
        "np.sqrt(2) + pd.Series([1, 2]).sum()",
        "np.random.default_rng(1).random()",
        "random.Random(1).random()",
        "pd.DataFrame({'a': [1, 2]}).groupby('a').size()",
        "dt.date(2020, 1, 1)",
    ],
)
def test_what_read_the_same_is_reused(kernel: Kernel, body: str) -> None:
    """What was read is in the key: a file that is as it was gives the value from the disk."""
    cells = (SETUP, f"%%node n\n{body}")
    assert kernel.run(*cells) == ["finished n"]
    assert kernel.run(*cells) == ["reused n"], kernel.unkept()


def test_it_says_why_a_value_is_not_kept(kernel: Kernel) -> None:
    """The reason is what the node did when it ran."""
    kernel.run(SETUP, "%%node n\nlib.stamp()")
    assert kernel.unkept() == {"n": "when it ran, it used the clock"}


def test_nothing_is_recorded_for_other_threads(tmp_path: Path) -> None:
    """A page's thread that reads files is no part of a node that runs."""
    (tmp_path / "a").write_text("1")
    go, done = threading.Event(), threading.Event()

    def page() -> None:
        go.wait(PATIENCE)
        (tmp_path / "a").read_text()
        done.set()

    thread = threading.Thread(target=page)
    thread.start()
    record = Record()
    with recording(record):
        go.set()
        done.wait(PATIENCE)
    thread.join()
    assert record.reads() == ()


def test_a_read_holds_while_its_content_does(tmp_path: Path) -> None:
    """The time of a file says nothing: its content does."""
    path = tmp_path / "a"
    path.write_text("1")
    record = Record()
    with recording(record):
        path.read_text()
    reads = record.reads()
    assert still(reads)
    path.touch()
    assert still(reads)
    path.write_text("2")
    assert not still(reads)
