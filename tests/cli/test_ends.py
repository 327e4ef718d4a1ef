"""Ends that are no exception, streams that take nothing, values and texts that are rude: one clear error each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli import main as cli
from kernel_magics.cli.main import main
from kernel_magics.cli.mcp_tools import Tools
from kernel_magics.cli.supervise import supervised
from kernel_magics.engine.errors import DataflowError, RunError
from tests.notebook_file import write_notebook
from tests.waiting import until
from tests.warm import run_warm

HOME = Path(__file__).parents[2]
SETUP = "%%setup\nimport faulthandler\nimport os\nimport signal"
INPUT = "%%inputs\nx: int = 1"


def write(folder: Path, *cells: str) -> Path:
    """A notebook with setup, an input and these cells."""
    return write_notebook(folder / "nb.ipynb", [SETUP, INPUT, *cells])


def ended(work: Callable[[], int]) -> str:
    """The report of a child process that ends before its work does."""
    with pytest.raises(RunError) as caught:
        supervised(work)
    return str(caught.value)


ENDS = {
    "exit": ("os._exit(0)", "ended itself with exit code 0"),
    "exit 3": ("os._exit(3)", "ended itself with exit code 3"),
    "exec": ("os.execv('/bin/true', ['true'])", "ended itself with exit code 0"),
    "crash": ("faulthandler.disable() and os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL"),
}
COMMANDS = {
    "check": ("check", "{nb}"),
    "run": ("run", "{nb}", "--samples", "-o", "{dir}/out.csv"),
    "export": ("export", "{nb}", "-o", "{dir}/feats.py"),
    "export --check": ("export", "{nb}", "-o", "{dir}/feats.py", "--check"),
    "nature": ("nature", "{nb}"),
    "diff --values": ("diff", "{nb}", "{nb}", "--values"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_that_ends_without_an_exception_is_told(tmp_path: Path, end: str) -> None:
    """Exit, exec, a crash, a kill in a node: how it ended and in which node, and never exit code 0."""
    code, how = ENDS[end]
    notebook = write(tmp_path, f"%%node ends\n({code}, x)[1]")
    said = ended(lambda: main(["check", str(notebook)]))
    assert f"DB331 the process {how} while it was computing 'ends'" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_runs_code_is_supervised(tmp_path: Path, command: str) -> None:
    """The real command, in a process of its own: exit code 1, one error, nothing written."""
    notebook = write(tmp_path, "%%node ends\n(os._exit(0), x)[1]")
    words = [word.format(nb=notebook, dir=tmp_path) for word in COMMANDS[command]]
    done = run_warm(["-m", "kernel_magics", *words], Path.cwd(), dict(os.environ))
    assert done.returncode == 1
    assert done.stderr.startswith("DB331 the process ended itself")
    assert [path.name for path in tmp_path.iterdir()] == ["nb.ipynb"]


def test_what_runs_at_the_end_of_the_process_does_not_change_the_code(tmp_path: Path) -> None:
    """A function that a node left for `atexit` ends the process with 0: the command has failed all the same."""
    notebook = write(
        tmp_path, "%%node late\nimport atexit\natexit.register(lambda: os._exit(0))\n1 // (x - x)"
    )
    done = run_warm(["-m", "kernel_magics", "check", str(notebook)], Path.cwd(), dict(os.environ))
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_the_place_is_told_for_setup_and_tests(tmp_path: Path) -> None:
    """Code of the setup and of test cells may end the process, too."""
    notebook = write_notebook(tmp_path / "s.ipynb", ["%%setup\nimport os\nos._exit(0)", INPUT, "%%node y\nx"])
    assert "while it was running the setup in cell [1]," in ended(lambda: main(["check", str(notebook)]))
    notebook = write(tmp_path, "%%node y\nx", "%%test y\nos._exit(0)")
    assert "while it was running the test in cell [4]," in ended(lambda: main(["check", str(notebook)]))


FEWER = "len(t) < 18"
TABLE = "%%inputs --key k\nt = pd.DataFrame({'k': ['a', 'b'] * 9, 'v': range(18)})"


@pytest.mark.parametrize(
    ("command", "when"),
    [
        *(("nature", when) for when in ("True", FEWER)),
        *(("check --point-in-time", when) for when in ("True", FEWER)),
        *(("export", when) for when in ("True", FEWER)),
        ("diff --values", "True"),
    ],
)
def test_the_node_is_told_that_ends_the_process(tmp_path: Path, command: str, when: str) -> None:
    """At its first call, or at one on fewer rows, after other nodes have run and before others would."""
    cells = [
        "%%setup\nimport os\nimport pandas as pd",
        TABLE,
        "%%node first\nt['v'] + 1",
        f"%%node ends\n(os._exit(0) if {when} else 0) or first + len(t)",
        "%%node last\nends + 1",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    words = {
        "nature": ["nature", str(notebook)],
        "diff --values": ["diff", str(notebook), str(notebook), "--values"],
        "check --point-in-time": ["check", str(notebook), "--point-in-time"],
        "export": ["export", str(notebook), "-o", str(tmp_path / "f.py")],
    }[command]
    said = ended(lambda: main(words))
    assert re.search(r"while it was (computing|trying) 'ends',", said), said


@pytest.mark.parametrize("magic", ["setup", "inputs"])
def test_the_cell_is_told_that_ends_the_process(tmp_path: Path, magic: str) -> None:
    """A cell of inputs runs when a value is needed, which is not while the setup runs."""
    end = {magic: "os._exit(0)"}
    cells = [
        f"%%setup\nimport os\n{end.get('setup', '')}",
        f"%%inputs\nx: int = 1\n{end.get('inputs', '')}",
        "%%node y\nx + 1",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    number = 1 + (magic == "inputs")
    for words in (["check"], ["nature"], ["run", "--samples", "-o", str(tmp_path / "o.csv")]):
        said = ended(lambda: main([words[0], str(notebook), *words[1:]]))  # noqa: B023  # called at once
        assert f"while it was running the {magic} in cell [{number}]," in said


def test_the_second_notebook_is_told(tmp_path: Path) -> None:
    """What a comparison computed of the first one is over when the other one's setup ends the process."""
    first = write(tmp_path, "%%node y\nx + 1")
    cells = ["%%setup\nimport os\nimport pandas as pd", "%%inputs\nx: int = os._exit(0) or 1", "%%node y\nx"]
    second = write_notebook(tmp_path / "second.ipynb", cells)
    said = ended(lambda: main(["diff", str(first), str(second), "--values"]))
    assert "while it was running the inputs in cell [2]," in said


