"""A row is one thing that is measured; an experiment is how each contender measures it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "ms", "us", "ns", "MB", "nodes", "share"]
SCALES: dict[Unit, float] = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9, "MB": 1e-6, "nodes": 1, "share": 1}

GROWTH: tuple[int, ...] = ()
"""Sizes of an experiment that is measured at every size of `--nodes`."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is run.

    Attributes:
        name: what `--only` selects.
        contenders: for each column of the table, the module and function that do it.
        sizes: the sizes to measure; GROWTH for those of the command line.
        extra: sizes beside those of the command line.
        limits: the largest size for contenders that would take too long.
        rounds: the most rounds, for what takes long.
    """

    name: str
    contenders: dict[str, str]
    sizes: tuple[int, ...] = GROWTH
    extra: tuple[int, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    rounds: int = 9

    def sizes_for(self, nodes: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes to measure."""
        return self.sizes or tuple(sorted({*nodes, *self.extra}))


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says about it; `{size}` in the title is the size."""

    name: str
    title: str
    unit: Unit


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "imports",
        {
            "dagbook": "dagbook:imports",
            "hamilton": "hamilton:imports",
            "marimo": "marimo:imports",
        },
        (1,),
    ),
    Experiment(
        "startup",
        {"hand": "hand:startup", "dagbook": "dagbook:startup", "marimo": "marimo:startup"},
        (1000,),
    ),
    Experiment(
        "export",
        {"nbconvert": "nbconvert:export", "dagbook": "dagbook:export", "marimo": "marimo:export"},
        (100, 500),
    ),
    Experiment("build", {"hand": "hand:build", "dagbook": "dagbook:build", "hamilton": "hamilton:build"}),
    Experiment("decorated", {"dagbook": "dagbook:decorated", "hamilton": "hamilton:decorated"}, (1000,)),
    Experiment("program", {"dagbook": "dagbook:program", "hamilton": "hamilton:program"}, (1000,)),
    Experiment("kinds", {"dagbook": "dagbook:kinds", "hamilton": "hamilton:kinds"}, (200,)),
    Experiment(
        "chain",
        {
            "script": "hand:script",
            "hand": "hand:run_chain",
            "dagbook": "dagbook:run_chain",
            "compiled": "dagbook:compiled",
            "hamilton": "hamilton:run_chain",
        },
    ),
    Experiment(
        "consumers",
        {"hand": "hand:consumers", "dagbook": "dagbook:consumers", "hamilton": "hamilton:consumers"},
        extra=(4000,),
        limits=(("hamilton", 4000),),
    ),
    Experiment("longest", {"dagbook": "dagbook:longest", "hamilton": "hamilton:longest"}, (100_000,)),
    Experiment(
        "edits",
        {
            "hand": "hand:edits",
            "dagbook": "dagbook:edits",
            "hamilton": "hamilton:edits",
        },
        extra=(5000,),
        limits=(("hamilton", 5000),),
    ),
    Experiment(
        "notebook",
        {"ipython": "shell:plain", "dagbook": "shell:ours", "marimo": "marimo:notebook"},
        limits=(("marimo", 1000),),
        rounds=2,
    ),
    Experiment(
        "restart",
        {"dagbook": "dagbook:restart", "hamilton": "hamilton:restart"},
        limits=(("hamilton", 1000),),
        rounds=2,
    ),
    Experiment(
        "frame",
        {
            "hand": "hand:frame",
            "floor": "hand:frame_floor",
            "dagbook": "dagbook:frame",
            "hamilton": "hamilton:frame",
        },
        (2000,),
    ),
    Experiment(
        "small_frame",
        {
            "hand": "hand:small_frame",
            "dagbook": "dagbook:small_frame",
            "hamilton": "hamilton:small_frame",
        },
        (1000,),
    ),
    Experiment(
        "one_row",
        {
            "hand": "hand:one_row",
            "compiled": "dagbook:one_row_compiled",
            "dagbook": "dagbook:one_row",
            "hamilton": "hamilton:one_row",
        },
        (50,),
    ),
    Experiment(
        "serve",
        {
            "hand": "hand:serve",
            "compiled": "dagbook:serve",
            "dagbook": "dagbook:run_served",
            "hamilton": "hamilton:serve",
        },
        (50,),
    ),
    Experiment("files", {"dagbook": "dagbook:files"}, (5_000_000,), rounds=1),
    Experiment(
        "threads",
        {"hand": "hand:threads", "dagbook": "dagbook:threads", "hamilton": "hamilton:threads"},
        (1_000_000,),
    ),
)

ROWS: tuple[Row, ...] = (
    Row("import", "import the package", "ms"),
    Row("import_api", "import the Python API", "ms"),
    Row("help", "start of the command", "ms"),
    Row("graph", "draw the graph of a notebook of {size} cells, from the command line", "ms"),
    Row("export", "export a notebook of {size} cells without running it, from the command line", "ms"),
    Row("build", "build the graph of {size} functions: its nodes, and what is upstream of the last", "ms"),
    Row("described", "build the graph of {size} functions, and read every hint and docstring", "ms"),
    Row("once", "build {size} functions and run all once, each told as it ends", "ms"),
    Row("decorated", "build {size} functions with decorators of Apache Hamilton", "ms"),
    Row("decorated_again", "the same, a repeated run of all", "ms"),
    Row("program", "a program that builds {size} functions, runs them once and ends", "ms"),
    Row(
        "series_first",
        "a Series of 10,000 rows read by {size} nodes: beside the calls, per node, first run",
        "us",
    ),
    Row("series", "the same, repeated run", "us"),
    Row("table_first", "a frame of 20 columns handed on by {size} nodes: per node, first run", "us"),
    Row("table", "the same, repeated run", "us"),
    Row("mixed_first", "the same with categories, zones, text and gaps: per node, first run", "us"),
    Row("mixed", "the same, repeated run", "us"),
    Row("model_first", "a fitted forest handed on by {size} nodes: per node, first run", "us"),
    Row("model", "the same, repeated run", "us"),
    Row("chain", "run a chain of {size} trivial nodes, per node", "ns"),
    Row("consumers", "one source with {size} consumers, build and run", "ms"),
    Row("longest", "longest chain at the default recursion limit", "nodes"),
    Row("edit_leaf", "edit one leaf of {size} cells", "ms"),
    Row("edit_root", "edit the root of {size} cells", "ms"),
    Row("first_run", "first run of {size} cells", "ms"),
    Row("cell", "run one more cell after {size} others", "ms"),
    Row("fill", "first run of {size} cells, results kept on disk", "ms"),
    Row("restart", "a new session links {size} cells and reuses their results", "ms"),
    Row("restart_leaf", "the same for {size} cells, one of them edited", "ms"),
    Row("small_frame", "{size} columns of 10,000 rows to one frame, first", "ms"),
    Row("small_frame_again", "the same, repeated", "ms"),
    Row("frame", "{size} columns of 100,000 rows to one frame", "s"),
    Row("frame_memory", "the same, peak memory of the process", "MB"),
    Row("one_row", "one row, a Series, through {size} nodes of pandas code", "us"),
    Row("serve", "serve one number through {size} nodes", "us"),
    Row("files", "`dagbook run` on {size} rows of csv, share of a pandas script that does the same", "share"),
    Row("sleep", "8 nodes that sleep 0.5 s, on 8 threads (time passed)", "s"),
    Row("numpy", "8 NumPy nodes on threads, share of the time of one after the other", "share"),
)
