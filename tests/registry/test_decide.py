"""`decide` is a pure function: whatever the rules, the evidence and the state, its promises hold."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.registry.decide import decide
from kernel_magics.registry.expression import Facts, read_expression
from kernel_magics.registry.rules import Approvals, Environment, Rules, read_rules
from kernel_magics.registry.state import Approval, Place, State, Stay
from tests.examples import examples
from tests.registry.making import RULES, START

GOOD: Facts = {
    "tests": "passed",
    "proof": "equal",
    "checks.failed": 0,
    "metrics.auc": 0.8,
    "drift.max_psi": 0.1,
    "staging.hours": 30.0,
}
THE_RULES = read_rules(RULES)


def state(*published: str, staging: str = "", production: str = "", approved: str = "") -> State:
    """A state; the letters of an environment are the envelopes that were there, the last one is there now."""
    places = {
        name: Place(tuple(Stay(item, START + timedelta(hours=number)) for number, item in enumerate(held)))
        for name, held in {"staging": staging, "production": production}.items()
    }
    approvals = frozenset(Approval(item, "production", "risk", "ann") for item in approved)
    return State(published, places, approvals)


def moves(evidence: dict[str, Facts], now: State, rules: Rules = THE_RULES) -> dict[str, tuple[str, str]]:
    """What moves, by environment."""
    return {move.environment: (move.what, move.digest) for move in decide(rules, evidence, now).moves}


def test_an_envelope_goes_through_the_environments_in_order() -> None:
    """Never past one; into production only from staging."""
    assert moves({"A": GOOD}, state("A", approved="A")) == {"staging": ("promoted", "A")}
    assert moves({"A": GOOD}, state("A", staging="A", approved="A")) == {"production": ("promoted", "A")}
    assert moves({"A": GOOD}, state("A", staging="A", production="A", approved="A")) == {}


def test_both_environments_move_by_the_state_before() -> None:
    """A newer envelope does not push the one in staging past production."""
    both = {"A": GOOD, "B": GOOD}
    expected = {"staging": ("promoted", "B"), "production": ("promoted", "A")}
    assert moves(both, state("A", "B", staging="A", approved="A")) == expected


def test_an_approval_counts_for_one_envelope() -> None:
    """Another envelope's approval does not help; nor does one for another environment, or of another role."""
    assert moves({"B": GOOD}, state("A", "B", staging="B", approved="A")) == {}
    other = frozenset({Approval("B", "staging", "risk", "ann"), Approval("B", "production", "author", "ann")})
    assert moves({"B": GOOD}, State(("B",), state(staging="B").places, other)) == {}


def test_two_approvals_are_two_people() -> None:
    """One person in two roles is one."""
    rules = Rules((Environment("p", approvals=Approvals(2, ("risk", "platform"))),))
    one = {Approval("A", "p", "risk", "ann"), Approval("A", "p", "platform", "ann")}
    assert moves({"A": GOOD}, State(("A",), {}, frozenset(one)), rules) == {}
    two = frozenset(one | {Approval("A", "p", "platform", "bob")})
    assert moves({"A": GOOD}, State(("A",), {}, two), rules) == {"p": ("promoted", "A")}


def test_the_champion_is_the_one_that_is_there() -> None:
    """A worse one waits and is told why; where none is there, an envelope is compared with itself."""
    worse = {**GOOD, "metrics.auc": 0.79}
    found = decide(
        THE_RULES, {"A": GOOD, "B": worse}, state("A", "B", staging="B", production="A", approved="B")
    )
    assert not found.moves
    (wait,) = found.waits
    assert [str(item) for item in wait.unmet] == [
        "metrics.auc >= champion.metrics.auc - 0.005 (metrics.auc is 0.79, champion.metrics.auc is 0.8)"
    ]
    assert moves({"B": worse}, state("B", staging="B", approved="B")) == {"production": ("promoted", "B")}


def test_a_rollback_goes_to_the_latest_that_is_in_order() -> None:
    """Past those for which the condition holds too; what was rolled back does not come again."""
    bad = {**GOOD, "checks.failed": 2}
    now = state("A", "B", "C", staging="C", production="ABC", approved="C")
    assert moves({"A": GOOD, "B": bad, "C": bad}, now) == {"production": ("rolled back", "A")}
    stuck = decide(THE_RULES, {"A": bad, "B": bad, "C": bad}, now)
    assert ([wait.environment for wait in stuck.stuck], stuck.moves) == (["production"], ())
    barred = Place(state(production="A").places["production"].stays, frozenset("B"))
    after = State(
        ("A", "B"), {**state(staging="B").places, "production": barred}, state(approved="B").approvals
    )
    assert moves({"A": GOOD, "B": GOOD}, after) == {}


def test_nothing_old_replaces_something_newer() -> None:
    """After a rollback in staging, its old envelope does not push a newer one out of production."""
    now = state("A", "B", staging="A", production="B", approved="A")
    assert "production" not in moves({"A": GOOD, "B": GOOD}, now)


