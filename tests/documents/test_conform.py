"""Our check of a document against a schema agrees with the library `jsonschema`, and says more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.documents.conform import KEYWORDS, conform, faults
from kernel_magics.documents.document import Document, parse_document
from kernel_magics.pipeline.spec import schema
from tests.examples import examples

SCHEMAS = [schema()]
SAYING = {"$schema", "$defs", "title", "description"}
WORDS = st.sampled_from(
    [
        "name",
        "module",
        "stages",
        "inputs",
        "params",
        "outputs",
        "write",
        "path",
        "sql",
        "url",
        "checks",
        "when",
        "retries",
        "mode",
        "x",
        "2",
        "block",
        "weekly",
        "append",
        "env:X",
        "schedule",
        "value",
    ]
)
TREES: Any = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-2, 2) | st.just(1.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
STAGES = st.dictionaries(
    WORDS,
    st.dictionaries(WORDS, TREES, max_size=3) | st.builds(lambda x: {"outputs": [x]}, WORDS),
    max_size=2,
)
FILES = st.builds(
    lambda rest, stages: {"name": "n", "module": "m.py", "stages": stages, **rest},
    st.dictionaries(WORDS, TREES, max_size=2),
    STAGES,
)


def _keywords(tree: Any) -> set[str]:
    """Every keyword of a schema, and of those in it."""
    found = set(tree) - SAYING
    for key in ("properties", "$defs"):
        for each in tree.get(key, {}).values():
            found |= _keywords(each)
    for each in [
        tree.get("additionalProperties"),
        tree.get("items"),
        tree.get("propertyNames"),
        *tree.get("anyOf", ()),
    ]:
        if isinstance(each, dict):
            found |= _keywords(each)
    return found


def test_the_schemas_use_only_what_is_checked() -> None:
    """A keyword that we do not know would hold of everything."""
    for each in SCHEMAS:
        jsonschema.Draft202012Validator.check_schema(each)
        assert _keywords(each) <= KEYWORDS


@examples(300)
@given(TREES | FILES)
def test_the_verdict_is_that_of_the_library(tree: object) -> None:
    """What conforms for us conforms for editors, and the other way round."""
    ours = not list(faults(tree, schema(), schema(), ()))
    assert ours == jsonschema.Draft202012Validator(schema()).is_valid(tree)


def _texts(text: str) -> list[str]:
    found: Document = parse_document(text, Path("p.yaml"))
    return [f"{error.message} | {error.hint}" for error in conform(found, schema(), "DB462")]


def test_each_fault_has_its_line_and_what_was_meant() -> None:
    """All are told at once, in the order of lines."""
    text = """\
name: 3 things
modul: x.ipynb
stages:
  a:
    outputs: [spend, [x]]
    wirte: out.csv
    write: {sql: scores, url: "env:X", mode: replace-partitions}
    retries: -1
  b: {}
inputs: {orders: 3, rows: {pth: x}}
"""
    assert _texts(text) == [
        "p.yaml:1: 'name' cannot be '3 things'. | A name of letters, digits, _ and -: that of the DAG and of the run records.",
        "p.yaml:2: the file takes no key 'modul'. | did you mean 'module'?",
        "p.yaml:5: 'stages.a.outputs[2]' must be a text, and is a list. | ",
        "p.yaml:6: 'stages.a' takes no key 'wirte'. | did you mean 'write'?",
        "p.yaml:7: 'stages.a.write.mode' must be one of replace-partition, append, replace, and is 'replace-partitions'. | did you mean 'replace-partition'?",
        "p.yaml:8: 'stages.a.retries' must be 0 or more, and is -1. | How often Airflow tries a failed stage again.",
        "p.yaml:9: 'stages.b' has no 'outputs'. | A list of nodes of the module: [spend_30d, orders_7d].",
        "p.yaml:10: 'inputs.orders' must be a text or a mapping, and is 3. | A path or pattern of files, or a mapping with path, sql and url, table and url, feast, or value.",
        "p.yaml:10: 'inputs.rows' takes no key 'pth'. | did you mean 'path'?",
    ]
