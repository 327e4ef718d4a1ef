"""A record is what a function did besides computing: what it read, and actions that cannot be repeated.

Names in code show little: a helper, an attribute or a library may read anything. So Python itself reports
while the function runs: its audit events give files, processes and connections, its profiler the calls of
clocks and of the system. What a library does in compiled code, without Python, is not seen.
"""

from __future__ import annotations

import functools
import importlib
import os
import random
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from types import FrameType, FunctionType
from typing import Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.failure import CELL_FILE
from kernel_magics.engine.values.surroundings import RANDOM

Read = tuple[str, str, str]
"""What was read, its name, and a digest of what it was: ("file", "/data/a.csv", "…")."""

_CHUNK: Final = 1 << 20
CLOCK, NETWORK, FILES = "the clock", "the network", "files"
_PROCESS, _WRITES, _INPUT, _MACHINE = (
    "another process",
    "files that it writes",
    "what a person types",
    "the machine",
)
_REFUSED: Final = {
    "socket.": NETWORK,
    "urllib.Request": NETWORK,
    "http.client.": NETWORK,
    "ftplib.": NETWORK,
    "smtplib.": NETWORK,
    "subprocess.Popen": _PROCESS,
    "os.system": _PROCESS,
    "os.exec": _PROCESS,
    "os.posix_spawn": _PROCESS,
    "os.spawn": _PROCESS,
    "os.fork": _PROCESS,
    "os.startfile": _PROCESS,
    "pty.spawn": _PROCESS,
    "sqlite3.connect": FILES,
    "mmap.__new__": FILES,
    "builtins.input": _INPUT,
    "os.remove": _WRITES,
    "os.rename": _WRITES,
    "os.mkdir": _WRITES,
    "os.rmdir": _WRITES,
    "os.link": _WRITES,
    "os.symlink": _WRITES,
    "os.truncate": _WRITES,
    "os.utime": _WRITES,
    "shutil.": _WRITES,
    "tempfile.": _WRITES,
    "os.getxattr": FILES,
    "os.listxattr": FILES,
    "ctypes.dlopen": _MACHINE,
}
_TICKS: Final = frozenset({"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns"})
_TIMES: Final = frozenset(
    {
        "time",
        "time_ns",
        "localtime",
        "gmtime",
        "ctime",
        "strftime",
        "asctime",
        "clock_gettime",
        "process_time",
    }
    | {"process_time_ns", "thread_time", "thread_time_ns", "clock_gettime_ns"}
)
_MOMENTS: Final = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})
_SYSTEM: Final = {
    "urandom": RANDOM,
    "getrandom": RANDOM,
    "getpid": _MACHINE,
    "getppid": _MACHINE,
    "getlogin": _MACHINE,
    "getuid": _MACHINE,
    "uname": _MACHINE,
    "times": CLOCK,
    "getloadavg": _MACHINE,
    "cpu_count": "",
    "stat": FILES,
    "lstat": FILES,
    "access": FILES,
    "readlink": FILES,
    "statvfs": FILES,
    "pipe": _PROCESS,
}
_READERS: Final = ("read_parquet", "read_feather", "read_orc", "read_ipc", "read_hdf", "read_table", "scan_")
_LIBRARIES: Final = ("pandas", "polars", "pyarrow", "duckdb", "h5py", "torch", "datasets")
_OWN_CODE: Final = tuple(
    f"{place}{os.sep}"
    for name, place in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib", "purelib", "platlib")
)


@dataclass(slots=True)
class Record:
    """What a function did.

    Attributes:
        names: what it read and can be read again, by kind and name, with what it was then: see `_present`.
        paused: while a module is loaded, whose code and variables are in the key.
        refused: actions whose result may differ the next time.
    """

    names: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: dict[str, None] = field(default_factory=dict)
    paused: bool = False

    def refuse(self, what: str) -> None:
        """Record an action whose result may differ the next time."""
        self.refused[what] = None

    def read(self, kind: str, name: str) -> None:
        """Record what is read, and what it is before that."""
        if (kind, name) not in self.names:
            paused, self.paused = self.paused, True  # to look at it is no action of the function
            self.names[kind, name] = _present(kind, name)
            self.paused = paused

    def reads(self) -> tuple[Read, ...] | None:
        """What it read, each with its digest; None where something changed meanwhile, or is no ordinary file.

        A value that was made from the old content must not be kept for the new one.
        """
        found: list[Read] = []
        for (kind, name), before in self.names.items():
            digest = _digest(kind, name)
            if digest == _OTHER or before not in (digest, _status(name) if kind == "file" else digest):
                return None
            found.append((kind, name, digest))
        return tuple(found)


