"""A kernel for each test module, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.magics.kernel import Kernel


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel process for the tests of a module."""
    kernel = Kernel(str(tmp_path_factory.mktemp("notebook")))
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(process: Kernel) -> Kernel:
    """The module's kernel with an empty dataflow and no variables."""
    process.empty()
    return process


@pytest.fixture
def folder(process: Kernel) -> Path:
    """The kernel's working directory."""
    return Path(process.run("import os; print(os.getcwd())").text.strip())
