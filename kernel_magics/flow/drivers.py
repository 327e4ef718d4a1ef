"""What a driver of Apache Hamilton is asked for, and where a dataflow has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HERE: Final[Mapping[str, str]] = {
    "display_all_functions": "to_svg() draws all nodes, in a notebook %dag does",
    "display_downstream_of": "to_svg('ctr+') draws what is downstream of 'ctr'",
    "display_upstream_of": "to_svg('+ctr') draws what is upstream of 'ctr'",
    "execute": "run(outputs, inputs=…) gives a dict, frame(outputs, inputs=…) a table",
    "list_available_variables": "nodes, inputs and params are mappings; nodes.tagged(owner='ads') selects",
    "materialize": "run(outputs, inputs=…) computes savers like any other node",
    "raw_execute": "run(outputs, inputs=…) gives a dict",
    "validate_execution": "validate(outputs, inputs) runs nothing",
    "visualize_execution": "to_svg('+ctr') draws what 'ctr' needs",
    "what_is_downstream_of": "downstream('ctr') has the names",
    "what_is_the_path_between": "path('clicks', 'ctr') has the names",
    "what_is_upstream_of": "upstream('ctr') has the names",
}
"""By the method of a driver."""