_stat: Final = os.stat
_now: Final = time.time_ns


def still(reads: tuple[Read, ...]) -> bool:
    """True when everything that was read is unchanged."""
    return all(_digest(kind, name) == digest for kind, name, digest in reads)


_OTHER: Final = "no ordinary file"
_SETTLED: Final = 2 * 10**9  # nanoseconds, by which the clocks of file systems are finer


def _present(kind: str, name: str) -> str:
    """What it is now: of a file, its status if that would tell of a change, else its digest."""
    if kind != "file":
        return _digest(kind, name)
    try:
        status = _stat(name)
    except (OSError, ValueError):
        return ""
    last = max(status.st_mtime_ns, status.st_ctime_ns)
    return _status(name) if _now() - last > _SETTLED else _digest(kind, name)


def _status(name: str) -> str:
    try:
        status = _stat(name)
    except (OSError, ValueError):
        return ""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _digest(kind: str, name: str) -> str:
    """A text that differs when what is read differs; "" if it does not exist."""
    try:
        if kind == "variable":
            value = os.environ.get(name)
            return "" if value is None else blake2b(value.encode(), digest_size=16).hexdigest()
        if kind == "variables":
            return blake2b(repr(sorted(os.environ.items())).encode(), digest_size=16).hexdigest()
        if kind == "folder of work":
            return os.getcwd()
        if kind == "status":
            status = _stat(name)
            return f"{status.st_mode} {status.st_size} {status.st_mtime_ns}"
        if kind == "names":
            with os.scandir(name) as entries:
                found = sorted((entry.name, *_sizes(entry)) for entry in entries)
            return blake2b(repr(found).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        mode = _stat(name).st_mode
        if not (S_ISREG(mode) or S_ISDIR(mode)):  # a pipe would be waited for
            return _OTHER
        hasher = blake2b(digest_size=16)
        with open(name, "rb") as file:
            while part := file.read(_CHUNK):
                hasher.update(part)
        return hasher.hexdigest()
    except (OSError, ValueError):
        return ""


def _sizes(entry: os.DirEntry[str]) -> tuple[int, int]:
    status = entry.stat(follow_symlinks=False)
    return status.st_size, status.st_mtime_ns


# -- while the function runs ------------------------------------------------------------------------------

_running: dict[int, Record] = {}  # by thread
_installed = False


@bracket
def recording(record: Record) -> Iterator[None]:
    """Record what this thread does within, and the threads that it starts.

    Each call of Python within is looked at: the less of ours happens there, the better.
    """
    global _installed
    if not _installed:
        sys.addaudithook(_heard)  # an audit hook cannot be removed: without a record it does nothing
        _installed = True
    me = threading.get_ident()
    profile = _Profile(record)
    before, state = sys.getprofile(), random.getstate()
    try:
        _running[me] = record
        threading.setprofile(profile.in_thread)
        sys.setprofile(profile.heard)
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
        _running.pop(me, None)
        for thread in [thread for thread, parent in _PARENTS.items() if parent == me]:
            _PARENTS.pop(thread, None)
        if random.getstate() != state:
            record.refuse(RANDOM)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _running:
        return
    record = _running.get(threading.get_ident()) or _running.get(_PARENTS.get(threading.get_ident(), 0))
    if record is None or record.paused:
        return
    if event == "open":
        _opened(record, *arguments[:3])
    elif event in ("os.listdir", "os.scandir"):
        _named(record, "names", "." if arguments[0] is None else arguments[0])
    else:
        what = _refused_by(event)
        if what:
            record.refuse(what)


@functools.lru_cache(1_000)
def _refused_by(event: str) -> str:
    """What an audit event shows that cannot be repeated; "" for nothing."""
    return next((what for prefix, what in _REFUSED.items() if event.startswith(prefix)), "")


_PARENTS: Final[dict[int, int]] = {}
_IGNORED: Final = ("/dev/null", os.devnull)
_SPECIAL: Final = ("/proc/", "/sys/", "/dev/")


def _opened(record: Record, path: object, mode: object, flags: object) -> None:
    if isinstance(path, int):
        return
    writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    writes = writes or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))
    name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    if name in _IGNORED:
        return
    if name in ("/dev/urandom", "/dev/random"):
        record.refuse(RANDOM)
    elif name.startswith(_SPECIAL):
        record.refuse(_MACHINE)
    elif writes:
        record.refuse(_WRITES)
    else:
        _named(record, "file", name)