def test_what_must_leave_is_not_promoted_on() -> None:
    """An envelope that leaves staging now does not come into production by the same decision."""
    rules = read_rules(RULES.replace("== 0]}", "== 0], rollback: [monitor.errors > 0]}"))
    bad = {**GOOD, "monitor.errors": 3}
    now = state("A", "B", staging="AB", approved="B")
    assert moves({"A": GOOD, "B": bad}, now, rules) == {"staging": ("rolled back", "A")}
    assert moves({"B": bad}, state("B", staging="B", approved="B"), rules) == {}


CONDITIONS = st.sampled_from(
    ["tests == 'passed'", "checks.failed > 0", "metrics.auc >= champion.metrics.auc", "not drift.psi > 1", "e0.hours > 1",
     "champion.exists", "metrics.auc > 0 or drift.psi < 1"]
).map(read_expression)  # fmt: skip
DIGESTS = "ABCD"


@st.composite
def rule_sets(draw: st.DrawFn) -> Rules:
    """One to three environments, in a chain or beside each other."""
    made: list[Environment] = []
    for number in range(draw(st.integers(1, 3))):
        after = draw(st.sampled_from(["", *(item.name for item in made)]))
        approvals = draw(st.none() | st.builds(Approvals, st.integers(1, 2), st.just(("risk", "platform"))))
        require, rollback = (tuple(draw(st.lists(CONDITIONS, max_size=2))) for _ in range(2))
        made.append(Environment(f"e{number}", after, require, approvals, rollback))
    return Rules(tuple(made))


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "tests": st.sampled_from(["passed", "failed"]),
        "checks.failed": st.integers(0, 1),
        "metrics.auc": st.sampled_from([0.1, 0.5]),
        "drift.psi": st.sampled_from([0.5, 2.0]),
        "e0.hours": st.sampled_from([0.5, 2.0]),
    },
)
STATES = st.builds(
    lambda published, held, barred, approvals: State(
        tuple(published),
        {
            f"e{number}": Place(
                tuple(Stay(item, START) for item in digests if item in published), frozenset(barred)
            )
            for number, digests in enumerate(held)
        },
        frozenset(approvals),
    ),
    st.permutations(DIGESTS).flatmap(lambda order: st.integers(1, 4).map(lambda size: order[:size])),
    st.lists(st.lists(st.sampled_from(DIGESTS), unique=True, max_size=3), min_size=3, max_size=3),
    st.sets(st.sampled_from(DIGESTS), max_size=1),
    st.sets(
        st.builds(
            Approval,
            st.sampled_from(DIGESTS),
            st.sampled_from(["e0", "e1", "e2"]),
            st.sampled_from(["risk", "platform", "x"]),
            st.sampled_from(["ann", "bob"]),
        ),
        max_size=6,
    ),
)
EVIDENCE = st.fixed_dictionaries(dict.fromkeys(DIGESTS, FACTS))


@given(rule_sets(), EVIDENCE, STATES)
@examples(300)
def test_every_promise(rules: Rules, evidence: dict[str, Facts], now: State) -> None:
    """Reasons, order, approvals, rollback, and the same answer again."""
    found = decide(rules, evidence, now)
    assert decide(rules, evidence, now) == found
    assert len({move.environment for move in found.moves}) == len(found.moves)
    for move in found.moves:
        environment = rules.find(move.environment)
        place = now.place(move.environment)
        assert move.reasons
        assert all(reason.holds for reason in move.reasons)
        assert move.before == place.current != move.digest
        if move.what == "rolled back":
            assert move.digest in [stay.digest for stay in place.stays[:-1]]
            assert {reason.text for reason in move.reasons} <= {item.text for item in environment.rollback}
            continue
        texts = [reason.text for reason in move.reasons]
        assert all(item.text in texts for item in environment.require)
        assert move.digest in now.published
        assert move.digest not in place.barred
        if place.current in now.published:
            assert now.published.index(move.digest) > now.published.index(place.current)
        if environment.after:
            assert now.place(environment.after).current == move.digest
        if environment.approvals:
            people = {
                item.by
                for item in now.approvals
                if item.digest == move.digest
                and item.environment == move.environment
                and item.role in environment.approvals.roles
            }
            assert len(people) >= environment.approvals.count
    for wait in found.waits:
        assert wait.unmet


@given(rule_sets(), EVIDENCE, STATES, st.sampled_from(DIGESTS), st.data())
@examples(200)
def test_missing_evidence_never_helps(
    rules: Rules, evidence: dict[str, Facts], now: State, digest: str, data: st.DataObject
) -> None:
    """No envelope moves by a condition whose only evidence about it is missing."""
    if not evidence[digest]:
        return
    name = data.draw(st.sampled_from(sorted(evidence[digest])))
    less = {**evidence, digest: {key: value for key, value in evidence[digest].items() if key != name}}
    for move in decide(rules, less, now).moves:
        environment = rules.find(move.environment)
        about = move.before if move.what == "rolled back" else move.digest
        needed = environment.require if move.what == "promoted" else ()
        if about == digest:
            assert (name,) not in [expression.names for expression in needed]
            assert move.what == "promoted" or any(item.names != (name,) for item in environment.rollback)
