"""Mistakes in a notebook: cells, of which the last one ends in an error."""

from __future__ import annotations

INPUT = "%%inputs\na: int = 1"
NODE = "%%node\ndef b(a):\n    return a * 2"
GOOD = (INPUT, NODE)
AHEAD = (
    "%%setup\nimport pandas as pd",
    "%%inputs --time day\n"
    "_days = pd.date_range('2024-01-01', periods=60, name='day')\n"
    "sales: pd.Series = pd.Series([day * 7 % 31 for day in range(60)], _days)",
    "%%node tomorrow\nsales.shift(-1)",
)
FLOW = "import mine\nfrom kernel_magics import Dataflow\nflow = Dataflow.from_module(mine)\n"

CASES: dict[str, tuple[str, ...]] = {
    "DB001 a word that a magic does not know": ("%dataflow fast",),
    "DB001 an option that a magic does not know": ("%compute --all",),
    "DB001 no size": ("%dataflow memory much",),
    "DB001 other inputs that are none": (*GOOD, "%compute b --inputs 3"),
    "DB001 other inputs that fail": (*GOOD, "%compute b --inputs {'a': q}"),
    "DB001 a magic above that commands do not know": (
        "%alias_magic --cell timed time",
        "\n%%timed\n%%node c\n1",
    ),
    "DB101 a cell that is not Python": (*GOOD, "%%node c\nb +* 2"),
    "DB102 a magic inside": (*GOOD, "%%node c\n%time b"),
    "DB114 code above a magic": (*GOOD, "x = 1\n%%node c\nb"),
    "DB103 a name that cannot be one": (*GOOD, "%%node list\n[b]"),
    "DB104 an option that is none": (*GOOD, "%%node c --chek unique\nb"),
    "DB104 a magic above that repeats the cell": (*GOOD, "%%timeit\n%%node c\nb"),
    "DB104 a family of many": (
        *GOOD,
        "%%node c_{i}{j}{k}{l}{m} --for i=1,2,3,4,5,6,7 --for j=1,2,3,4,5,6,7 --for k=1,2,3,4,5,6,7 "
        "--for l=1,2,3,4,5,6,7 --for m=1,2,3,4,5,6,7\nb * i * j * k * l * m",
    ),
    "DB104 values of a family that are none": (*GOOD, "%%node c_{k} --for k=f(3)\nb * k"),
    "DB210 a family over an unknown name": (
        "%%setup\nLAGS = [1, 7]",
        *GOOD,
        "%%node c_{k} --for k=LAG\nb * k",
    ),
    "DB105 a statement that has no place": (*GOOD, "%%check b\nlarge = b > 3"),
    "DB106 a star import": ("%%setup\nfrom math import *",),
    "DB107 a function of anything": (*GOOD, "%%node\ndef c(*values):\n    return values"),
    "DB108 a body without a value": (*GOOD, "%%node c\nfor x in [b]:\n    pass"),
    "DB109 a notebook variable": ("rate = 3", *GOOD, "%%node\ndef c(b):\n    return b * rate"),
    "DB110 a loop that gives one name": (*GOOD, "%%node c --for k=1,2\nb * k"),
    "DB111 a word that a module would read otherwise": (*GOOD, "%%node c\nlocals()"),
    "DB112 a check that means nothing": (*GOOD, "%%node c --check uniqe\nb"),
    "DB113 a setup that a node would change": (
        "%%setup\nSEEN = []",
        *GOOD,
        "%%node c\nSEEN.append(b)\nb",
    ),
    "DB119 code that is nested too deeply": (*GOOD, "%%node c\n" + "-" * 20_000 + "b"),
    "DB201 a name that is there": (*GOOD, "%%node b\na * 3"),
    "DB202 a circle": (*GOOD, "%%node d\ne", "%%node e\nd"),
    "DB203 an input that nothing defines": (*GOOD, "%%node c\nbb + 1", "%compute c"),
    "DB204 variants that overlap": (
        "%%params\nmode = 'x'",
        "%%node c --when mode=x\n1",
        "%%node c --when mode=x\n2",
    ),
    "DB115 a decorator that no cell obeys": (
        "%%setup\nfrom hamilton.function_modifiers import extract_fields, resolve_from_config",
        *GOOD,
        "%%node\n@resolve_from_config(decorate_with=lambda names: extract_fields(names, int))\n"
        "def ends(b: int) -> dict:\n    return {'low': b}",
    ),
    "DB115 a block that does not end in its cell": (
        "%%setup\nfrom hamilton.htypes import Parallelizable",
        *GOOD,
        "%%node\ndef rows(b: int) -> Parallelizable[int]:\n    return [b]",
    ),
    "DB311 types that a cell ignores": (
        "%%setup\nfrom hamilton.htypes import Parallelizable\n\nMany = Parallelizable[int]",
        *GOOD,
        "%%node\ndef rows(b: int) -> Many:\n    return [b]",
    ),
    "DB206 a variant that a node would choose": (*GOOD, "%%node c --when b=2\n1"),
    "DB301 a node that fails": (*GOOD, "%%node c\nhalf = b - 2\nb / half"),
    "DB302 a check that does not hold": (*GOOD, "%%check b\nb > 3  # large\nb != 2"),
    "DB302 several checks that do not hold": (
        *GOOD,
        "%%check a --warn\na > 1",
        "%%check a\na > 2",
        "%%check b\nb > 3  # large\nb != 1",
        "%compute --force",
    ),
    "DB303 a test that fails": (*GOOD, "%%test b\nassert b(2) == 5"),
    "DB304 an input that can be read once": ("%%inputs\nrows = iter([1])",),
    "DB305 a setup that fails": ("%%setup\nRATE = 1 / 0",),
    "DB306 an input that does not exist": (*GOOD, "%compute b --inputs {'aa': 2}"),
    "DB307 values that make no frame": (FLOW + "flow.frame(['c'], inputs={'a': {}})",),
    "DB308 a name that does not exist": (*GOOD, "%lineage c"),
    "DB309 an executor that does not exist": (*GOOD, "%compute b --force --executor thread"),
    "DB326 stored values that are nowhere": (FLOW + "flow.run('c', fitted='stored')",),
    "DB310 nothing to learn from": (*GOOD, "%%node c\nlambda: b", "%suggest c"),
    "DB310 a value that was not computed": ("%dataflow lazy", *GOOD, "%suggest b"),
    "DB331 a node that ends its worker": (
        "%dataflow lazy",
        "%%setup\nimport os",
        *GOOD,
        "%%node c\nos._exit(3) or b",
        "%compute --executor processes",
    ),
    "DB312 a value that a param cannot have": (
        "%%params\nversion: str = '1.10'",
        "# Parameters\nversion = 1.1",
        "%%node c\nversion",
    ),
    "DB401 no notebook": (*GOOD, "%export feats.py --notebook text.ipynb"),
    "DB402 a notebook of the future": (*GOOD, "%export feats.py --notebook future.ipynb"),
    "DB403 no such file": (*GOOD, "%export feats.py --notebook nowhere.ipynb"),
    "DB405 a folder that is a file": (*GOOD, "%export text.ipynb/feats.py --no-run"),
    "DB431 a link out of the folder": (
        "from pathlib import Path; Path('../other.py').touch(); Path('feats.py').symlink_to('../other.py')",
        *GOOD,
        "%export feats.py --no-run",
    ),
    "DB432 a file that changes meanwhile": (
        "%dataflow lazy",
        *GOOD,
        "%%node c\nopen('feats.py', 'w').write('x') + b",
        "%export feats.py",
    ),
    "DB433 something in the way": (
        "open('.dagbook-write', 'w').close()",
        *GOOD,
        "%export feats.py --no-run",
    ),
    "DB573 a log whose requests are about something else": (
        "import json; e = dict(id='1', digest='a', status=200, seconds=0.1, inputs={'rows': [{'age': 3}]})\n"
        "open('log.jsonl', 'w').write(json.dumps(e) + chr(10))",
        "%%inputs\nyears: int = 1",
        "%%node z\nyears * 2",
        "%dataflow samples log.jsonl",
    ),
    "DB574 an input without an assignment of its own": (
        "import json; e = dict(id='1', digest='a', status=200, seconds=0.1, inputs={'rows': [{'x': 3, 'y': 4}]})\n"
        "open('log.jsonl', 'w').write(json.dumps(e) + chr(10))",
        "%%inputs\nx, y = 1, 2",
        "%%node z\nx + y",
        "%dataflow samples log.jsonl",
    ),
    "DB431 a cache that is a link": (
        "from pathlib import Path; Path('.dagbook').symlink_to('../other')",
        "%dataflow cache disk",
    ),
    "DB434 a key that others can replace": (
        "import os; from pathlib import Path; from kernel_magics.store import secret; Path('dagbook').mkdir()",
        "Path('dagbook/cache.secret').touch(); Path('dagbook/cache.secret').chmod(0o666)",
        "home, secret._home = secret._home, lambda: Path(os.getcwd())\n"
        "try:\n    get_ipython().run_line_magic('dataflow', 'cache disk')\nfinally:\n    secret._home = home",
    ),
    "DB501 a node changes what another one reads": (
        "%%inputs\nrows: list[int] = [1]",
        "%%node\ndef longer(rows):\n    list.append(rows, 2)\n    return rows",
        "%%node\ndef length(rows):\n    return len(rows)",
        "%export feats.py",
    ),
    "DB502 a test that fails in a module": (
        *GOOD,
        "%%test b\nassert b.__module__ != 'feats'",
        "%export feats.py",
    ),
    "DB503 nothing to export": (INPUT, "%export feats.py --no-run"),
    "DB504 a setup that works here only": (
        "%%setup\nLIMIT = len(open('text.ipynb').read())",
        INPUT,
        "%%node b\na + LIMIT",
        "%export feats.py",
    ),
    "DB505 a node that ends its process": (
        "import os; os.environ['PYTHONWARNINGS'] = 'default'",  # which no clean process inherits
        "%%setup\nimport os",
        INPUT,
        "%%node b\na if 'PYTHONWARNINGS' in vars(os)['environ'] else os._exit(3)",
        "%export feats.py",
    ),
    "DB506 a secret": (
        "%%setup\nTOKEN = 'abcd1234'",
        INPUT,
        "%%node b\nf'{a}{TOKEN}'",
        "%export feats.py --no-run",
    ),
    "DB507 a test of nothing": (*GOOD, "%%test b\nassert bb(1)", "%export feats.py --no-run"),
    "DB508 a module that would hide another": (*GOOD, "%export json.py --no-run"),
    "DB509 a helper that cannot be private": (
        "%%setup\ndef double(x):\n    return 2 * x\n\n\n_double = 3",
        INPUT,
        "%%node b\ndouble(a) + _double",
        "%export feats.py --no-run",
    ),
    "DB512 a private column that does not exist": (
        "%%inputs --private emial\na = {'email': 'ann.b@corp.com'}",
        "%%node b\nlen(a)",
        "%export feats.py",
    ),
    "DB513 a private value in an input that is not private": (
        "%%inputs\na = 'Ann Bowler'  # private\nc = 'Ann Bowler'",
        "%%node b\na + c",
        "%export feats.py",
    ),
    "DB511 a value that is not the recorded one": (
        *GOOD,
        "%export feats.py",
        "=%%node\ndef b(a):\n    return a * 3",
        "%export feats.py",
    ),
    "DB521 a module of somebody else": (*GOOD, "%export mine.py --no-run"),
    "DB341 a node that reads the future": (*AHEAD, "%export feats.py"),
}
