"""The grammar of the magics' lines: each magic, the options it takes, and which values those take.

All code that parses, completes or explains a line uses this table: the parser of cells, argparse for line
magics, completion and hover, and the front end (as `grammar.json`). A new option is one line here; the values
that a cell gives it are in `Options.given`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Value = Literal[
    "",  # no value: a flag
    "text",
    "number",
    "size",  # 10GB
    "path",
    "choice",  # one of `choices`
    "pair",  # owner=ads
    "param",  # a param and its value: region=US
    "loop",  # a variable and its values: k=1,7,28, k=1..30, k=range(1, 31), k=LAGS
    "name",  # of a node that the line defines
    "node",  # the name of a node
    "sibling",  # the template of a member of the same family
    "rule",  # a shorthand of a check
    "expression",  # Python, to the end of the line
]
_METAVARS: Final[Mapping[str, str]] = {"size": "SIZE", "expression": "EXPR"}


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a magic's line.

    Attributes:
        name: as it is written, with its dashes.
        doc: what it does, in one sentence.
        value: what its value is; "" for an option without one.
        example: a value, for hints.
        choices: values with their meaning; those of a `choice` are the only ones.
        default: the value of an option that is left out.
    """

    name: str
    doc: str
    value: Value = ""
    example: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None

    @property
    def metavar(self) -> str | None:
        """The placeholder of its value in a usage line; None for the option's own name."""
        return _METAVARS.get(self.value)

    def written(self) -> str:
        """The option with an example value: `--tag owner=ads`."""
        return f"{self.name} {self.example}" if self.example else self.name


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a line that belong to no option.

    Attributes:
        name: their placeholder in a usage line.
        value: the kind of each word.
        count: how many: "1", "?" for at most one, "*" for any number.
        choices: values with their meaning; those of a `choice` are the only ones.
        default: the value of a line without such words.
    """

    name: str
    value: Value
    count: Literal["1", "?", "*"] = "1"
    choices: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Magic:
    """A magic.

    Attributes:
        doc: what it does, in one sentence.
        words: what its line holds beside options, in order.
    """

    name: str
    doc: str
    words: tuple[Words, ...] = ()
    options: tuple[Option, ...] = ()

    def option(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)

    def kind(self, place: int) -> Value:
        """The kind of the word at this place among those outside options, from 0; "" for one too many."""
        for words in self.words:
            if place == 0 or words.count == "*":
                return words.value
            place -= 1
        return ""

    @property
    def choices(self) -> Mapping[str, str]:
        """The possible words outside options, if they are limited."""
        return self.words[0].choices if self.words else {}


_NODES = Words("names", "node", "*")
_RULES: Final[Mapping[str, str]] = {
    "not_null": "Nothing is missing.",
    "unique": "No value twice.",
    "increasing": "It never falls.",
    "decreasing": "It never rises.",
}
_PLACES: Final[Mapping[str, str]] = {
    "memory": "In the kernel's memory.",
    "disk": "On disk, beyond the kernel.",
    "off": "Nowhere: it is computed each time.",
}
_POOLS: Final[Mapping[str, str]] = {"threads": "A pool of threads.", "processes": "A pool of processes."}
_TARGETS: Final[Mapping[str, str]] = {
    "module": "One module.",
    "package": "A package.",
    "hamilton": "A module for Apache Hamilton.",
    "envelope": "A folder with code, fitted values and all that running it needs.",
    "service": "An envelope with an app and a Dockerfile.",
}
_VERBS: Final[Mapping[str, str]] = {
    "auto": "What is stale is computed at once.",
    "lazy": "What is stale waits to be asked for.",
    "status": "States of all nodes.",
    "reset": "Forget everything.",
    "cache": "Where results are kept: memory, disk or off; clear drops those on disk.",
    "memory": "How much of them at a time: a size, or all.",
    "samples": "What a service's log saw becomes the samples of the inputs: %dataflow samples LOG.",
    "controls": "A control for each param: moving it computes what depends on it.",
    "as": "Make a variable of the dataflow as it is now: %dataflow as flow.",
}


def _by_name(*magics: Magic) -> Mapping[str, Magic]:
    return {magic.name: magic for magic in magics}


CELL_MAGICS: Final = _by_name(
    Magic("setup", "Imports, constants and helpers that nodes share."),
    Magic(
        "inputs",
        "`name: type = sample` lines: values given from outside.",
        (),
        (
            Option("--key", "The columns or index levels that tell entities apart.", "text", "store"),
            Option("--time", "The column or index level that tells when a row is known.", "text", "day"),
            Option("--private", "Columns or inputs that tests and baselines get fakes of.", "text", "email"),
        ),
    ),
    Magic("params", "`name: type = default` lines: inputs with a default that ships."),
    Magic(
        "node",
        "Functions, or with a name on the line a bare body: each is a node.",
        (Words("names", "name", "*"),),
        (
            Option("--tag", "A free key and value: `--tag owner=ads`.", "pair", "owner=ads"),
            Option("--cache", "Where the value is kept: memory, disk or off.", "choice", "memory", _PLACES),
            Option("--lazy", "Compute it only when asked."),
            Option("--sql", "One SELECT, run by DuckDB: tables are inputs, `$name` is a param."),
            Option("--fitted", "Learnt from data once: its value ships with the envelope."),
            Option("--future", "Why it may read rows after its own time.", "text", "target"),
            Option(
                "--check",
                'A check in a few words: `--check "0 <= value <= 1"`.',
                "rule",
                "not_null",
                _RULES,
            ),
            Option("--warn", "The same, but it only warns.", "rule", "not_null", _RULES),
            Option(
                "--for",
                "A family, one node for each value: `--for k=1,7,28`, `k=1..30`, `k=LAGS`.",
                "loop",
                "k=1,7,28",
            ),
            Option("--where", 'The members of the family: `--where "a < b"`.', "text", "a<b"),
            Option(
                "--when",
                "A variant, for a param's value: `--when region=US`, or all others: `--when region!=US`.",
                "param",
                "region=US",
            ),
            Option(
                "--uses",
                "A sibling of the family that the body reads: `--uses sales_{k}`.",
                "sibling",
                "sales_{k}",
            ),
        ),
    ),
    Magic(
        "check",
        "Conditions on a node's value, one a line; a comment is the message.",
        (Words("name", "node"),),
        (Option("--warn", "Only warn when a condition does not hold."),),
    ),
    Magic("test", "An example of a node's function, as plain code with `assert`.", (Words("name", "node"),)),
)

LINE_MAGICS: Final = _by_name(
    Magic(
        "compute",
        "Bring these nodes (default: all) up to date.",
        (_NODES,),
        (
            Option("--force", "Compute them even if they are fresh."),
            Option("--executor", "threads, processes, or an executor of your own.", "text", "", _POOLS),
            Option("--inputs", "A single run on other values: a dict.", "expression"),
        ),
    ),
    Magic(
        "dag",
        "The live graph.",
        (_NODES,),
        (
            Option("--upstream", "Only what this node comes from.", "node"),
            Option("--downstream", "Only what this node feeds.", "node"),
            Option("--static", "A picture that does not change."),
            Option("--height", "Height of the view in pixels.", "number"),
        ),
    ),
    Magic("lineage", "Where a node comes from and what it feeds.", (Words("name", "node"),)),
    Magic(
        "nature",
        "What each value depends on, found out by experiment.",
        (_NODES,),
        (
            Option("--key", "The columns or index levels that tell entities apart.", "text", "store"),
            Option("--time", "The column or index level that tells when a row is known.", "text", "day"),
            Option("--seconds", "CPU time for each node.", "number"),
        ),
    ),
    Magic("impact", "What the last edit changed downstream.", (_NODES,)),
    Magic("suggest", "Draft a check of a node from the values seen.", (Words("name", "node"),)),
    Magic(
        "export",
        "Write the module, its tests and the proof.",
        (Words("path", "path"), _NODES),
        (
            Option("--tests", "The folder of the tests.", "path"),
            Option("--no-run", "Write without running the tests."),
            Option("--check", "Write nothing; fail when the files are out of date."),
            Option("--refresh-examples", "Record the examples in the tests anew."),
            Option("--allow-secrets", "Write although a value looks like a secret."),
            Option("--force", "Drop edits that were made in the module."),
            Option(
                "--target",
                "module, package, hamilton, envelope or service.",
                "choice",
                "package",
                _TARGETS,
                "module",
            ),
            Option("--outputs", "What is exported, with what it needs: A,B.", "text", "score"),
            Option("--skip-failed", "Leave out nodes that wait or fail, and what reads them."),
            Option("--allow-pickle", "Store fitted values as pickles where nothing else holds them."),
            Option("--notebook", "The path of this notebook, where it cannot be found.", "path"),
        ),
    ),
    Magic(
        "dataflow",
        "How and what the dataflow computes, and where results are kept.",
        (Words("what", "choice", "?", _VERBS, "status"), Words("value", "text", "?")),
        (
            Option("--limit", "Of cache: the most that results take on disk.", "size"),
            Option("--rows", "Of samples: how many rows, evenly chosen.", "number", "1000"),
            Option("--where", "Of samples: which rows, by their fields and outputs.", "text", '"age > 40"'),
            Option("--labels", "Of samples: a table with what has come true.", "path"),
            Option(
                "--on", "Of samples: its column of request ids.", "text", "request_id", default="request_id"
            ),
        ),
    ),
)

# Cell magics of others that run what stands below them as a cell, and whether they do so exactly once.
OUTER_MAGICS: Final[Mapping[str, bool]] = {
    "time": True,
    "capture": True,
    "prun": True,
    "timeit": False,
    "memit": False,
}

_NONE = Magic("", "")


def magic(name: str) -> Magic:
    """The magic of that name; for an unknown name, one without words and options."""
    return CELL_MAGICS.get(name) or LINE_MAGICS.get(name) or _NONE


def once_magics() -> list[str]:
    """The cell magics of others that may stand above ours, as they are written."""
    return [f"%%{name}" for name, once in OUTER_MAGICS.items() if once]


def help_text(name: str) -> str:
    """Help for a magic: its usage, its sentence, a line for each option and choice."""
    what = magic(name)
    usage = [f"{'%%' if name in CELL_MAGICS else '%'}{name}"]
    counts = {"1": "{}", "?": "[{}]", "*": "[{} …]"}
    usage += [counts[words.count].format(words.name.upper()) for words in what.words]
    usage += [f"[{_usage(option)}]" for option in what.options]
    rows = [(text, doc) for words in what.words for text, doc in words.choices.items()]
    rows += [(_usage(option), option.doc) for option in what.options]
    width = max((len(text) for text, _ in rows), default=0)
    lines = [f"  {text:<{width}}  {doc}" for text, doc in rows]
    return "\n".join([" ".join(usage), "", what.doc, *([""] if lines else []), *lines])


def _usage(option: Option) -> str:
    only = "|".join(option.choices) if option.value == "choice" else ""
    value = only or option.metavar or option.example or option.value.upper()
    return f"{option.name} {value}" if option.value else option.name


def to_json() -> dict[str, Any]:
    """What the front end needs: the names of our magics, and of those that may stand above them."""
    return {"cell": list(CELL_MAGICS), "line": list(LINE_MAGICS), "outer": list(OUTER_MAGICS)}


def names_in(text: str | None) -> tuple[str, ...]:
    """The names in the value of an option such as `a, b`; none for an option that is not given."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
