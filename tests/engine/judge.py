"""The judge runs code so that Python itself records which names it looks up outside and what it binds."""

import ast
import asyncio
import builtins
import types
from dataclasses import dataclass
from functools import partial

from kernel_magics.engine.source.hazards import Hazard, function_hazards
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import body_names, read_names


class Any:
    """A value that supports every operation and records how it was made, so that two runs can be compared."""

    def __init__(self, label):
        self.__dict__["label"] = label

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Any(f"{self.label}.{name}")

    def __setattr__(self, name, value):
        pass

    def __call__(self, *args, **kwargs):
        return Any(f"{self.label}()")

    def __iter__(self):
        return iter([Any(f"{self.label}[0]"), Any(f"{self.label}[1]")])

    def __format__(self, spec):
        return f"{self.label}:{spec}"

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return False

    def __await__(self):
        yield from ()
        return Any(f"await {self.label}")

    async def __aiter__(self):
        for item in self:
            yield item

    def __index__(self):
        return 2

    def __repr__(self):
        return self.label

    def __eq__(self, other):
        return repr(self) == repr(other)

    def __hash__(self):
        return hash(self.label)

    def keys(self):
        return ["key"]

    def __mro_entries__(self, bases):
        return ()


def _operator(name, result):
    setattr(Any, name, lambda self, *args: result(self, *args))


for _name in [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]:
    _operator(f"__{_name}__", lambda self, other: Any(f"{self}?{other}"))
    _operator(f"__r{_name}__", lambda self, other: Any(f"{other}?{self}"))
for _name in ["getitem", "neg", "invert", "enter", "pos"]:
    _operator(f"__{_name}__", lambda self, *args: Any(f"{self}[{args}]"))
for _name in ["lt", "le", "gt", "ge", "contains"]:
    _operator(f"__{_name}__", lambda self, *args: True)
for _name in ["setitem", "delitem", "delattr", "exit"]:
    _operator(f"__{_name}__", lambda self, *args: None)


@dataclass
class Point:
    """A class for class patterns."""

    x: int
    y: int


class Meta(type):
    """A metaclass that takes keywords."""

    def __new__(cls, name, bases, namespace, **keywords):
        return super().__new__(cls, name, bases, namespace)

    def __init__(cls, name, bases, namespace, **keywords):
        super().__init__(name, bases, namespace)


class Enough(BaseException):
    """An endless loop of a random program ends here."""


class Outside(dict):
    """Builtins that record every look-up that reaches them, and return a substitute for unknown names."""

    def __init__(self, values, deleted):
        super().__init__(vars(builtins))
        self.values = values
        self.deleted = deleted
        self.seen = {}

    def __getitem__(self, name):
        if name in builtin_names():
            self.seen[name] = None
            return super().__getitem__(name)
        if name in self.deleted:
            raise KeyError(name)
        self.seen[name] = None
        if name not in self.values:
            made = type(name, (Exception,), {}) if name.endswith("Error") else Any(name)
            self.values[name] = made
        return self.values[name]


class Module(dict):
    """A module's namespace: `del` of a name that is only outside counts as a look-up."""

    def __init__(self, values=()):
        super().__init__(__name__="judged")
        self.deleted = set()
        self.outside = self["__builtins__"] = Outside(dict(values), self.deleted)

    def __delitem__(self, name):
        if name in self:
            super().__delitem__(name)
        elif name in self.deleted:
            raise KeyError(name)
        else:
            self.outside.seen[name] = None
        self.deleted.add(name)

    @property
    def seen(self):
        implicit = {"__build_class__", "__import__", "__annotations__"}
        return {name for name in self.outside.seen if name not in implicit}

    def bindings(self):
        return {name: fingerprint(value) for name, value in self.items() if not name.startswith("__")}


def fingerprint(value, depth=6):
    """What two runs of the same code must agree on, to some depth (a list may hold itself)."""
    if not depth:
        return "..."
    inner = partial(fingerprint, depth=depth - 1)
    if isinstance(value, types.FunctionType):
        return ("function", value.__name__, inner(value.__defaults__))
    if isinstance(value, type) and vars(value).get("__module__", "builtins") != "builtins":
        public = {k: inner(v) for k, v in vars(value).items() if not k.startswith("__")}
        return ("class", value.__name__, public)
    if isinstance(value, dict):
        return {inner(k): inner(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return (type(value).__name__, *map(inner, value))
    if hasattr(value, "__dict__") and type(value).__repr__ is object.__repr__:
        return ("instance", type(value).__name__, str(sorted(vars(value))))
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


def hazards_of(source: str) -> list[Hazard]:
    """What cannot work when a text becomes the body of a function."""
    body = ast.parse(source).body
    return function_hazards(source, body, read_names(body))


def values_of(snippet):
    return eval(f"dict({snippet.given})", {"Any": Any, "Point": Point, "Meta": Meta})


def run_module(source, values=()):
    """Run code at module level; its namespace, and the error that stopped it."""
    module = Module(values)
    code = compile(source, "<module>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return module, _run(code, module)


def run_function(source, params, values):
    """Run code as the body of a function of its reads; the namespace outside, the bindings, the error."""
    module = Module()
    tree = ast.parse(source)
    wrapper = ast.parse(f"{'async ' if body_names(source).awaits else ''}def body({', '.join(params)}): pass")
    wrapper.body[0].body = [*tree.body, *ast.parse("return LOCALS()").body]
    exec(compile(ast.fix_missing_locations(wrapper), "<function>", "exec", dont_inherit=True), module)
    module.outside.values["LOCALS"] = locals
    function, outside = module.pop("body"), Outside(values, set())
    arguments = [outside[name] for name in params]
    result = {}

    def call():
        made = function(*arguments)
        result.update(asyncio.run(made) if asyncio.iscoroutine(made) else made)

    error = _caught(call)
    module.outside.seen.pop("LOCALS", None)
    return module, {name: fingerprint(value) for name, value in result.items()}, error


def _run(code, module):
    def call():
        made = eval(code, module)
        if asyncio.iscoroutine(made):
            asyncio.run(made)

    return _caught(call)


def _caught(call):
    try:
        call()
    except (Exception, Enough) as error:
        return error
    return None
