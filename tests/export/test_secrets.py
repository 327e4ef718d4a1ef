"""Secrets: keys and passwords in exported code are refused."""

from pathlib import Path

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.secrets import find_secrets
from tests.export.notebooks import export

SECRETS = [
    'KEY = "AKIA' + "ABCDEFGHIJKLMNOP" + '"',
    'x = "ghp_' + "a1" * 18 + '"',
    'x = "sk-proj-' + "Ab1" * 8 + '"',
    'x = "postgres://me:hunter22@db/x"',
    'x = """-----BEGIN RSA ' + 'PRIVATE KEY-----"""',
    'x = "eyJhbGciOiJIUzI1NiJ9.' + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefgh" + '"',
    'password = "hunter2"',
    'connect(user="me", password="hunter2")',
    'options = {"api-key": "abcd1234"}',
    'config["secret"] = "abcd1234"',
    'def login(token="abcd1234"):\n    pass',
    "x = 1  # xoxb-" + "123456789012-abcdef",
]
HARMLESS = [
    'password = os.environ["PASSWORD"]',
    'password = ""',
    'password = "<your password>"',
    'tokens = text.split(" ")',
    'token_pattern = "[a-z]+"',
    'url = "https://example.org/a:b@c"',
    'key = "customer"',
    'x = "a long text that has forty characters or more in it"',
    'columns = {"passwords_changed": "sum"}',
]


@pytest.mark.parametrize("source", SECRETS)
def test_literals_that_look_like_secrets(source: str) -> None:
    """Known shapes of keys anywhere, and literals under telling names."""
    assert list(find_secrets(source))


@pytest.mark.parametrize("source", HARMLESS)
def test_literals_that_do_not(source: str) -> None:
    """Placeholders, look-ups and similar words are fine."""
    assert not list(find_secrets(source))


@pytest.mark.parametrize(
    "cells",
    [
        ("%%setup\nPASSWORD = 'hunter2'", "%%node b\na + len(PASSWORD)"),
        ("%%setup\nimport math\n\n# A note.\nPASSWORD = (\n    'hunter2'\n)", "%%node b\na + len(PASSWORD)"),
        (
            "%%node\n# A note.\ndef _c(x):\n    secret = 'hunter2'\n    return x\n\ndef b(a):\n    return _c(a)",
        ),
        ("%%params\napi_key: str = 'abcd1234'", "%%node b\nf'{a}{api_key}'"),
        ("%%node b\npassword = 'hunter2'\na + len(password)",),
        ("%%node b\na", "%%test b\nsecret = 'hunter2'\nassert b(1) == 1"),
    ],
)
def test_exported_cells_are_searched(tmp_path: Path, cells: tuple[str, ...]) -> None:
    """Setup, params, nodes and tests: the error names cell and line, never the secret; the flag overrides it."""
    given = ("%%inputs\na: int = 1", *cells)
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *given)
    assert caught.value.code == "DB506"
    rows = ((n, row) for n, cell in enumerate(given, start=1) for row in enumerate(cell.split("\n"), start=1))
    number, line = next((n, line) for n, (line, row) in rows if "hunter2" in row or "abcd1234" in row)
    assert (caught.value.cells, caught.value.line) == ((f"[{number}]",), line)
    assert "hunter2" not in str(caught.value)
    assert "abcd1234" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    export(tmp_path, *given, allow_secrets=True)


def test_what_is_not_exported_is_not_searched(tmp_path: Path) -> None:
    """Samples and unused setup stay in the notebook."""
    export(
        tmp_path,
        "%%setup\nPASSWORD = 'hunter2'",
        "%%inputs\npassword: str = 'hunter2'",
        "%%node b\nlen(password)",
    )
