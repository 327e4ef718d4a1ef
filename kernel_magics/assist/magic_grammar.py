"""What is spoken on the lines of our magics: options, choices and their meaning, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CELL_MAGICS: Final[Mapping[str, str]] = {
    "setup": "Imports, constants and helpers that nodes share.",
    "inputs": "`name: type = sample` lines: values given from outside.",
    "params": "`name: type = default` lines: inputs with a default that ships.",
    "node": "Functions, or with a name on the line a bare body: each is a node.",
    "check": "Conditions on a node's value, one a line; a comment is the message.",
    "test": "An example of a node's function, as plain code with `assert`.",
}

LINE_MAGICS: Final[Mapping[str, str]] = {
    "compute": "Bring these nodes (default: all) up to date.",
    "dag": "The live graph.",
    "lineage": "Where a node comes from and what it feeds.",
    "impact": "What the last edit changed downstream.",
    "suggest": "Draft a check of a node from the values seen.",
    "export": "Write the module, its tests and the proof.",
    "dataflow": "How and what the dataflow computes, and where results are kept.",
}

OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "node": {
        "--tag": "A free key and value: `--tag owner=ads`.",
        "--cache": "Where the value is kept: memory, disk or off.",
        "--lazy": "Compute it only when asked.",
        "--check": 'A check in a few words: `--check "0 <= value <= 1"`.',
        "--warn": "The same, but it only warns.",
        "--for": "A family, one node for each value: `--for k=1,7,28`.",
        "--when": "A variant, for one value of a param: `--when region=US`.",
        "--uses": "A sibling of the family that the body reads: `--uses sales_{k}`.",
    },
    "check": {"--warn": "Only warn when a condition does not hold."},
    "compute": {
        "--force": "Compute them even if they are fresh.",
        "--executor": "threads, processes, or an executor of your own.",
        "--inputs": "A single run on other values: a dict.",
    },
    "dag": {
        "--upstream": "Only what this node comes from.",
        "--downstream": "Only what this node feeds.",
        "--static": "A picture that does not change.",
        "--height": "Height of the view in pixels.",
    },
    "export": {
        "--tests": "The folder of the tests.",
        "--no-run": "Write without running the tests.",
        "--check": "Write nothing; fail when the files are out of date.",
        "--refresh-examples": "Record the examples in the tests anew.",
        "--allow-secrets": "Write although a value looks like a secret.",
        "--force": "Drop edits that were made in the module.",
        "--target": "module, package or hamilton.",
        "--notebook": "The path of this notebook, where it cannot be found.",
    },
    "dataflow": {"--limit": "Of cache: the most that results take on disk."},
}

CHOICES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("node", "--cache"): {
        "memory": "In the kernel's memory.",
        "disk": "On disk, beyond the kernel.",
        "off": "Nowhere: it is computed each time.",
    },
    ("node", "--check"): {
        "not_null": "Nothing is missing.",
        "unique": "No value twice.",
        "increasing": "It never falls.",
        "decreasing": "It never rises.",
    },
    ("export", "--target"): {
        "module": "One module.",
        "package": "A package.",
        "hamilton": "A module for Apache Hamilton.",
    },
    ("compute", "--executor"): {"threads": "A pool of threads.", "processes": "A pool of processes."},
    ("dataflow", ""): {
        "auto": "What is stale is computed at once.",
        "lazy": "What is stale waits to be asked for.",
        "status": "States of all nodes.",
        "reset": "Forget everything.",
        "cache": "Where results are kept.",
        "memory": "How much of them at a time.",
    },
}
