"""Fixtures that tests of several kinds share."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from kernel_magics.engine.values.surroundings import Probe, Surroundings
from tests.examples import PROFILE
from tests.type_check import Mypy, make_mypy
from tests.warm import run_warm, use_warm

settings.load_profile(PROFILE)
# Optional for jsonschema, which nbformat needs: it compiles 38 grammars of addresses, which takes four seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
# Servers of tests are on this machine, whatever proxy its environment names.
for name in ("no_proxy", "NO_PROXY"):
    os.environ[name] = ",".join([*filter(None, [os.environ.get(name)]), "127.0.0.1", "localhost"])


def pytest_collection_finish() -> None:
    """Collections of garbage no longer search what the imports made, which is most objects and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)  # new objects, instead of 700: most tests end before


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for tests marked `browser`; they are skipped where it or its driver is missing.

    With `DAGBOOK_BROWSER=required` in the environment, what is missing is a failure, so that a gate cannot
    pass by skipping.
    """
    path = shutil.which("chromium")
    missing = [name for name in ("playwright", "jupyterlab") if find_spec(name) is None]
    if path is not None and not missing:
        return path
    names = ([] if path else ["chromium on the PATH"]) + [f"the Python package {name}" for name in missing]
    reason = f"browser tests need {' and '.join(names)}"
    if os.environ.get("DAGBOOK_BROWSER") == "required":
        pytest.fail(f"{reason} (DAGBOOK_BROWSER=required)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def warm() -> Iterator[object]:
    """Clean processes of exports are children of one that has imported the libraries, and start in milliseconds.

    With `DAGBOOK_COLD=1` in the environment, and for tests that use `cold`, each of them is a new Python.
    """
    if os.environ.get("DAGBOOK_COLD") or find_spec("pandas") is None:
        yield None
        return
    from kernel_magics.export.clean import process  # noqa: PLC0415  # the engine's tests run without pandas

    new = use_warm(run_warm)
    yield new
    process._run = new


@pytest.fixture(autouse=True)
def settings_of_the_process() -> Iterator[None]:
    """A test that leaves another decimal context, locale, folder or option of a library behind fails.

    Other tests of the same process would find them, and fail or pass by the order in which tests run.
    """
    libraries: Mapping[str, Probe] = {}
    if find_spec("pandas") is not None:
        from kernel_magics.values import VALUES  # noqa: PLC0415  # the engine's tests run without pandas

        libraries = VALUES.surroundings()
    around = Surroundings(libraries)
    yield
    shared = {"the environment", "the path of imports"}  # pytest and libraries that load models add to them
    changed = [name for name in around.changed(random=False) if name not in shared]
    around.undo(changed)
    if changed:
        pytest.fail(f"the test changes {', '.join(changed)} and leaves it so", pytrace=False)


@pytest.fixture
def cold(warm: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each clean process of this test is a new Python."""
    if warm is not None:
        monkeypatch.setattr("kernel_magics.export.clean.process._run", warm)


@pytest.fixture(scope="session")
def mypy(request: pytest.FixtureRequest) -> Mypy:
    """Run mypy on generated code: `mypy(folder, path, *options)`."""
    return make_mypy(lambda name: Path(request.config.cache.mkdir(name)))