def test_a_module_is_told_that_ends_the_process(tmp_path: Path) -> None:
    """The import of a module runs its code."""
    module = tmp_path / "m.py"
    module.write_text("import os\nos._exit(0)\n\n\ndef y(x: int) -> int:\n    return x\n")
    said = ended(lambda: main(["run", str(module), "--input", "x=1", "-o", str(tmp_path / "o.csv")]))
    assert f"while it was importing '{module}'," in said


def test_all_nodes_are_told_that_run_at_one_time(tmp_path: Path) -> None:
    """On threads, the one that began last need not be the one that ends the process."""
    cells = [
        "%%setup\nimport os\nimport threading\nlate = threading.Event()",
        INPUT,
        "%%node ends\nlate.wait(60) and os._exit(0) or x",
        "%%node waits\nlate.set() or threading.Event().wait(60) or x",
        "%%node after\nends + waits",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    words = ["run", str(notebook), "--samples", "-o", str(tmp_path / "o.csv"), "--executor", "threads"]
    assert "while it was computing 'ends' or 'waits'," in ended(lambda: main(words))


def test_an_example_is_told_that_ends_the_clean_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Examples are recorded on fewer rows than the proof: not the node that was proved last is the reason."""
    cells = [
        "%%setup\nimport os\nimport pandas as pd",
        TABLE.replace(" --key k", ""),
        "%%node ends\nos._exit(0) if len(t) < 18 else t['v'] + 1",
        "%%node last\nends + 1",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "f.py")]) == 1
    assert "DB505 the clean process ended with code 0 in 'ends' (cell [3])" in capsys.readouterr().err


def test_an_ordinary_cell_is_told_that_ends_the_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notebook that a conversion runs, too."""
    notebook = write_notebook(tmp_path / "o.ipynb", ["import os\na = 1", "b = a + 1\nos._exit(0)", "c = b"])
    assert main(["convert", str(notebook)]) == 1
    said = capsys.readouterr().err
    assert "DB422 the process that runs the notebook ended with code 0 while it was running cell [2]:" in said


def test_a_run_for_an_assistant_tells_the_node(tmp_path: Path) -> None:
    """Its process is supervised as those of commands are."""
    notebook = write(tmp_path, "%%node ends\nos._exit(0) or x")
    with pytest.raises(DataflowError, match="while it was computing 'ends',"):
        Tools(tmp_path).run(notebook.name)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_command_that_comes_to_its_end_keeps_its_code(code: int) -> None:
    """The exit code of the child is that of the command."""
    child = os.getpid()
    found = supervised(lambda: code)
    if os.getpid() != child:
        os._exit(found)
    assert found == code


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    """Who kills the command kills the process that does its work."""
    notebook = write(
        tmp_path,
        f"%%node y\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nimport time\ntime.sleep(600)",
    )
    command = [sys.executable, "-m", "kernel_magics", "check", str(notebook)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(tmp_path / "pid", process)
    until((tmp_path / "pid").read_text, "it tells its process")
    child = int((tmp_path / "pid").read_text())
    assert child != process.pid
    process.kill()
    process.wait()
    until(lambda: _has_ended(child), "the child ends")


def _wait_for(path: Path, process: subprocess.Popen[Any]) -> None:
    """Wait for a file that a process makes."""
    until(lambda: path.exists() or process.poll() is not None, f"{path.name} is there")
    assert path.exists(), f"the process has ended with {process.returncode}"


def _has_ended(process: int) -> bool:
    """Also where nobody has asked for its exit code."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_command_that_is_told_to_end_ends(tmp_path: Path) -> None:
    """SIGTERM reaches the process that does the work; that is no error of the dataflow."""
    notebook = write(
        tmp_path, f"%%node y\nopen({str(tmp_path / 'up')!r}, 'w').close()\nimport time\ntime.sleep(600)"
    )
    command = [sys.executable, "-m", "kernel_magics", "check", str(notebook)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _wait_for(tmp_path / "up", process)
    process.terminate()
    assert process.communicate()[1] == ""
    assert process.returncode == 128 + signal.SIGTERM


TIDIES = """%%node y
from pathlib import Path
import time
try:
    Path(place, "up").touch()
    time.sleep(600)
finally:
    time.sleep(1)
    Path(place, "tidied").touch()
y = 1"""


@pytest.mark.parametrize("group", [True, False], ids=["Ctrl-C", "kill"])
def test_an_interrupt_reaches_the_work_once(tmp_path: Path, group: bool) -> None:
    """A terminal sends it to both processes, `kill` to the first; the node has as long as it needs to tidy up."""
    notebook = write(tmp_path, f"%%inputs\nplace = {str(tmp_path)!r}", TIDIES)
    process = subprocess.Popen(
        [sys.executable, "-m", "kernel_magics", "check", str(notebook)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell that starts the tests in the background lets them ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    _wait_for(tmp_path / "up", process)
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert (tmp_path / "tidied").exists(), said
    assert (process.returncode, said) == (130, "interrupted\n")


@pytest.mark.parametrize(
    "name", ["Stop(BaseException)", "Leave(SystemExit)", "Gone(GeneratorExit)", "Said(Exception)"]
)
@pytest.mark.parametrize("executor", [None, "threads", "processes"])
def test_whatever_a_node_raises_is_its_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, executor: str | None
) -> None:
    """Subclasses of BaseException, and one whose text fails, end the node and no other."""
    cells = [
        f"%%setup\nclass {name}:\n    def __str__(self): raise BaseException",
        INPUT,
        f"%%node\ndef y(x):\n    raise {name.split('(')[0]}(x)",
        "%%node z\nx + 1",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    words = ["run", str(notebook), "--samples", "-o", str(tmp_path / "o.csv"), "--outputs", "y,z"]
    assert main([*words, *(["--executor", executor] if executor else [])]) == 1
    said = capsys.readouterr().err
    assert "DB301 'y' failed on line 3 of cell [3]" in said
    assert "kernel_magics/" not in said


def test_a_lost_worker_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node that ends its worker process fails the run, with the nodes that it may have been."""
    cells = ["%%node a\n[x for _ in range(3)][0]", "%%node b\nos.kill(os.getpid(), signal.SIGKILL) or x"]
    notebook = write(tmp_path, *cells)
    words = ["run", str(notebook), "--samples", "-o", str(tmp_path / "o.csv"), "--executor", "processes"]
    assert main([*words, "--outputs", "a,b"]) == 1
    said = capsys.readouterr().err
    assert "DB331 a worker process ended while it was computing " in said
    assert "'b'" in said
    assert not (tmp_path / "o.csv").exists()


CLOSED = {"closed": ">&-", "full": ">/dev/full"}


@pytest.mark.parametrize("stream", CLOSED)
@pytest.mark.parametrize("words", ["graph {nb}", "lineage {nb} y --json", "check {nb}"])
def test_a_stdout_that_takes_nothing_is_an_error(tmp_path: Path, stream: str, words: str) -> None:
    """Closed, or on a full disk: one line on stderr, exit code 1."""
    notebook = write(tmp_path, "%%node y\nx + 1")
    command = f"{sys.executable} -m kernel_magics {words.format(nb=notebook)} {CLOSED[stream]}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("DB405 cannot write to stdout: ")
    assert len(done.stderr.splitlines()) == 2


def test_names_are_told_in_a_locale_without_them(tmp_path: Path) -> None:
    """Under a plain ASCII locale, names and signs beyond it are escaped, and nothing fails."""
    notebook = write(tmp_path, "%%node größe\nx + 1\n", "%%check größe\ngröße < 0  # ≥ ½ ✗")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    for words, code in ((["graph"], 0), (["check"], 1)):
        command = [sys.executable, "-m", "kernel_magics", *words, str(notebook)]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        said = (done.stdout + done.stderr).decode("ascii")
        assert done.returncode == code, said
        assert "gr\\xf6\\xdfe" in said


EVIL = "\x1b]0;owned\x07\x1b[31mred\u202eabc\u2066\x9b1m\rover"


def test_no_text_of_a_file_steers_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and marks of direction in cells, messages and headings are shown escaped."""
    cells = [
        f"#md # {EVIL}",
        f"%%inputs\nx = 1  # {EVIL}",
        f'%%node y --tag "a={EVIL[:-5]}"\n# {EVIL}\nx + 1',
        f"%%check y\ny < 0  # {EVIL}",
        f"%%node z\nraise ValueError('{EVIL.encode('unicode_escape').decode()}')",
        f"%%test y\nassert y(1) == 3, '''{EVIL[:-5]}'''",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    for words in (["graph"], ["check"], ["check", "--json"], ["lineage", "y"], ["lineage", "--json", "y"]):
        main([words[0], str(notebook), *words[1:]])
        said = capsys.readouterr()
        text = said.out + said.err
        assert text
        assert not set(text) & set("\x1b\x07\x9b\r\u202e\u2066")
    main(["diff", str(notebook), str(notebook)])
    assert "\x1b" not in capsys.readouterr().out


DEEP = {
    "signs": "-" * 20_000 + "x",
    "sum": "+".join(["x"] * 20_000),
    "attributes": "x" + ".real" * 20_000,
    "parentheses": "(" * 5000 + "x" + ")" * 5000,
    "choices": "1 if x else " * 5000 + "2",
}


@pytest.mark.parametrize("shape", DEEP)
@pytest.mark.parametrize("magic", ["%%node y", "%%setup", "%%inputs", "%%check x"])
def test_code_that_is_nested_too_deeply_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str, magic: str
) -> None:
    """Each command that reads such a cell says so in one error, whatever the parser or the compiler does."""
    bound = "K = " if magic in ("%%setup", "%%inputs") else ""
    notebook = write(tmp_path, f"{magic}\n{bound}{DEEP[shape]}", "%%node z\nx + 1")
    for words in (["graph"], ["check"], ["export", "-o", str(tmp_path / "f.py"), "--no-run"]):
        code = main([words[0], str(notebook), *words[1:]])
        said = capsys.readouterr().err
        assert code in (0, 1)
        assert "Traceback" not in said
        if code:
            assert said.count("DB1") == 1, said


def test_a_folder_with_files_of_pythons_names_asks_for_the_command(tmp_path: Path) -> None:
    """`python -m` would run such files; the command `dagbook` does not look at them."""
    write(tmp_path, "%%node y\nx + 1")
    for name in ("json.py", "argparse.py", "csv.py", "tempfile.py"):
        (tmp_path / name).write_text(f"open('ran', 'w').write({name!r})\n")
    done = subprocess.run(
        [sys.executable, "-m", "kernel_magics", "graph", "nb.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "use the command `dagbook`" in done.stderr
    assert not (tmp_path / "ran").exists()
    command = [str(Path(sys.executable).with_name("dagbook")), "check", "nb.ipynb"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert not (tmp_path / "ran").exists()


RUDE = """%%setup
class Stop(BaseException):
    pass
class Rude:
    def fail(self, *_): raise Stop()
    __getattr__ = __repr__ = __eq__ = __hash__ = __len__ = __bool__ = __iter__ = __str__ = __sizeof__ = fail
    __reduce_ex__ = fail
class Text(str):
    def __repr__(self): raise ValueError
    __str__ = __repr__
class Odd:
    shape, nbytes, dtype, columns = "odd", "many", 3, 7
    def __repr__(self): return 7
class Long:
    def __repr__(self): return "x" * 10_000_000
class Hidden:
    @property
    def __class__(self): raise ValueError"""


@pytest.mark.parametrize(
    "value", ["Rude()", "[Rude()]", "{'a': Text('b')}", "Odd()", "Long()", "Hidden()", "Rude"]
)
def test_values_whose_own_code_fails_are_no_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    """A broken repr, length, comparison, hash or pickle of a value stops nothing that need not look at it."""
    notebook = write_notebook(
        tmp_path / "nb.ipynb", [RUDE, "%%params\nq = 1", f"%%node y\nq and {value}", "%%node z\n[y, 1][1]"]
    )
    # its type cannot be determined
    assert main(["check", str(notebook)]) == (1 if value == "Hidden()" else 0)
    assert "Traceback" not in capsys.readouterr().err
    for words in (["run", "-o", "o.csv", "--outputs", "z"], ["run", "-o", "p.csv", "--outputs", "y"]):
        words = [word if not word.endswith("csv") else str(tmp_path / word) for word in words]
        main([words[0], str(notebook), *words[1:]])
        said = capsys.readouterr().err
        assert "Traceback" not in said
        assert "kernel_magics/" not in said
        assert len(said) < 2000


def test_errors_are_picklable_and_say_their_place() -> None:
    """The report of such an end is an error like any other."""
    with pytest.raises(DataflowError) as caught:
        supervised(lambda: os._exit(0))
    assert caught.value.hint


def test_the_test_that_ends_pytest_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The export is refused, and says which of its tests it was."""
    cells = [
        "%%setup\nimport os",
        INPUT,
        "%%node y\nx",
        "%%test y\nassert y(1) == 1",
        "%%test y\nos._exit(0)",
    ]
    notebook = write_notebook(tmp_path / "s.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "m.py")]) == 1
    assert "DB505 pytest ended with code 0 in test_y_2, without a result." in capsys.readouterr().err
    assert not (tmp_path / "m.py").exists()


def test_ctrl_c_while_a_command_line_is_read_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no traceback, whenever it comes."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build_parser", interrupted)
    assert main(["graph", "nb.ipynb"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
