"""The test file holds what is about its module: test cells of the notebook, one test for each other kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernel_magics.engine.message import CellRef
from kernel_magics.export.layout import RUNTIME
from kernel_magics.export.module.checksum import BLANK, write_hash
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.format import format_python
from kernel_magics.export.module.style import PLAIN, Style
from kernel_magics.export.testfile import natures, recorded, written
from kernel_magics.export.testfile.section import Names


@dataclass(frozen=True, slots=True)
class TestFile:
    """A test file: its text, and the cell that each test function comes from."""

    __test__ = False

    text: str
    cells: Mapping[str, CellRef]


def make_tests(
    exported: Exported, names: Names, has_examples: bool, has_natures: bool, style: Style = PLAIN
) -> TestFile:
    """The test file of a module.

    Args:
        has_examples: whether there is a file of examples.
        has_natures: whether there is a file of natures.
        style: of the folder where the tests will stand.

    Raises:
        ExportError: DB507 when a test cell uses names that do not exist.
    """
    sections = [
        *written.written_sections(exported, names, {names.module, *recorded.RESERVED, *natures.RESERVED}),
        *([recorded.recorded_section(names)] if has_examples else []),
        *([natures.natures_section(names)] if has_natures else []),
    ]
    title = f"Tests of {names.module}.py, exported by Dagbook from {names.source or 'a notebook'}."
    parts = [f'"""{title}\n\nSource hash {BLANK}.\n"""']
    parts += ["import sys", "from pathlib import Path"]
    parts += dict.fromkeys(line for section in sections for line in section.imports)
    for folder in [*([] if names.folder == "." else [f" / {names.folder!r}"]), ""]:
        parts.append(f"sys.path.insert(0, str(Path(__file__).resolve().parent{folder}))")
    parts.append("# isort: split")  # whether the module counts as our own depends on where ruff runs
    parts += dict.fromkeys(line for section in sections for line in section.below)
    parts += [] if sections else [names.statement]
    parts += dict.fromkeys(line for section in sections for line in section.statements)
    for section in sections:
        parts += [f"\n\n# --- {section.title} ---\n", section.text]
    own = (names.package or names.module, RUNTIME)
    text = write_hash(format_python("\n".join(parts) + "\n", own, style))
    return TestFile(text, {name: cell for section in sections for name, cell in section.cells.items()})
