"""Numbers with their nouns."""

from kernel_magics.tables.plural import plural


def test_one_has_no_s() -> None:
    """None and many have the plural."""
    assert [plural(number, "row") for number in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
