"""Private data: marked columns and inputs reach no file; fakes of the same shape stand for them."""

from __future__ import annotations

import datetime
import decimal
import json
import random
import re
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.private import private_marks
from kernel_magics.export.examples.checksums import is_iban, luhn
from kernel_magics.export.examples.fakes import Fakes, Swap, labels, scalars
from tests.examples import examples
from tests.export.notebooks import Export, export, make_session, run_pytest

SETUP = "%%setup\nimport pandas as pd"
CUSTOMERS = (
    "pd.DataFrame({'name': ['Ann Bowler', 'Bob Cartwright'], 'email': ['ann.b@corp.com', 'bob.c@corp.com'], "
    "'iban': ['DE89370400440532013000', 'GB29NWBK60161331926819'], 'v': [1.5, 2.5]})"
)
NODES = (
    "%%node domain\ncustomers.email.str.split('@').str[1]",
    "%%node up\ncustomers.name.str.upper()",
    "%%node twice\ncustomers.v * 2",
    "%%node both\ncustomers.assign(d=domain)",
)
TEXTS = ("Ann", "Bowler", "BOWLER", "Cartwright", "CARTWRIGHT", "corp", "ann.b", "DE8937", "GB29NWBK")


def files(made: Export) -> dict[str, str]:
    """The texts of an export."""
    return {
        path.name: path.read_text(encoding="utf-8") for path in made.module.parent.iterdir() if path.is_file()
    }


@pytest.mark.parametrize(
    "inputs",
    [
        f"%%inputs --private name,email,iban\ncustomers: pd.DataFrame = {CUSTOMERS}",
        f"%%inputs --private customers\ncustomers = {CUSTOMERS}",
        f"%%inputs\ncustomers = {CUSTOMERS}  # private",
        f"%%inputs\ncustomers = {CUSTOMERS}  # private: name, email, iban",
        f"%%inputs\ncustomers = {CUSTOMERS}".replace("'v'", "# private\n'v'"),
    ],
)
def test_marked_data_reaches_no_file(tmp_path: Path, inputs: str) -> None:
    """However it is marked: not in the module, tests, examples, schema and baseline; the tests are green."""
    made = export(tmp_path, SETUP, inputs, *NODES)
    for name, text in files(made).items():
        assert not [word for word in TEXTS if word in text], name
    assert made.report.examples > 4
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    baseline = json.loads((tmp_path / "features.baseline.json").read_text())["nodes"]
    assert [column["rows"] for column in baseline["customers"]["columns"]] == [2, 2, 2, 2]
    for name in ("domain", "up"):
        assert not {"top", "cdf", "quantiles", "mean"} & baseline[name]["columns"][0].keys()
    if "--private customers" not in inputs and "# private" not in inputs.split("\n")[1]:
        assert baseline["twice"]["columns"][0]["mean"] == 4.0
        assert baseline["both"]["columns"][3]["top"]


def test_an_export_of_marked_data_repeats_itself(tmp_path: Path) -> None:
    """Fakes depend on nothing but the samples: two exports are equal, `--check` finds no drift."""
    cells = (SETUP, f"%%inputs --private name,email,iban\ncustomers = {CUSTOMERS}", *NODES)
    first = files(export(tmp_path, *cells))
    assert export(tmp_path, *cells, check=True).report.drift == ""
    assert files(export(tmp_path, *cells, examples="refresh")) == first


def test_examples_recorded_before_the_mark_are_dropped(tmp_path: Path) -> None:
    """What was written once is replaced at the next export."""
    plain = (SETUP, f"%%inputs\ncustomers = {CUSTOMERS}", *NODES)
    assert "ann.b@corp.com" in export(tmp_path, *plain).examples.read_text()
    made = export(tmp_path, SETUP, f"%%inputs --private name,email,iban\ncustomers = {CUSTOMERS}", *NODES)
    assert not [word for word in TEXTS if word in made.examples.read_text()]


