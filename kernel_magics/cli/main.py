"""Entry point of `dagbook`: arguments, exit codes, and where errors are printed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module  # noqa: TID251  # of the one command that is asked for

from kernel_magics.cli import numbers
from kernel_magics.cli.registry_arguments import add_registry_commands
from kernel_magics.cli.terminal import flush, lose, open_streams, prints_aside, say, say_aside, warnings_told
from kernel_magics.cli.usage import Parser, add_examples
from kernel_magics.engine.errors import DataflowError, UsageError, no_memory, too_much

_NB = "a notebook (.ipynb)"
_EITHER = "a notebook (.ipynb) or a module (.py)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 clean, 1 the dataflow or its data has errors, 2 usage (from argparse, as SystemExit), 3 drift.
    """
    return _explained(lambda: _parse_and_run(argv))


def _parse_and_run(argv: Sequence[str] | None) -> int:
    if argv is None:
        open_streams()
    arguments = build_parser().parse_args(argv)
    if argv is None and _runs_code(arguments):
        from kernel_magics.cli.supervise import supervised  # noqa: PLC0415  # not for `--help`

        return supervised(lambda: _explained(lambda: _run_command(arguments)))
    return _run_command(arguments)


def _run_command(arguments: argparse.Namespace) -> int:
    compiles = sys.dont_write_bytecode
    try:
        # do not create __pycache__ for a helper beside the notebook
        sys.dont_write_bytecode |= _only_reads(arguments)
        from kernel_magics.cli.overwriting import refuse_overwriting  # noqa: PLC0415  # not for `--help`
        from kernel_magics.engine.run.failure import looking  # noqa: PLC0415  # not for `--help`

        command = import_module(f"kernel_magics.cli.{arguments.command}_command")
        refuse_overwriting(arguments)
        aside = prints_aside() if getattr(arguments, "json", False) else nullcontext()
        with warnings_told(), aside, looking() if _runs_code(arguments) else nullcontext():
            code = int(command.run(arguments))
        flush()
    finally:
        sys.dont_write_bytecode = compiles
    return code


def _explained(work: Callable[[], int]) -> int:
    """The exit code of work; what it raises is told."""
    try:
        return work()
    except DataflowError as error:
        say_aside("\n".join(error.lines()))
        if sys.stderr.isatty():
            say_aside(f"More: dagbook explain {error.code}")
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:  # the reader of our output has closed it, for example `| head`
        lose(sys.stdout)
        return 1
    except KeyboardInterrupt as interrupt:
        say_aside("; ".join(["interrupted", *map(str, interrupt.args)]))
        return 130
    except RecursionError as error:
        say_aside("\n".join(too_much(error).lines()))
        return 1
    except MemoryError as error:
        say_aside("\n".join((too_much(error) if _is_of_parser(error) else no_memory(error)).lines()))
        return 1


_PARSING = ("parse", "compile_text", "_call_with_frames_removed")
"""The functions that give text to Python's parser: of `ast`, of the engine, and of imports."""


