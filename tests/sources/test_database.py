"""DuckDB and SQLite, which need no server, and what is the same for every database."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.sources import database
from kernel_magics.sources.database import store
from kernel_magics.sources.reference import is_secret, reveal
from kernel_magics.sources.source import Source, parameters, shown, with_marks
from tests.sources.behaviour import ALL, BATCH, read, sink


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
@pytest.mark.parametrize("behaviour", ALL, ids=lambda each: each.__name__)
def test_a_database(scheme: str, behaviour: Callable[[str], None], tmp_path: Path) -> None:
    """Each behaves as all do."""
    behaviour(f"{scheme}:///{tmp_path}/shop.db")


@pytest.mark.parametrize(
    "url",
    [
        "duckdb:///no/such/folder/x.db",
        "sqlite:////no/such/folder/x.db",
        "postgresql://me:geheim@127.0.0.1:1/x",
    ],
)
def test_a_database_that_is_not_there(url: str) -> None:
    """One error with its address, and without its password."""
    with pytest.raises(DataflowError) as caught:
        read(url)
    assert caught.value.code == "DB466"
    assert "geheim" not in str(caught.value)


def test_secrets_are_read_where_they_are_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment or a file; texts for people have the reference, or a URL without its password."""
    monkeypatch.setenv("SHOP_URL", "postgresql://me:geheim@db/shop")
    (tmp_path / "url.txt").write_text("sqlite:///x.db\n")
    assert reveal("env:SHOP_URL", tmp_path) == "postgresql://me:geheim@db/shop"
    assert reveal("file:url.txt", tmp_path) == "sqlite:///x.db"
    assert is_secret("postgresql://me:geheim@db/shop")
    assert is_secret("mysql://db/shop?password=geheim")
    assert not is_secret("postgresql://me@db:5432/shop")
    assert shown("postgresql://me:geheim@db/shop?sslpassword=geheim") == "postgresql://db/shop"
    assert Source(table="orders", url="env:SHOP_URL").label == "orders (env:SHOP_URL)"
    for reference in ("env:NO_SUCH_NAME", "file:no.txt"):
        with pytest.raises(DataflowError) as caught:
            reveal(reference, tmp_path)
        assert caught.value.code == "DB465"


def test_the_params_of_a_query() -> None:
    """Not those in texts and comments, and no casts."""
    text = "select ':no', a::int, b -- :neither\n from t where day >= :day and x = :x_2 and y = ':' || :day"
    assert parameters(text) == {"day", "x_2"}
    assert with_marks("a = :a and b = ':a'", lambda name: f"${name}") == "a = $a and b = ':a'"


HOLD = """\
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
connection.close()
"""


def test_a_file_of_duckdb_that_another_process_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, for a while; then it is the error that DuckDB tells."""
    path, url = tmp_path / "shop.db", f"duckdb:///{tmp_path}/shop.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with monkeypatch.context() as patch:
            patch.setattr(database, "WAIT", 0.0)
            with pytest.raises(DataflowError, match="lock") as caught:
                store(sink(url, "replace"), pd.DataFrame({"x": [1]}), Path(), BATCH)
        assert caught.value.code == "DB466"
        release = threading.Timer(0.1, other.stdin.close)
        release.start()
        store(sink(url, "replace"), pd.DataFrame({"x": [1]}), Path(), BATCH)
        release.join()
    assert read(url)["x"].tolist() == [1]
