"""`rules.yaml`: what it says, and every mistake with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import SourceError
from kernel_magics.registry.rules import STARTER, Approvals, read_rules
from tests.registry.making import RULES

WRONG = {
    "": "'environments'|mapping",
    "[]": "line 1 .*mapping",
    "a: 1": "line 1 .*no 'a'",
    "environments: {}": "no environment",
    "environments:\n  s: {}\n  s: {}": "line 3 .*twice",
    "environments:\n  s: {}\n  p: {afer: s}": "line 3 .*no 'afer'",
    "environments:\n  p: {after: s}\n  s: {}": "line 2 .*does not stand above",
    "environments:\n  p: {after: p}": "line 2 .*does not stand above",
    "environments:\n  p: {after: x}": "line 2 .*is no environment",
    "environments:\n  ../x: {}": "line 2 .*cannot have the name",
    "environments:\n  metrics: {}": "line 2 .*evidence has that name",
    "environments:\n  s: {require: tests == 'passed'}": "line 2 .*must be a list",
    "environments:\n  s: {require: [[a]]}": "line 2 .*must be a text",
    "environments:\n  s:\n    require:\n      - f(tests)": "line 4 .*not of the language",
    "environments:\n  s: {rollback: [check.failed > 0]}": "nothing gives 'check.failed'",
    "environments:\n  s: {require: [champion.check.failed > 0]}": "nothing gives",
    "environments:\n  s: {require: [champion]}": "nothing gives 'champion'",
    "environments:\n  s: {require: [evidence.days < 2]}": "nothing gives 'evidence.days'",
    "environments:\n  s: {require: [s.days > 0]}": "s.hours",
    "environments:\n  s: {approvals: {count: 0, from: [a]}}": "no number",
    "environments:\n  s: {approvals: {count: 1}}": "from",
    "environments:\n  s: {approvals: {count: ² , from: [a]}}": "no number",
    "environments:\n  s: {approvals: {count: 1, from: [a, a]}}": "different",
    "environments:\n  s: {approvals: {count: 1, from: [<script>]}}": "letters",
    "evidence: [checks]\nenvironments: {s: {}}": "line 1 .*by itself",
    "evidence: [review]\nenvironments: {review: {}}": "evidence has that name",
    "environments:\n  s: [": "no YAML",
    "environments: &a [*a]": "mapping",
    "a: &a [" + "[" * 1200: "no YAML",
    "environments: !!python/object/apply:os.system [x]": "must be a mapping",
    "- \x00": "no YAML",
    "#" * 100_001: "more than",
}


def test_the_design_is_read() -> None:
    """Environments in order, with all their parts."""
    staging, production = read_rules(RULES).environments
    assert (staging.name, staging.after, len(staging.require)) == ("staging", "", 3)
    assert (production.after, production.approvals) == ("staging", Approvals(1, ("platform", "risk")))
    assert [item.text for item in production.rollback] == ["checks.failed > 0"]
    assert read_rules(STARTER).environments[1].after == "staging"


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_told_with_its_line(text: str) -> None:
    """One error, which names what is wrong."""
    with pytest.raises(SourceError, match=WRONG[text]) as caught:
        read_rules(text)
    assert caught.value.code == "DB563"


def test_groups_of_its_own() -> None:
    """A group of evidence that the rules declare may be read."""
    text = "evidence: [review]\nenvironments: {s: {require: [review.fair == 'yes']}}"
    assert read_rules(text).environments[0].require[0].names == ("review.fair",)


@pytest.mark.parametrize(
    "text",
    ["not champion.exists", "evidence.hours < 24", "champion.evidence.hours > 1", "champion.s.hours > 1"],
)
def test_evidence_of_the_registry(text: str) -> None:
    """What the registry itself knows may be read."""
    rules = read_rules(f"environments: {{s: {{require: ['{text}']}}}}")
    assert rules.environments[0].require[0].text == text


PIECES = st.sampled_from(
    [
        "environments:",
        "\n  s: ",
        "{require: [",
        "a > 1",
        "]}",
        "\n",
        "  p:",
        "after: s",
        "&a",
        "*a",
        "!!int",
        "- ",
        "'",
        ": ",
    ]
)


@given(st.text() | st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another error."""
    try:
        assert read_rules(text).environments
    except SourceError as error:
        assert error.code == "DB563"
