"""The rules of a registry, `rules.yaml`: its environments in order, and what an envelope needs to get there.

evidence: [review]                   # further groups of evidence that conditions read
environments:
  staging:    {require: [tests == "passed", proof == "equal", checks.failed == 0]}
  production:
    after: staging
    require: [staging.hours >= 24, drift.max_psi < 0.2, metrics.auc >= champion.metrics.auc - 0.005]
    approvals: {count: 1, from: [platform, risk]}
    rollback: [checks.failed > 0]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kernel_magics.engine.errors import SourceError, UsageError, did_you_mean
from kernel_magics.registry.expression import Expression, Unreadable, read_expression

NAME: Final = "rules.yaml"
OF_ENVELOPE: Final = ("name", "tests", "tested", "proof", "metrics", "source")
"""Evidence that only the envelope gives."""
OF_FILES: Final = ("checks", "drift", "monitor")
"""Groups of evidence that files give; `checks` comes with the envelope until a file gives it."""
OF_REGISTRY: Final = ("champion", "evidence")
EXISTS: Final = "champion.exists"
"""Whether the environment has an envelope."""
GROUPS: Final = (*OF_ENVELOPE, *OF_FILES, *OF_REGISTRY)
STARTER: Final = """\
# Which envelope each environment has; `dagbook promote` applies these rules.
# An environment's `after` is the one before it. A condition that reads missing evidence does not hold.
#   tests, proof, checks.failed, checks.warned, metrics.NAME   of the envelope
#   staging.hours                                              for which it has been there
#   drift.max_psi, checks.failed, monitor.NAME                 of files, such as `dagbook monitor` writes
#   champion.NAME                                              of the envelope that is there now
environments:
  staging:
    require: [tests == "passed", proof == "equal", checks.failed == 0]
  production:
    after: staging
    require: [staging.hours >= 24]
    approvals: {count: 1, from: [platform]}
    rollback: [checks.failed > 0]
