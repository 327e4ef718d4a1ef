"""Requirements are the distributions that an envelope's code imports, with all that those need, pinned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kernel_magics.engine.errors import ExportError
from kernel_magics.export.package.versions import owners

_OURS = frozenset({"kernel_magics", "nbext"})


@dataclass(frozen=True, slots=True)
class Requirements:
    """What must be installed where an envelope runs.

    Attributes:
        imports: versions of the distributions that the code imports, itself or through others.
        closure: those, and all that they require.
        notes: what a person should know.
    """

    imports: Mapping[str, str]
    closure: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """The text of `requirements.txt`."""
        return "".join(f"{name}=={version}\n" for name, version in self.closure.items())


def find_requirements(written: Iterable[str], loaded: Iterable[str]) -> Requirements:
    """The requirements of code.

    Args:
        written: modules that the code's import statements name, without those of Python.
        loaded: modules that were imported when the code ran in a clean process.

    Raises:
        ExportError: DB544 for a module that only this machine has.
    """
    named = refuse_local(written)
    known = owners()
    ran = {each for module in loaded for each in _owners(module, known)}
    private = sorted(each for each in ran if _is_local(each))
    notes = tuple(
        f"'{each}' is installed from a folder of this machine, and is not among the requirements."
        for each in private
    )
    imports = {each for each in named | ran if each not in private}
    return Requirements(_versions(imports), _versions(_closure(imports)), notes)


def refuse_local(written: Iterable[str]) -> set[str]:
    """The distributions of these modules, which other machines can install.

    Raises:
        ExportError: DB544 for a module that only this machine has.
    """
    named: set[str] = set()
    for module in written:
        found = _owners(module, owners())
        if not found or all(map(_is_local, found)) or module.partition(".")[0] in _OURS:
            raise _only_here(module, found)
        named |= found
    return named


def _owners(module: str, known: Mapping[str, list[str]]) -> set[str]:
    return {canonicalize_name(each) for each in known.get(module.partition(".")[0], ())}


def _only_here(module: str, found: Iterable[str]) -> ExportError:
    root = module.partition(".")[0]
    reason = "is installed from a folder of this machine" if found else "comes from no installed package"
    if root in _OURS:
        reason = "is Dagbook's"
    hint = "put what the nodes use of it into %%setup, or install it from a package index."
    if root in _OURS:
        hint = "nodes must not use Dagbook itself: the envelope runs without it."
    return ExportError("DB544", f"the code imports '{module}', which {reason}.", hint=hint, names=[module])


def _is_local(name: str) -> bool:
    """Whether a distribution was installed from a folder or file of this machine."""
    text = metadata.distribution(name).read_text("direct_url.json")
    return text is not None and str(json.loads(text).get("url", "")).startswith("file:")


def _closure(names: Iterable[str]) -> set[str]:
    """The distributions, and those that they require here."""
    found: set[str] = set()
    queue = [(name, "") for name in names]
    done: set[tuple[str, str]] = set()
    while queue:
        name, extra = queue.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        try:
            required = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:  # an optional one that is not installed
            continue
        found.add(name)
        for text in required:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                other = canonicalize_name(need.name)
                queue += [(other, each) for each in ("", *need.extras)]
    return found


def _versions(names: Iterable[str]) -> dict[str, str]:
    return {name: metadata.version(name) for name in sorted(names)}