def _is_of_parser(error: MemoryError) -> bool:
    """Whether Python's parser raised it, for code that is nested too deeply."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_name in _PARSING


def _runs_code(arguments: argparse.Namespace) -> bool:
    """Whether a command runs the code of a notebook or a module."""
    reads = arguments.command in (
        "diff",
        "docs",
        "explain",
        "graph",
        "import",
        "lineage",
        "mcp",
        "new",
        "pipeline",
        "promote",
        "publish",
        "registry",
        "tutorial",
    )
    if getattr(arguments, "action", "") == "run":
        return True
    return not reads or getattr(arguments, "values", False) or getattr(arguments, "imports", False)


def _only_reads(arguments: argparse.Namespace) -> bool:
    """True for a command that changes no file."""
    reads = arguments.command in ("check", "graph", "lineage", "diff") or getattr(arguments, "check", False)
    return reads or getattr(arguments, "action", "") in ("check", "schema", "compile")


def build_parser() -> argparse.ArgumentParser:
    """Arguments of every command; imports nothing heavy."""
    parser = Parser(
        prog="dagbook", description="Notebook cells become a dataflow, the dataflow becomes a tested module."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _begin(commands)
    _export(
        commands.add_parser("export", help="write the module and its tests, proven equal to the notebook")
    )
    _import(commands.add_parser("import", help="make a notebook of a module, or bring its edits into one"))
    _convert(commands.add_parser("convert", help="propose a dataflow for an ordinary notebook, proven equal"))
    _run(commands.add_parser("run", help="compute outputs from input files and write them"))
    check = commands.add_parser("check", help="does it link, run, and pass its checks and tests?")
    check.add_argument(
        "source", metavar="NB", help=f"{_NB}; for --types and --point-in-time also a module (.py)"
    )
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.add_argument("--html", metavar="FILE", help="write a report of every check")
    check.add_argument(
        "--types", action="store_true", help="refuse functions whose declared types contradict each other"
    )
    check.add_argument(
        "--point-in-time",
        action="store_true",
        help="refuse nodes that read the future, found by experiment; see 'dagbook nature'",
    )
    _sampled(check)
    _graph(commands.add_parser("graph", help="draw the graph; executes nothing"))
    lineage = commands.add_parser("lineage", help="what a node comes from and feeds; executes nothing")
    lineage.add_argument("source", metavar="NB_OR_MODULE", help=_EITHER)
    lineage.add_argument("name", metavar="NAME")
    lineage.add_argument("--json", action="store_true", help="print the rows as JSON")
    _imports(lineage)
    _nature(commands.add_parser("nature", help="what each value depends on, found out by experiment"))
    _pipeline(commands.add_parser("pipeline", help="stages, sources and a schedule from a YAML file"))
    _serve(commands.add_parser("serve", help="an envelope as a web service"))
    add_registry_commands(commands)
    mcp = commands.add_parser("mcp", help="tools for assistants, over standard input and output")
    mcp.description = (
        "Answer a program that speaks the Model Context Protocol: list nodes, lineage, source and problems "
        "of notebooks, run them on their samples, check them, and show what an export would change. Running "
        "executes the notebook's code; nothing is written."
    )
    mcp.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="of notebooks (default: here)")
    mcp.add_argument("--write", action="store_true", help="exports may write modules and tests")
    diff = commands.add_parser(
        "diff", help="nodes added, removed and changed; executes nothing without --values"
    )
    diff.description = (
        "Compare two dataflows node by node. Layout, comments and hints are no changes of code."
    )
    diff.epilog = f"A and B are {_EITHER}, or REV:path, the file in a git revision: HEAD~1:features.ipynb."
    diff.add_argument("old", metavar="A", help="the old one")
    diff.add_argument("new", metavar="B", help="the new one")
    diff.add_argument("--json", action="store_true", help="print the changes as JSON")
    diff.add_argument("--html", metavar="FILE", help="write the changes as a coloured graph")
    _imports(diff)
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 when there are differences")
    diff.add_argument("--values", action="store_true", help="run both and compare every value, as Markdown")
    diff.add_argument(
        "--input", action="append", default=[], metavar="NAME=FILE", help="files or value of an input"
    )
    diff.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="value of a param")
    diff.add_argument("-o", "--output", metavar="FILE.md", help="where the Markdown goes; else it is printed")
    add_examples(parser)
    return parser


def _begin(commands: argparse._SubParsersAction[Parser]) -> None:
    new = commands.add_parser("new", help="a first notebook, to begin with")
    new.add_argument("target", metavar="NB", help="where it goes: features.ipynb")
    new.add_argument("--force", action="store_true", help="replace a notebook that is there")
    tutorial = commands.add_parser("tutorial", help="the quickstart in a folder of your own, opened")
    tutorial.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="dagbook-tutorial", help="default: dagbook-tutorial"
    )
    tutorial.add_argument(
        "--guides", action="store_true", help="all guides instead, with the first one opened"
    )
    tutorial.add_argument("--no-open", action="store_true", help="only copy it")
    docs = commands.add_parser("docs", help="a static catalogue of all features; executes nothing")
    docs.add_argument("sources", metavar="NB_OR_FOLDER", nargs="+", help="notebooks, modules, or folders")
    _imports(docs)
    docs.add_argument("-o", "--output", metavar="SITE/", required=True, help="the folder of the site")
    docs.add_argument("--title", default="Features", help="the heading of the first page (default: Features)")
    explain = commands.add_parser("explain", help="what an error means, with an example that is right")
    explain.add_argument("code", metavar="CODE", nargs="?", help="such as DB203; without it, all are listed")


def _nature(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Try out what each node's value depends on: its row, its key, the past up to its time, or everything."
    )
    parser.epilog = (
        "Nodes run many times on small samples; what is learnt is kept until code or sample change."
    )
    parser.add_argument("source", metavar="NB_OR_MODULE", help=_EITHER)
    parser.add_argument("--outputs", metavar="A,B", help="nodes (default: all)")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    _sampled(parser)


def _sampled(parser: argparse.ArgumentParser) -> None:
    """What natures are learnt on: a module has no samples, and says neither keys nor times."""
    parser.add_argument(
        "--input", action="append", default=[], metavar="NAME=FILE", help="files or value of an input"
    )
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="value of a param")
    parser.add_argument(
        "--key", metavar="COLUMN[,…]", help="columns or index levels that tell entities apart"
    )
    parser.add_argument(
        "--time", metavar="COLUMN[,…]", help="columns or levels that tell when a row is known"
    )
    parser.add_argument(
        "--seconds", type=numbers.seconds, default=10.0, metavar="N", help="CPU time for each node"
    )


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and only this option needs it

        say(f"dagbook {version('dagbook')}")
        parser.exit()


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="NB", help=_NB)
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where the module goes")
    parser.add_argument("--tests", metavar="DIR", help="where the tests go (default: beside the module)")
    parser.add_argument("--no-run", action="store_true", help="do not run the notebook's nodes: no proof")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 with a diff when out of date"
    )
    parser.add_argument("--refresh-examples", action="store_true", help="record the examples anew")
    parser.add_argument("--allow-secrets", action="store_true", help="export literals that look like secrets")
    parser.add_argument(
        "--force", action="store_true", help="overwrite a module that was edited or that is not ours"
    )
    parser.add_argument(
        "--target",
        default="module",
        choices=["module", "package", "hamilton", "envelope", "service"],
        help="a module, an installable project (then FILE is its folder), a module for Apache Hamilton, or "
        "an envelope: a folder with code, fitted values and all that running it needs; or a service: an "
        "envelope with an app and a Dockerfile, to deploy elsewhere",
    )
    parser.add_argument(
        "--outputs",
        metavar="A,B",
        help="export these nodes and what they need (default: all); of an envelope, what it is for",
    )
    parser.add_argument(
        "--skip-failed", action="store_true", help="leave out nodes that wait or fail, and what reads them"
    )
    parser.add_argument(
        "--allow-pickle",
        action="store_true",
        help="in an envelope, store fitted values as pickles where nothing else holds them",
    )


def _pipeline(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "A pipeline file says what is computed, from what, when and where to; a notebook or module says how."
    )
    parser.epilog = "Example: dagbook pipeline check pipeline.yaml"
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="show the plan and all that is wrong; runs nothing")
    check.add_argument("file", metavar="FILE.yaml", help="a pipeline file")
    check.add_argument("-o", "--output", metavar="FILE", help="draw it: plan.svg, .html, .dot, .mmd or .json")
    check.add_argument("--day", metavar="DAY", help="look for the files of this day, too: 2026-01-31")
    check.epilog = "Example: dagbook pipeline check pipeline.yaml -o plan.svg --day 2026-01-31"
    run = actions.add_parser("run", help="run the stages of a day, or of several days")
    run.description = (
        "Run the stages in order. A day that failed, or was killed, resumes at the stage that was not "
        "done; a day that is run again gives the same files. The run record is runs/NAME/DAY.json."
    )
    run.epilog = (
        "Examples: dagbook pipeline run pipeline.yaml --param day=2026-01-31; dagbook pipeline run "
        "pipeline.yaml --from 2026-01-01 --to 2026-01-31 --jobs 2"
    )
    run.add_argument("file", metavar="FILE.yaml", help="a pipeline file")
    run.add_argument(
        "--stage", action="append", default=[], metavar="S", help="only this stage (may be repeated)"
    )
    run.add_argument("--if-due", action="store_true", help="leave it out on days when it is not due")
    run.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="value of a param")
    run.add_argument("--day", metavar="DAY", help="the day (default: the last one that is over)")
    run.add_argument("--from", dest="first", metavar="DAY", help="run all days of the schedule from this one")
    run.add_argument("--to", dest="last", metavar="DAY", help="to this one")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="so many days at a time")
    run.add_argument("--missing", action="store_true", help="only days that have no complete run")
    made = actions.add_parser("compile", help="write a DAG file for Airflow, or a Feast repository")
    made.description = (
        "Write DIR/NAME.py, a DAG with a task for each stage, for Airflow 3, and 2.9 and later. It imports "
        "neither pandas nor Dagbook: stages run in an environment of their own. With --target feast, write a "
        "Feast repository to DIR: a batch feature view over the files of each stage that writes them with a "
        "time, and an on-demand view for outputs that are row-wise in these features."
    )
    made.epilog = (
        "Examples: dagbook pipeline compile pipeline.yaml -o dags/ --python /opt/shop/bin/python; "
        "dagbook pipeline compile pipeline.yaml -o feature_repo/ --target feast"
    )
    made.add_argument("file", metavar="FILE.yaml", help="a pipeline file")
    made.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="the folder of DAG files, or of the repository"
    )
    made.add_argument("--target", choices=["airflow", "feast"], default="airflow", help="what is written")
    made.add_argument(
        "--form", choices=["python", "bash"], default="python", help="@task.external_python, or commands"
    )
    made.add_argument("--python", metavar="FILE", help="the Python of the stages (default: this one)")
    actions.add_parser("schema", help="print the JSON Schema of pipeline files, for editors").epilog = (
        "Example: dagbook pipeline schema > pipeline.schema.json, and as the first line of pipeline.yaml: "
        "# yaml-language-server: $schema=pipeline.schema.json"
    )


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Answer POST /predict with an envelope. GET /health, /ready, /schema, /metrics, /openapi.json; "
        "/ is a page to try a request."
    )
    parser.add_argument(
        "source",
        metavar="FOLDER|REGISTRY@ENV",
        help="an envelope; or an environment of a registry, which is followed: when another envelope moves "
        "there, it answers from then on",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=numbers.port, default=8000, help="default: 8000")
    parser.add_argument(
        "--log", metavar="FILE", help="a line of JSON for each request (default: the standard output)"
    )
    parser.add_argument(
        "--rows", type=numbers.count, default=1000, help="the most rows of a request (default: 1000)"
    )
    parser.add_argument(
        "--size",
        type=numbers.count,
        default=4_000_000,
        help="the most bytes of a request (default: 4 million)",
    )
    parser.add_argument(
        "--seconds", type=numbers.seconds, default=30.0, help="the most time for an answer (default: 30)"
    )


def _import(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make a notebook of a module, or bring edits of an exported module into its notebook."
    )
    parser.epilog = (
        "Executes nothing of the module. Tests and recorded samples beside it are used if there are any."
    )
    parser.add_argument(
        "source",
        metavar="FILE.py",
        nargs="+",
        help="a module; several, or one with decorators of Apache Hamilton, become functions without",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--output", metavar="NB.ipynb", help="write a new notebook")
    where.add_argument("--into", metavar="NB.ipynb", help="change the cells that edited functions came from")
    parser.add_argument("--tests", metavar="DIR", help="where its tests are (default: beside the module)")
    _config(parser)
    parser.add_argument("--force", action="store_true", help="with -o: replace a notebook that is there")


def _imports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--import",
        dest="imports",
        action="store_true",
        help="import the module, so that decorators of Apache Hamilton can tell their nodes",
    )
    _config(parser)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="by which decorators choose variants",
    )


def _graph(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="NB_OR_MODULE", help=_EITHER)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="dag.svg, .html, .dot, .mmd or .json; else text"
    )
    _imports(parser)
    parser.add_argument(
        "--versions", action="store_true", help="the version of each node's code, as text or in .json"
    )
    parser.add_argument("--upstream", metavar="NAME", help="only what NAME comes from")
    parser.add_argument("--downstream", metavar="NAME", help="only what NAME feeds")
    parser.add_argument(
        "--select", metavar="SELECTION", help="only these nodes: '+name name+ tag:x kind:check group:\"Air\"'"
    )


def _convert(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make a dataflow of an ordinary notebook: cells that define something used later become nodes. "
        "The notebook and the dataflow are both run, and what differs or cannot be converted stays as it is."
    )
    parser.epilog = "The ordinary notebook is never overwritten. Running it does what its cells do."
    parser.add_argument("source", metavar="NB", help=_NB)
    parser.add_argument(
        "-o", "--output", metavar="OUT.ipynb", help="where it goes (default: NB_dataflow.ipynb beside NB)"
    )
    parser.add_argument("--no-run", action="store_true", help="run nothing: no proof")
    parser.add_argument("--json", action="store_true", help="print the proposal as JSON and write nothing")
    parser.add_argument("--force", action="store_true", help="replace a notebook that is there")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="NB_OR_MODULE", help=f"{_EITHER}, or the folder of an envelope")
    parser.epilog = (
        "Inputs are read to the types of their samples: csv, tsv, json, jsonl (also .gz), parquet, feather. "
        "A folder or a pattern stands for all its files, URL#TABLE or 'URL#SELECT …' for rows of a database "
        "(env:NAME#… where a variable holds the URL); with -o URL#TABLE the rows replace a table. "
        "Numbers, texts, lists and dicts can be given "
        "as they are. In parts, on a cluster: dagbook run features.py --executor dask=tcp://host:8786 "
        "--key store --input weather='weather/*.parquet' -o out/"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE|FOLDER/",
        help="csv, tsv, parquet, feather, json or jsonl; in a folder each index has a file",
    )
    parser.add_argument(
        "--format",
        default="parquet",
        choices=["csv", "csv.gz", "tsv", "parquet", "feather", "json", "jsonl"],
        help="of the files in a folder (default: parquet)",
    )
    parser.add_argument(
        "--outputs", metavar="A,B", help="names to compute (default: those no other node reads)"
    )
    parser.add_argument(
        "--input", action="append", default=[], metavar="NAME=FILE", help="files or value of an input"
    )
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="value of a param")
    parser.add_argument("--samples", action="store_true", help="use the notebook's samples for absent inputs")
    parser.add_argument(
        "--executor",
        metavar="NAME[=ADDRESS]",
        help="threads, processes, dask, ray or spark, with the address of a cluster: dask=tcp://host:8786",
    )
    parser.add_argument(
        "--key",
        metavar="COLUMN",
        help="run in parts of this column's values, where that was proved to give the same values",
    )
    parser.add_argument("--parts", type=int, metavar="N", help="how many (default: by rows and workers)")
    parser.add_argument(
        "--plan", action="store_true", help="print what runs in parts and what whole, and end"
    )
    parser.add_argument(
        "--verify",
        metavar="N|off",
        help="compute so many values of the key by themselves, and compare (default: 1 in 1,000, at least 3)",
    )
    parser.add_argument("--checks", default="raise", choices=["raise", "warn", "off"], help="what checks do")
    parser.add_argument(
        "--fitted",
        choices=["compute", "stored"],
        help="compute fitted nodes, or read their stored values (default: stored where there are any)",
    )
    parser.add_argument(
        "--append",
        action="store_true",
        help="compute only the rows since --since, from the history that they need, and append them",
    )
    parser.add_argument("--since", metavar="WHEN", help="the moment from which rows are new: 2024-05-01")
    parser.add_argument("--report", metavar="FILE", help="write a report of every check: .html or .json")
    parser.add_argument(
        "--baseline", metavar="FILE", help="compare with this baseline (default: the module's own; off: none)"
    )
    parser.add_argument("--lineage", metavar="FILE|URL", help="emit OpenLineage events")
    parser.add_argument("--limits", metavar="FILE", help="drift limits (default: those beside the module)")


if __name__ == "__main__":
    sys.exit(main())
