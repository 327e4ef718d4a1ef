"""The report of an export names its files; of many, only the folders."""

from __future__ import annotations

from kernel_magics.export.report import Report


def report(*files: str, **more: object) -> str:
    """The line about files."""
    made = Report(nodes=1, checks=0, files=files, **more)  # type: ignore[arg-type]
    return dict(made.rows())["files"]


def test_few_files_are_named_and_many_are_counted_by_folder() -> None:
    """A person reads where to look, not forty paths; what stands outside of folders is always named."""
    assert report("features.py", "tests/test_features.py") == "features.py, tests/test_features.py"
    many = ["MLmodel", *(f"code/churn/{number}.py" for number in range(20)), "envelope.json", "tests/a.py"]
    assert report(*many) == "MLmodel, code/ (20 files), envelope.json, tests/ (1 file)"
    assert (
        report(*many, checked=True) == "up to date: MLmodel, code/ (20 files), envelope.json, tests/ (1 file)"
    )
