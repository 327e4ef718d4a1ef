"""Times in outputs: there for a person, left out for programs that run notebooks."""

import pytest

from kernel_magics.engine.values.took import is_program, took


@pytest.mark.parametrize(
    ("setting", "said"), [("on", "2.0 s"), ("off", ""), ("", "2.0 s"), ("never", "2.0 s")]
)
def test_a_setting_decides(setting: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`on` and `off` decide; anything else leaves it to what started the kernel."""
    monkeypatch.setenv("DAGBOOK_TIMES", setting)
    assert took(2.0) == said


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        ("/usr/bin/python /opt/bin/jupyter-nbconvert --execute a.ipynb", True),
        ("python -m nbconvert --execute a.ipynb", True),
        ("python /opt/bin/papermill a.ipynb b.ipynb", True),
        ("python -m jupyterlab", False),
        ("python -m pytest papermill/tests", False),
        ("", False),
    ],
)
def test_programs_that_run_notebooks(command: str, is_one: bool) -> None:
    """They are known by their command; folders and servers of that name are none."""
    assert is_program(command.split()) == is_one
