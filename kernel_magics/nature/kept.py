"""Natures are stored under a key of code and sample; the last ones also under the code alone."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kernel_magics.engine import ordinary
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.source.secrets import find_in_text
from kernel_magics.nature.declared import allowed
from kernel_magics.nature.from_inputs import from_inputs
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.natures import NodeNature
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.verdict import Verdict
from kernel_magics.nature.world import World
from kernel_magics.store.room import HIDDEN, make_folder, unsafe_link
from kernel_magics.store.secret import is_signed, sign
from kernel_magics.values import VALUES

FOLDER: Final = Path(HIDDEN) / "natures"
VERSION: Final = 5
"""Increased when natures are determined in another way."""


class Kept:
    """Natures in this process, and those in a folder.

    Args:
        folder: where they outlive the process; None for nowhere. Each file has the user's signature, without
            which it counts as none.
        writes: whether new natures are written there; a command that only reads a notebook does not.
    """

    def __init__(self, folder: Path | None = None, writes: bool = True) -> None:
        self._folder, self._writes = folder, writes
        self._known: dict[str, Nature] = {}

    def key(self, world: World, name: str, sample: Sample) -> str | None:
        """What decides the nature of a node: its code, setup and libraries, and the sample of its inputs."""
        node = world.node(name)
        if node is None:
            return None
        parts = [code_key(world.graph, node), *sample.keys, "|", *sample.declared_times]
        for group in (sample.inputs, sample.beside):
            for own, value in group.items():
                digest = VALUES.digest(value)
                if digest is None:
                    return None
                parts.append(f"{own}={digest}")
        return _digest(*parts)

    def get(self, key: str) -> Nature | None:
        """The nature kept under a key."""
        if key not in self._known and self._folder is not None:
            found = read_nature(self._path(key))
            if found is not None:
                self._known[key] = found
        return self._known.get(key)

    def put(self, key: str, nature: Nature, code: str, private: bool = False) -> None:
        """Keep a nature, also as the last one of its code.

        Args:
            private: its evidence may tell private values, so no file gets it.
        """
        for each in filter(None, (key, code)):
            self._put(each, nature, private)

    def _put(self, key: str, nature: Nature, private: bool = False) -> None:
        self._known[key] = nature
        private = private or any(find_in_text(json.dumps(dataclasses.asdict(nature), default=str)))
        writes = self._writes and not private
        if self._folder is not None and writes and unsafe_link(self._folder) is None:
            with contextlib.suppress(OSError):  # such as a full disk: it is determined again
                _write(self._folder, self._path(key), nature)

    def last(self, world: World, name: str) -> Nature | None:
        """The nature that was last learnt of a node's code, on whatever sample."""
        node = world.node(name)
        found = self.get(code_key(world.graph, node)) if node is not None else None
        return found if found is None or node is None else self.corrected(world.graph, node, found)

    def refute(self, graph: Graph, name: str, key: str, why: str) -> None:
        """Remember that real data showed a node not to be key-wise; that outweighs every later sample."""
        told = any(find_in_text(why)) or name in private_nodes(graph)
        shown = Verdict(False, 1, "values that are private show it" if told else why, "real data", True)
        for node in graph.nodes[name]:
            place = _refuted_key(graph, node)
            known = self.get(place) or Nature()
            self._put(place, replace(known, row_wise=shown, keys={**known.keys, key: shown}))

    def corrected(self, graph: Graph, node: Node, nature: Nature) -> Nature:
        """A nature with what real data showed of its node."""
        shown = self.get(_refuted_key(graph, node))
        if shown is None:
            return nature
        return replace(nature, row_wise=shown.row_wise, keys={**nature.keys, **shown.keys})

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key}.json"

    def code_key(self, world: World, name: str) -> str:
        """What decides the nature of a node beside its sample."""
        node = world.node(name)
        return code_key(world.graph, node) if node is not None else ""

    def of_graph(self, graph: Graph) -> dict[str, NodeNature]:
        """The natures that were last learnt of a graph's nodes, as far as their code is still the same."""
        own: dict[str, Nature] = {}
        for name in graph.names():
            for node in graph.nodes[name]:
                found = self.get(code_key(graph, node)) if node.kind == "value" else None
                if found is not None:
                    own.setdefault(name, self.corrected(graph, node, found))
        keys = dict.fromkeys(key for nature in own.values() for key in nature.keys)
        ends = from_inputs(graph, own, tuple(keys))
        future = allowed(graph)
        return {name: NodeNature(nature, ends[name], future.get(name, "")) for name, nature in own.items()}


def code_key(graph: Graph, node: Node) -> str:
    """What decides a node's nature beside its sample."""
    setup = graph.setup.digest(node.uses)
    return _digest(f"{VERSION} {pd.__version__}", node.name, node.digest, setup, *node.input_names)


def _refuted_key(graph: Graph, node: Node) -> str:
    return _digest("refuted", code_key(graph, node))


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _write(root: Path, path: Path, nature: Nature) -> None:
    make_folder(root, path.parent)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    text = json.dumps(dataclasses.asdict(nature), default=str)
    new.write_text(f"{sign(_signed(path, text))}\n{text}", encoding="utf-8")
    os.replace(new, path)


def _signed(path: Path, text: str) -> bytes:
    """What is signed: the text under its key, so that no file can stand in for another one."""
    return f"{path.stem}\n{text}".encode()


def read_nature(path: Path) -> Nature | None:
    """The nature in a file; None where it holds none, or one that somebody else wrote."""
    try:
        signature, _, text = ordinary.read_text(path).partition("\n")
        return nature_of(json.loads(text)) if is_signed(_signed(path, text), signature) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def nature_of(record: Mapping[str, Any]) -> Nature:
    """A nature from what `dataclasses.asdict` made of it.

    Raises:
        TypeError: it is of another form.
    """
    fields = dict(record)
    for field in dataclasses.fields(Nature):
        value = fields[field.name]
        if isinstance(value, dict) and field.name not in ("keys", "having"):
            fields[field.name] = Verdict(**value)
        elif isinstance(value, list):
            fields[field.name] = tuple(value)
    fields["having"] = {key: tuple(tables) for key, tables in fields["having"].items()}
    fields["keys"] = {key: Verdict(**verdict) for key, verdict in fields["keys"].items()}
    return Nature(**fields)
