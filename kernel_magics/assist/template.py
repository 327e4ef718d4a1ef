"""A template is the name of a family with its loop variables in braces, such as `lag_{k}`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernel_magics.assist.document import Document
from kernel_magics.assist.marks import Mark
from kernel_magics.engine.cells.family import spelled

_VARIABLE = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Family:
    """A family, given by its template.

    Attributes:
        members: for each member's name, the values of the loop variables as the name shows them.
    """

    template: str
    members: dict[str, dict[str, str]]

    def renamed(self, new: str) -> dict[str, str]:
        """The new names of the template and of each member."""
        names = {name: _filled(new, values) for name, values in self.members.items()}
        return {self.template: new, **names}

    def fits(self, new: str) -> bool:
        """True for a template with the same loop variables."""
        return set(_VARIABLE.findall(new)) == set(_VARIABLE.findall(self.template))


def family_of(document: Document, template: str) -> Family | None:
    """The family of that template; None when no cell defines one."""
    found: dict[str, dict[str, str]] = {}
    for reading in document.readings.values():
        if "{" not in template or template not in reading.options.names:
            continue
        for bindings in reading.options.families:
            values = {key: spelled(value) for key, value in bindings.items()}
            found[_filled(template, values)] = values
    return Family(template, found) if found else None


def fitted(template: str, old: str, new: str) -> str | None:
    """`shift_{j}` for `lag_{j}`, given a renaming of `lag_{k}` to `shift_{k}`; None for another form."""
    if _VARIABLE.split(template)[::2] != _VARIABLE.split(old)[::2]:
        return None
    names = dict(zip(_VARIABLE.findall(old), _VARIABLE.findall(template), strict=True))
    return _VARIABLE.sub(lambda match: f"{{{names.get(match[1], match[1])}}}", new)


def called(document: Document, mark: Mark) -> str:
    """The name that a mark refers to: for a family, the template in its own cell, whatever others call it."""
    if mark.text in mark.names and "{" not in mark.text:
        return mark.text
    written = next((name for name in mark.names if "{" in name), mark.text)
    templates = [name for reading in document.readings.values() for name in reading.options.names]
    return next((name for name in templates if "{" in name and fitted(written, name, name)), written)


def _filled(template: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), template)
