"""A mirror shows a registry in MLflow: its envelopes are versions of a model, its environments are aliases.

The folder stays what is true: it decides, and keeps the records. MLflow has no lock and no chain of records,
so a mirror only follows: run again, it adds what is missing and moves what has moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.envelope.record import read_record
from kernel_magics.registry.registry import Registry

DIGEST: Final = "dagbook.digest"
"""The tag of a version that tells which envelope it is."""
_EXPERIMENT: Final = "dagbook"
_MOST: Final = 200  # versions of one answer


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a mirror has changed.

    Attributes:
        added: digests of envelopes that are new there.
        moved: the aliases that moved, with the digests that they have now.
    """

    model: str
    added: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]


def mirror(registry: Registry, address: str) -> Mirrored:
    """Let a tracking server of MLflow show a registry.

    Args:
        address: such as `http://127.0.0.1:5000`.

    Raises:
        UsageError: DB003 without MLflow.
        SourceError: DB405 where MLflow fails; what it has by then stays, and running it again goes on from
            there. DB541 for an envelope that is not what was published.
    """
    try:
        import mlflow  # noqa: PLC0415  # an extra
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  # likewise
    except ImportError as error:
        raise UsageError(
            "DB003",
            f"a mirror needs a package: {error.name} is not installed.",
            hint="pip install 'dagbook[mlflow]'.",
        ) from None
    try:
        return _Mirror(mlflow.MlflowClient(address, address), registry).follow()
    except (MlflowException, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise SourceError(
            "DB405",
            f"cannot write '{address}': {reason}.",
            hint="check the address; the registry itself is unchanged, and running it again goes on.",
        ) from None


class _Mirror:
    """A model of MLflow that follows a registry."""

    def __init__(self, client: Any, registry: Registry) -> None:
        self._client, self._registry, self._model = client, registry, registry.name

    def follow(self) -> Mirrored:
        """Add the versions that are missing, then move the aliases."""
        if not list(self._client.search_registered_models(f"name = '{self._model}'")):
            self._client.create_registered_model(self._model)
        versions = dict(self._versions())
        state = self._registry.standing()[0]
        added = [digest for digest in state.published if digest not in versions]
        for digest in added:
            versions[digest] = self._add(digest)
        aliases = dict(self._client.get_registered_model(self._model).aliases)
        moved = []
        for environment, place in state.places.items():
            wanted = versions.get(place.current, "")
            if wanted and str(aliases.get(environment, "")) != wanted:
                self._client.set_registered_model_alias(self._model, environment, wanted)
                moved.append((environment, place.current))
        return Mirrored(self._model, tuple(added), tuple(moved))

    def _versions(self) -> Iterator[tuple[str, str]]:
        """Digests with the numbers of their versions."""
        token = None
        while token != "":
            found = self._client.search_model_versions(
                f"name = '{self._model}'", max_results=_MOST, page_token=token
            )
            yield from ((item.tags[DIGEST], str(item.version)) for item in found if DIGEST in item.tags)
            token = found.token or ""

    def _add(self, digest: str) -> str:
        """Add an envelope; the number of its version."""
        folder = self._registry.envelope(digest)
        client, tags = self._client, {DIGEST: digest}
        experiment = client.get_experiment_by_name(_EXPERIMENT)
        id = experiment.experiment_id if experiment else client.create_experiment(_EXPERIMENT)
        run = client.create_run(id, tags={**tags, "mlflow.runName": f"{self._model} {digest[:12]}"})
        for name, value in read_record(folder).get("metrics", {}).items():
            client.log_metric(run.info.run_id, name, float(value))
        client.log_artifacts(run.info.run_id, str(folder), self._model)
        client.set_terminated(run.info.run_id)
        source = f"{run.info.artifact_uri}/{self._model}"
        made = client.create_model_version(self._model, source, run.info.run_id, tags=tags)
        return str(made.version)
