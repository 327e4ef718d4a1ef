"""Mirrors of a registry in MLflow, with a server that only counts; `tests/mlflow` has a real one."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kernel_magics.registry.mirror import mirror
from kernel_magics.registry.registry import Registry
from tests.registry.making import registry


class Server:
    """A tracking server: what two clients see of it."""

    def __init__(self) -> None:
        self.versions: list[SimpleNamespace] = []
        self.models: list[str] = []
        self.waiting = threading.Barrier(2)

    def search_registered_models(self, text: str) -> list[str]:
        return self.models

    def create_registered_model(self, name: str) -> None:
        self.models.append(name)

    def search_model_versions(self, text: str, **options: Any) -> Any:
        return _Found(list(self.versions))

    def get_registered_model(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(aliases={})

    def get_experiment_by_name(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(experiment_id="1")

    def create_run(self, id: str, tags: Mapping[str, str]) -> SimpleNamespace:
        return SimpleNamespace(info=SimpleNamespace(run_id="r", artifact_uri="a"))

    def log_metric(self, run: str, name: str, value: float) -> None:
        pass

    def log_artifacts(self, run: str, folder: str, name: str) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self.waiting.wait(0.3)  # the other one, if it may, looks at the versions meanwhile

    def set_terminated(self, run: str) -> None:
        pass

    def create_model_version(self, model: str, source: str, run: str, tags: Any) -> SimpleNamespace:
        self.versions.append(SimpleNamespace(version=str(len(self.versions) + 1), tags=tags))
        return self.versions[-1]


class _Found(list[SimpleNamespace]):
    token = ""


def test_two_mirrors_at_once_add_each_envelope_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one waits, and finds what the first one added."""
    server, exceptions = Server(), ModuleType("mlflow.exceptions")
    exceptions.MlflowException = type("MlflowException", (Exception,), {})  # type: ignore[attr-defined]
    package = ModuleType("mlflow")
    package.MlflowClient = lambda *_: server  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", package)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", exceptions)
    root, digests = registry(tmp_path, 0.7, 0.8)
    before = sorted(path.name for path in root.iterdir())
    found: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: found.append(mirror(Registry.open(root), "http://there").added))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([(), tuple(digests)])
    assert [version.tags["dagbook.digest"] for version in server.versions] == digests
    assert sorted(path.name for path in root.iterdir()) == before
