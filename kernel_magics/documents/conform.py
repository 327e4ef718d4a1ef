"""A document conforms to a JSON Schema: what does not is said with its line, and what was meant.

Known keywords are those that `KEYWORDS` lists; a schema that uses others is refused by a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel_magics.documents.document import Document, Place
from kernel_magics.engine.errors import SourceError, did_you_mean

Schema = Mapping[str, Any]
KEYWORDS: Final = frozenset(
    {
        *("type", "enum", "pattern", "minimum", "items", "minItems", "anyOf", "$ref"),
        *("required", "properties", "additionalProperties", "propertyNames", "minProperties"),
    }
)
"""What is checked. Other words of a schema, such as `$defs` and `description`, check nothing."""
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_WORDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "empty",
}
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that does not conform.

    Attributes:
        place: of the entry.
        text: what is wrong.
        hint: what to do about it.
    """

    place: Place
    text: str
    hint: str = ""


def conform(document: Document, schema: Schema, code: str) -> list[SourceError]:
    """Every entry of a document that does not conform to a schema, in the order of lines.

    Args:
        code: of the errors.
    """
    found = faults(document.data, schema, schema, ())
    made = [document.error(code, fault.text, fault.place, fault.hint) for fault in found]
    return sorted(made, key=lambda error: error.line)


def faults(value: Any, schema: Schema, root: Schema, place: Place) -> Iterator[Fault]:
    """What of a value does not conform to a schema.

    Args:
        root: the schema in which `$ref` finds its definitions.
    """
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        yield from _nearest(value, schema, root, place)
        return
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
    if kinds and not any(_is(value, kind) for kind in kinds):
        wanted = " or ".join(_WORDS[kind] for kind in kinds)
        yield Fault(place, f"{_name(place)} must be {wanted}, and is {_shown(value)}.", _about(schema))
    elif "enum" in schema and value not in schema["enum"]:
        choices = ", ".join(map(str, schema["enum"]))
        hint = did_you_mean(str(value), map(str, schema["enum"])) or _about(schema)
        yield Fault(place, f"{_name(place)} must be one of {choices}, and is {_shown(value)}.", hint)
    elif isinstance(value, str) and not _matches(schema.get("pattern", ""), value):
        yield Fault(place, f"{_name(place)} cannot be {_shown(value)}.", _about(schema))
    elif isinstance(value, int | float) and value < schema.get("minimum", value):
        yield Fault(
            place, f"{_name(place)} must be {schema['minimum']} or more, and is {value}.", _about(schema)
        )
    elif isinstance(value, dict):
        yield from _of_mapping(value, schema, root, place)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield Fault(place, f"{_name(place)} is empty.", _about(schema))
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), root, (*place, number))


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern of JSON Schema matches; its `$` is the end of the text, in Python also a line's."""
    return re.search(re.sub(r"\$\Z", r"\\Z", pattern), text) is not None


def _of_mapping(value: dict[str, Any], schema: Schema, root: Schema, place: Place) -> Iterator[Fault]:
    known: Schema = schema.get("properties", {})
    rest = schema.get("additionalProperties", {})
    if len(value) < schema.get("minProperties", 0):
        yield Fault(place, f"{_name(place)} is empty.", _about(schema))
    for key in schema.get("required", ()):
        if key not in value and not any(did_you_mean(other, [key]) for other in value if other not in known):
            yield Fault(place, f"{_name(place)} has no '{key}'.", _about(known.get(key, {})))
    for key, item in value.items():
        if key in known:
            yield from faults(item, known[key], root, (*place, key))
        elif rest is False:
            hint = did_you_mean(key, known) or f"the keys are {', '.join(known)}."
            yield Fault((*place, key), f"{_name(place)} takes no key '{key}'.", hint)
        else:
            named = list(faults(key, schema.get("propertyNames", {}), root, (*place, key)))
            yield from (Fault(each.place, f"'{key}' cannot be a name here.", each.hint) for each in named)
            yield from faults(item, rest, root, (*place, key))


def _nearest(value: Any, schema: Schema, root: Schema, place: Place) -> Iterator[Fault]:
    """The faults by the alternative that was most likely meant: of the value's type, with the fewest."""
    tried = [list(faults(value, each, root, place)) for each in schema["anyOf"]]
    if not all(tried):
        return
    inside = [found for found in tried if any(fault.place != place for fault in found)]
    inside += [found for found in tried if not any(" must be " in fault.text for fault in found)]
    if inside:
        yield from min(inside, key=len)
        return
    wanted = " or ".join(dict.fromkeys(_wanted(each, root) for each in schema["anyOf"]))
    yield Fault(place, f"{_name(place)} must be {wanted}, and is {_shown(value)}.", _about(schema))


def _wanted(schema: Schema, root: Schema) -> str:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ())
    return " or ".join(_WORDS[kind] for kind in kinds) or "something else"


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _about(schema: Schema) -> str:
    """What a schema says about the values that it describes."""
    return str(schema.get("description", ""))


def _name(place: Place) -> str:
    """`stages.score.write`, or what an empty place is."""
    name = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"'{name.lstrip('.')}'" if place else "the file"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "empty"
    text = repr(value) if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 60 else f"{text[:59]}…"