def _named(record: Record, kind: str, path: object) -> None:
    if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
        record.refuse(FILES)
        return
    name = os.path.abspath(os.fsdecode(path))
    if not name.startswith(_OWN_CODE):  # the versions of these are in the key
        record.read(kind, name)


_LOAD: Final = importlib._bootstrap._find_and_load.__code__  # type: ignore[attr-defined]


class _Profile:
    """Handles each call of Python while a record is made."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._thread = threading.get_ident()
        self._loading: FrameType | None = None
        self._by_code: dict[Any, Callable[[FrameType], None]] = {
            type(os.environ).__getitem__.__code__: self._variable,
            type(os.environ).__iter__.__code__: self._variables,
            random.Random.seed.__code__: self._seed,
            random.SystemRandom.getrandbits.__code__: self._drawn,
        }

    def in_thread(self, frame: FrameType, event: str, argument: Any) -> None:
        """The profile function of threads that start meanwhile."""
        _PARENTS[threading.get_ident()] = self._thread
        self.heard(frame, event, argument)

    def heard(self, frame: FrameType, event: str, argument: Any) -> None:
        """The profile function: see `sys.setprofile`."""
        if self._loading is not None:
            if frame is self._loading and event == "return":
                self._loading, self._record.paused = None, False
        elif event == "c_call":
            self._called(frame, argument)
        elif event == "call":
            code = frame.f_code
            known = self._by_code.get(code)
            if code is _LOAD:
                self._loading, self._record.paused = frame, True
            elif known is not None:
                known(frame)
            elif code.co_name.startswith(_READERS):
                self._reader(frame)

    def _called(self, frame: FrameType, function: Any) -> None:
        module = getattr(function, "__module__", None)
        name = getattr(function, "__name__", "")
        if module == "time":
            if name in _TIMES or (name in _TICKS and _is_users(frame)):
                self._record.refuse(CLOCK)
        elif module == "posix" or module == "nt":
            self._system(frame, name)
        elif module in ("pwd", "grp", "_socket", "spwd", "resource"):
            self._record.refuse(_MACHINE if module != "_socket" else NETWORK)
        elif getattr(function, "__self__", None) is random._inst:
            if name != "getstate":
                self._record.refuse(RANDOM)
        elif getattr(function, "__qualname__", "") in _MOMENTS:
            self._record.refuse(CLOCK)

    def _system(self, frame: FrameType, name: str) -> None:
        if name == "getcwd":
            self._record.read("folder of work", "")
            return
        what = _SYSTEM.get(name, "")
        if what == FILES and frame.f_code.co_filename.startswith("<frozen importlib"):
            return
        if what == FILES:
            found = _path_of(frame)
            if found is not None:
                _named(self._record, "status", found)
                return
        if what:
            self._record.refuse(what)

    def _variable(self, frame: FrameType) -> None:
        name = frame.f_locals.get("key")
        self._record.read("variable", os.fsdecode(name) if isinstance(name, str | bytes) else "")

    def _variables(self, frame: FrameType) -> None:
        self._record.read("variables", "")

    def _seed(self, frame: FrameType) -> None:
        if frame.f_locals.get("a") is None:
            self._record.refuse(RANDOM)

    def _drawn(self, frame: FrameType) -> None:
        self._record.refuse(RANDOM)

    def _reader(self, frame: FrameType) -> None:
        root = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if root in _LIBRARIES:
            self._record.refuse(FILES)


_LOOKING: Final = frozenset(
    function.__code__
    for function in (
        *(Path.stat, os.path.exists, os.path.isfile, os.path.isdir, os.path.islink, os.path.lexists),
        *(os.path.getsize, os.path.getmtime, os.path.getctime, os.path.getatime),
    )
    if isinstance(function, FunctionType)
)


def _path_of(frame: FrameType) -> object:
    """The path that a function of Python passes to the system; None for others."""
    if frame.f_code not in _LOOKING:
        return None
    names = frame.f_code.co_varnames
    return frame.f_locals.get(names[0]) if names else None


def _is_users(frame: FrameType) -> bool:
    """True when a call is in the user's own code: a cell, or a module beside the notebook."""
    file = frame.f_code.co_filename
    return file.startswith(CELL_FILE) or not file.startswith(("<", *_OWN_CODE))
