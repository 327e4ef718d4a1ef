"""A scope holds names; a reference is a mention of a name, which is resolved to a scope."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Role = Literal["read", "write", "parameter", "keyword", "query", "import"]


@dataclass(eq=False, slots=True)
class Scope:
    """The module, a function (a lambda, type parameters), a class body or a comprehension.

    Attributes:
        bound: the names that it binds anywhere.
        globals: those that it declares `global`.
        nonlocals: those that it declares `nonlocal`.
        private: the class whose name mangles `__x`.
    """

    kind: Literal["module", "function", "class", "comprehension"]
    parent: Scope | None = None
    node: ast.AST | None = None
    private: str = ""
    bound: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    def home(self, name: str) -> Scope:
        """The scope in which a name is found when it is looked up here."""
        scope = self
        while scope.parent is not None and name not in scope.globals:
            if name in scope.bound and name not in scope.nonlocals:
                return scope
            scope = scope.parent
            while scope.kind == "class" and scope.parent is not None:  # visible to its own code only
                if name == "__class__":
                    return scope
                scope = scope.parent
        return scope.root

    @property
    def root(self) -> Scope:
        """The module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def mangled(self, name: str) -> str:
        """The name that Python looks up for `name`, after name mangling."""
        private = self.private and name.startswith("__") and not name.endswith("__")
        return f"_{self.private}{name}" if private else name


class Reference(NamedTuple):
    """A mention of a name.

    Attributes:
        name: as Python looks it up.
        node: the syntax node that mentions it.
        scope: the scope of the mention.
        early: read in a class body that may not have bound it yet.
        caller: for a keyword of a call, the name of the called function.
    """

    name: str
    role: Role
    node: ast.AST
    scope: Scope
    early: bool = False
    caller: str = ""

    @property
    def home(self) -> Scope:
        """The scope in which the name is found."""
        scope = self.scope
        if self.early and self.name in scope.bound:  # a class body looks for its own names in the module next
            return scope.root
        return scope.home(self.name)