def test_an_unmarked_copy_of_private_data_is_refused(tmp_path: Path) -> None:
    """A second input holds what is private in the first."""
    other = "%%inputs\nmails = ['ann.b@corp.com', 'x@y.org']"
    with pytest.raises(DataflowError) as caught:
        export(
            tmp_path, SETUP, f"%%inputs --private email\ncustomers = {CUSTOMERS}", other, "%%node n\nmails[0]"
        )
    assert caught.value.code == "DB513"
    assert "corp" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_mark_that_marks_nothing_is_an_error(tmp_path: Path) -> None:
    """A typing error would write private data."""
    with pytest.raises(DataflowError, match="did you mean 'email'") as caught:
        export(tmp_path, SETUP, f"%%inputs --private emial\ncustomers = {CUSTOMERS}", *NODES)
    assert caught.value.code == "DB512"


def test_a_private_secret_is_exported(tmp_path: Path) -> None:
    """A sample that would be refused gets a fake, even under the name of a secret."""
    made = export(
        tmp_path,
        f"%%inputs\npassword: str = '{'hunter' + '22'}'  # private\nn: int = 2",
        "%%node m\nlen(password) + n",
    )
    assert "hunter" not in made.examples.read_text()
    assert '"password / sample": "' in made.examples.read_text()


def test_personal_data_is_told(tmp_path: Path) -> None:
    """Which kind, which columns, which files, and how it is marked; nothing for marked columns."""
    plain = (SETUP, f"%%inputs\ncustomers = {CUSTOMERS}", *NODES)
    notes = [note for note in export(tmp_path / "a", *plain).report.warnings if "looks like" in note]
    assert len(notes) == 2
    assert (
        "'features.baseline.json' and 'test_features.json' hold what looks like account numbers" in notes[0]
    )
    assert "e-mail addresses (email): `%%inputs --private email`" in notes[1]
    marked = (SETUP, f"%%inputs --private email,iban\ncustomers = {CUSTOMERS}", *NODES)
    assert not [note for note in export(tmp_path / "b", *marked).report.warnings if "looks like" in note]


def test_categories_of_private_columns_are_not_in_the_schema(tmp_path: Path) -> None:
    """Neither as members of the schema, nor of the recorded values, nor of the index."""
    sample = f"{CUSTOMERS}.astype({{'name': 'category'}}).set_index('email')"
    made = export(
        tmp_path,
        SETUP,
        f"%%inputs --private name,email\ncustomers = {sample}",
        "%%node n\ncustomers.name.str.len()",
    )
    for name, text in files(made).items():
        assert not [word for word in ("Ann", "Bowler", "corp.com") if word in text], name


def test_marks_are_read_from_comments() -> None:
    """Of a line inside a declaration the keys and keywords; other comments that begin so are none."""
    cells = (
        "%%inputs\na = dict(\n    x=1,  # private\n    y=2,  # privately owned\n    z=3,\n)\nb = 1  # PRIVATE\nc = 2",
        "%%node n\na['x'] + b + c  # private",
    )
    marks = private_marks(make_session(*cells).graph)
    assert (marks.inputs, marks.columns) == ({"b"}, {"x"})


SAMPLES: list[Any] = [
    "Ann Bowler",
    "ann.b@corp.com",
    "+49 30 123456",
    "1984-05-12",
    "12.05.1984",
    "1984-05-12T10:20:30Z",
    "192.168.0.1",
    "https://corp.com/ann",
    "3b241101-e2bb-4255-8caf-4136c566a962",
    "Zoë-Straße 12",
    "00123",
    7_345_123,
    -12,
    1234.5,
    decimal.Decimal("12.50"),
    datetime.date(1984, 5, 12),
    pd.Timestamp("1984-05-12 10:00", tz="UTC"),
    datetime.timedelta(hours=3),
    b"abc123",
    uuid.UUID(int=5),
    np.int8(120),
    np.float32(2.5),
]


