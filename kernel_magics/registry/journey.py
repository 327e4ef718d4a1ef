"""The journey of a notebook: where its envelopes are in the registries near it, and what they wait for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.registry.decide import Condition
from kernel_magics.registry.explain import status
from kernel_magics.registry.registry import Registry

_SHOWN: Final = 5  # envelopes that are nowhere, beside those that are somewhere
_LOOKED: Final = 200  # folders of a folder
_UP: Final = 3  # folders above one that is in no repository


def journey(notebook: str, folder: Path, now: datetime | None = None) -> list[dict[str, Any]]:
    """What registries near a folder have of a notebook.

    Args:
        notebook: its file name.
        folder: where it is. Registries are looked for there, in the folders around it as far as its
            repository reaches, and one level below each.

    Returns:
        For each registry that has envelopes of the notebook, or cannot be read: its `path`, its `name`, the
        `problem`, and its `envelopes`: `digest`, when it was `published`, the `places` where it is (since how
        many hours), the environments that it moves into `next`, and what it `waits` for.
    """
    found = [_seen(root, notebook, folder, now) for root in _near(folder)]
    return [item for item in found if item["problem"] or item["envelopes"]]


def _near(folder: Path) -> Iterator[Path]:
    """The registries around a folder, the nearest first."""
    seen: set[Path] = set()
    for height, around in enumerate([folder.resolve(), *folder.resolve().parents]):
        for root in [around, *_below(around)]:
            if root not in seen and (root / "log.jsonl").is_file() and (root / "envelopes").is_dir():
                seen.add(root)
                yield root
        if (around / ".git").exists() or height == _UP:
            break


def _below(folder: Path) -> list[Path]:
    try:
        members = sorted(folder.iterdir())[:_LOOKED]
        return [each for each in members if not each.name.startswith(".") and each.is_dir()]
    except OSError:  # a folder of somebody else
        return []


def _seen(root: Path, notebook: str, folder: Path, now: datetime | None) -> dict[str, Any]:
    shown = Path(os.path.relpath(root, folder)).as_posix()
    try:
        registry = Registry.open(root)
        rules = registry.rules()
        decision = registry.decide(now, rules)
        known = status(registry, rules, decision, now)
    except DataflowError as error:
        return {"path": shown, "name": "", "problem": error.message, "envelopes": []}
    except OSError as error:
        return {"path": shown, "name": "", "problem": str(error), "envelopes": []}
    own = [item for item in known["envelopes"] if _notebook(root, item["digest"]) == notebook]
    made = [_envelope(item, known["environments"]) for item in own]
    quiet = [item for item in made if not item["places"]][_SHOWN:]
    envelopes = [item for item in made if item not in quiet]
    return {"path": shown, "name": registry.name, "problem": "", "envelopes": envelopes}


def _notebook(root: Path, digest: str) -> str:
    """The notebook that an envelope says that it comes from; "" where it says nothing."""
    try:
        record = json.loads((root / "envelopes" / digest / "envelope.json").read_bytes())
        return Path(str(record["source"]["notebook"] or "")).name
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _envelope(item: dict[str, Any], environments: list[dict[str, Any]]) -> dict[str, Any]:
    digest = item["digest"]
    here = [place for place in environments if place["digest"] == digest]
    coming = [place["name"] for place in environments if digest in [move["digest"] for move in place["next"]]]
    leaving = [place["name"] for place in here if place["must_leave"]]
    return {
        "digest": digest,
        "published": item["published"],
        "places": [{"name": place["name"], "hours": place["hours"]} for place in here],
        "next": coming,
        "must_leave": leaving,
        "waits": [
            {
                "environment": wait["environment"],
                "for": [str(Condition(**one)) for one in wait["conditions"] if not one["holds"]],
            }
            for wait in item["waits"]
        ],
    }
