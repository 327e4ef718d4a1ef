"""Numbers of options: what is no port, no count and no time is a usage error; nothing starts."""

from __future__ import annotations

import pytest

from kernel_magics.cli.main import main

WRONG = [
    ("serve", "people", "--port", "99999"),
    ("serve", "people", "--port", "-1"),
    ("serve", "people", "--port", "http"),
    ("serve", "people", "--rows", "0"),
    ("serve", "people", "--size", "-5"),
    ("serve", "people", "--size", "1e6"),
    ("serve", "people", "--seconds", "0"),
    ("serve", "people", "--seconds", "nan"),
    ("serve", "people", "--seconds", "inf"),
    ("registry", "registry", "serve", "--port", "70000"),
    ("nature", "n.ipynb", "--seconds", "-1"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_number_is_a_usage_error(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2; the message names the option and the value."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert words[-2] in said.splitlines()[-1]
    assert words[-1] in said.splitlines()[-1]