"""

_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LARGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many people in which roles must agree."""

    count: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """A place that has one envelope.

    Attributes:
        after: the environment in which an envelope must be before it comes here; "" for none.
        require: what must hold for an envelope to come here.
        rollback: what must not hold for it to stay.
    """

    name: str
    after: str = ""
    require: tuple[Expression, ...] = ()
    approvals: Approvals | None = None
    rollback: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Environments, each after those that it refers to."""

    environments: tuple[Environment, ...]

    def find(self, name: str) -> Environment:
        """The environment of this name.

        Raises:
            UsageError: DB308.
        """
        names = [item.name for item in self.environments]
        if name not in names:
            hint = did_you_mean(name, names) or f"there are {', '.join(names)}."
            raise UsageError("DB308", f"the rules have no environment '{name}'.", hint=hint, names=[name])
        return self.environments[names.index(name)]


def is_name(text: str) -> bool:
    """Whether an environment, a role or a group can have this name: no path, one word of an expression."""
    return _IDENTIFIER.fullmatch(text) is not None


def read_rules(text: str, where: str = NAME) -> Rules:
    """Read the rules.

    Args:
        where: the name of their file, for errors.

    Raises:
        SourceError: DB563 with the line that is wrong.
        UsageError: DB003 where PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError(
            "DB003", "rules need a package: yaml is not installed.", hint="pip install 'dagbook[registry]'."
        ) from None
    if len(text) > _LARGEST:
        raise _wrong(where, 0, f"it has more than {_LARGEST} characters")
    try:
        root = yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise _wrong(where, line, f"it is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _wrong(where, 0, f"it is no YAML: {' '.join(str(error).split())}") from None
    return _Reader(where).rules(root)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the nodes of a YAML document, every scalar as text."""

    where: str

    def rules(self, root: Any) -> Rules:
        parts = self.mapping(root, "the rules", ("evidence", "environments"))
        if "environments" not in parts:
            raise self.wrong(root, "there is no 'environments'")
        groups = self.names(parts["evidence"], "'evidence'") if "evidence" in parts else ()
        taken = [name for name in groups if name in GROUPS]
        if taken:
            raise self.wrong(parts["evidence"], f"'{taken[0]}' is evidence that is known by itself")
        found: dict[str, Environment] = {}
        each = self.mapping(parts["environments"], "'environments'")
        for name in each:
            if not is_name(name) or name in (*GROUPS, *groups):
                reason = (
                    "evidence has that name" if name in (*GROUPS, *groups) else "write letters a-z, 0-9, _"
                )
                raise self.wrong(each[name], f"an environment cannot have the name '{name}': {reason}")
        known = {*GROUPS, *groups}
        for name, node in each.items():
            found[name] = self.environment(name, node, found, known, each)
        if not found:
            raise self.wrong(parts["environments"], "there is no environment")
        return Rules(tuple(found.values()))

    def environment(
        self, name: str, node: Any, before: Collection[str], known: Collection[str], all_: Collection[str]
    ) -> Environment:
        parts = self.mapping(node, f"'{name}'", ("after", "require", "approvals", "rollback"))
        after = self.text(parts["after"], "'after'") if "after" in parts else ""
        if after and after not in before:
            reason = "does not stand above it" if after in all_ else "is no environment"
            raise self.wrong(parts["after"], f"'{name}' is after '{after}', which {reason}")
        approvals = self.approvals(parts["approvals"]) if "approvals" in parts else None
        require, rollback = (
            tuple(self.conditions(parts[part], part, known, all_)) if part in parts else ()
            for part in ("require", "rollback")
        )
        return Environment(name, after, require, approvals, rollback)

    def approvals(self, node: Any) -> Approvals:
        parts = self.mapping(node, "'approvals'", ("count", "from"))
        if "from" not in parts:
            raise self.wrong(node, "'approvals' does not say 'from' whom")
        count = self.text(parts["count"], "'count'") if "count" in parts else "1"
        if not (re.fullmatch("[0-9]{1,3}", count) and 1 <= int(count) <= 100):
            raise self.wrong(parts["count"], f"'{count[:20]}' is no number of approvals from 1 to 100")
        return Approvals(int(count), self.names(parts["from"], "'from'"))

    def conditions(
        self, node: Any, what: str, known: Collection[str], environments: Collection[str]
    ) -> Iterator[Expression]:
        for item in self.sequence(node, f"'{what}'"):
            text = self.text(item, "a condition")
            try:
                expression = read_expression(text)
            except Unreadable as error:
                raise self.wrong(item, f"'{text[:80]}': {error}") from None
            for name in expression.names:
                self.known(item, name, known, environments)
            yield expression

    def known(self, node: Any, name: str, known: Collection[str], environments: Collection[str]) -> None:
        """Refuse a name that nothing gives: a condition that reads it would never hold."""
        if name == EXISTS:
            return
        group, _, rest = name.removeprefix("champion.").partition(".")
        if group in environments:
            if rest != "hours":
                raise self.wrong(node, f"'{name}' is not known; of an environment there is '{group}.hours'")
        elif group not in known or group == "champion" or (group == "evidence" and rest != "hours"):
            hint = did_you_mean(group, [*known, *environments])
            raise self.wrong(
                node, f"nothing gives '{name}'", hint or f"there are {', '.join(sorted(known))}."
            )

    def names(self, node: Any, what: str) -> tuple[str, ...]:
        found = [self.text(item, what) for item in self.sequence(node, what)]
        bad = [name for name in found if not is_name(name)]
        if bad or not found or len(set(found)) < len(found):
            raise self.wrong(node, f"{what} must be different names of letters a-z, 0-9, _")
        return tuple(found)

    def mapping(self, node: Any, what: str, keys: Sequence[str] = ()) -> Mapping[str, Any]:
        """A mapping, and nothing but these keys if any are given."""
        if getattr(node, "id", "") != "mapping":
            raise self.wrong(node, f"{what} must be a mapping")
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = self.text(key, "a key")
            if name in found:
                raise self.wrong(key, f"'{name[:40]}' is there twice")
            if keys and name not in keys:
                hint = did_you_mean(name, keys) or f"there are {', '.join(keys)}."
                raise self.wrong(key, f"{what} has no '{name[:40]}'", hint)
            found[name] = value
        return found

    def sequence(self, node: Any, what: str) -> Sequence[Any]:
        if getattr(node, "id", "") != "sequence":
            raise self.wrong(node, f"{what} must be a list")
        found: Sequence[Any] = node.value
        return found

    def text(self, node: Any, what: str) -> str:
        if getattr(node, "id", "") != "scalar":
            raise self.wrong(node, f"{what} must be a text")
        return str(node.value)

    def wrong(self, node: Any, problem: str, hint: str = "") -> SourceError:
        return _wrong(self.where, node.start_mark.line + 1 if node is not None else 0, problem, hint)


def _wrong(where: str, line: int, problem: str, hint: str = "") -> SourceError:
    place = f"line {line} of '{where}'" if line else f"'{where}'"
    return SourceError(
        "DB563",
        f"{place}: {problem}.",
        hint=hint or "nothing was changed; correct the rules.",
        line=line,
    )
