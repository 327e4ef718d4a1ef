"""`dagbook mcp`: tools for assistants, by the Model Context Protocol over standard input and output."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel_magics.cli.mcp_tools import Tools, reading
from kernel_magics.engine.errors import DataflowError, UsageError

_SAID = (
    "Notebooks of Dagbook: cells are nodes of a dataflow, linked by name. Begin with `notebooks` and "
    "`nodes`. `problems` says what is wrong without running anything; `run` and `check` execute the "
    "notebook's code."
)


def run(arguments: argparse.Namespace) -> int:
    """Answer until standard input ends.

    Raises:
        UsageError: DB002 (no folder), DB003.
    """
    folder = Path(arguments.folder)
    if not folder.is_dir():
        raise UsageError("DB002", f"'{folder}' is no folder.", hint="give the folder of the notebooks.")
    try:
        from mcp.server import MCPServer  # noqa: PLC0415  # an extra
        from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415  # likewise
        from mcp.types import ToolAnnotations  # noqa: PLC0415  # likewise
    except ImportError as error:
        raise UsageError(
            "DB003",
            f"tools for assistants need a package: {error.name} is not installed.",
            hint="pip install 'dagbook[mcp]'.",
        ) from None
    tools = Tools(folder.resolve())
    server = MCPServer("dagbook", instructions=_SAID, log_level="WARNING")
    for tool in reading(tools):
        server.tool(annotations=ToolAnnotations(read_only_hint=True))(_told(tool, ToolError))
    if arguments.write:
        server.tool(annotations=ToolAnnotations(read_only_hint=False))(_told(tools.export, ToolError))
    server.run("stdio")
    return 0


def _told(tool: Callable[..., Any], failure: type[Exception]) -> Callable[..., Any]:
    """The tool, whose errors an assistant reads as the command line prints them."""

    @functools.wraps(tool)
    def answer(*given: Any, **named: Any) -> Any:
        try:
            return tool(*given, **named)
        except DataflowError as error:
            raise failure("\n".join(error.lines())) from None

    return answer