@pytest.mark.parametrize("value", SAMPLES, ids=map(str, SAMPLES))
def test_a_fake_has_type_and_shape(value: Any) -> None:
    """The same type, the same length, letters and digits in the same places; never the value itself."""
    fakes = Fakes()
    fake = fakes(value)
    assert type(fake) is type(value)
    assert fake != value
    assert fakes(value) == fake
    if isinstance(value, str) and "@" not in value and "://" not in value and "." not in value:
        shape = [re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", text)) for text in (value, fake)]
        if "-4255-" not in value:
            assert shape[0] == shape[1]
    if isinstance(value, int | float | np.number):
        assert len(str(abs(fake))) == len(str(abs(value)))


def test_fakes_pass_the_checks_of_their_kind() -> None:
    """Dates can be read, account and card numbers have right check digits, addresses are nobody's."""
    fakes = Fakes()
    assert is_iban(fakes("DE89 3704 0044 0532 0130 00").replace(" ", ""))
    assert luhn(fakes("4111 1111 1111 1111").replace(" ", "")) == 0
    assert fakes("ann.b@corp.com").endswith(".example")
    assert fakes("ann.b@corp.com").split("@")[1] == fakes("bob@corp.com").split("@")[1]
    assert pd.to_datetime(fakes("1984-05-12")) != pd.Timestamp("1984-05-12")
    assert fakes("ANN").lower() == fakes("ann")
    assert fakes("Ann Bowler").split()[1] == fakes("Bowler")
    assert [fakes(gap) for gap in (None, "", pd.NaT, pd.NA, 0.0)] == [None, "", pd.NaT, pd.NA, fakes(0.0)]


@examples(100)
@given(st.lists(st.text(min_size=4, max_size=12) | st.integers(10**6, 10**9), unique=True, max_size=30))
def test_different_values_have_different_fakes(values: list[Any]) -> None:
    """So groups and joins stay as they are, whatever the values."""
    fakes = Fakes(set(values))
    made = [fakes(value) for value in values]
    numbers = [fake for fake in made if isinstance(fake, int)]
    assert len(set(numbers)) == len(numbers)
    assert not set(numbers) & set(values)


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_columns_keep_their_dtype(dtype: str) -> None:
    """Gaps stay where they are, and so does everything that is not marked."""
    frame = pd.DataFrame({"a": pd.Series(["one", None, "two", "one"], dtype=dtype), "b": [1, 2, 3, 4]})
    made = Swap({"a"}, Fakes()).value(frame)
    assert made.dtypes["a"] == frame.dtypes["a"] or dtype == "category"
    assert made["a"].isna().tolist() == [False, True, False, False]
    assert made["a"][0] == made["a"][3] != made["a"][2]
    assert made["b"].equals(frame["b"])
    assert frame["a"][0] == "one"


def test_every_kind_of_table_is_changed() -> None:
    """Frames and series of pandas, Polars and Arrow, indexes, dicts, records, arrays, nested ones."""
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    word = "bowler"
    series = pd.Series([word], name="a")
    values: list[Any] = [
        pd.DataFrame({"a": [word], "b": [1]}),
        pd.DataFrame({("a", "x"): [word]}),
        pd.DataFrame({"b": [1]}, index=pd.Index([word], name="a")),
        pd.DataFrame({"b": [1]}, index=pd.MultiIndex.from_tuples([(word, 1)], names=["a", "c"])),
        pd.DataFrame({"b": [{"a": word}]}),
        series,
        pl.DataFrame({"a": [word], "b": [1]}),
        pl.Series("a", [word]),
        pa.table({"a": [word], "b": [1]}),
        {"a": word},
        [{"a": [word], "b": 1}],
        ({"b": {"a": word}},),
        {"b": series},
    ]
    for value in values:
        made = Swap({"a"}, Fakes()).value(value)
        assert type(made) is type(value)
        assert word not in repr(made), value
        assert word in repr(value)
        assert scalars(value, {"a"}, False) == {word}
        assert "a" in labels(value) or value is values[4], value
    whole = [np.array([[word]]), [word], {"k": {word}}, word, np.array([word], dtype=object)]
    for value in whole:
        assert word not in repr(Swap((), Fakes()).value(value, True))
    plain = {"b": [1, 2], "c": pd.Series([1])}
    assert Swap({"a"}, Fakes()).value(plain) is plain


def test_fakes_do_not_depend_on_values() -> None:
    """Two samples of one shape get the same fakes: nothing can be computed back from them."""
    made = []
    for seed in (1, 2):
        fakes = Fakes()
        letters = random.Random(seed)
        words = ["".join(letters.choices("abcdefghijklmnop", k=7)) for _ in range(5)]
        made.append([fakes(word) for word in words])
    assert made[0] == made[1]
