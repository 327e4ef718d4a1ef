"""A Dataflow is a finished graph to run from Python: made from a notebook or from modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure, path
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.event import Event
from kernel_magics.engine.run.schedule import Place
from kernel_magics.engine.run.user_frames import show_user_frames
from kernel_magics.engine.run.verdicts import Checks, Verdicts
from kernel_magics.engine.values.value import MISSING
from kernel_magics.flow import Extra, Fitted, Flow, Output, Outputs
from kernel_magics.flow.drivers import HERE
from kernel_magics.flow.join import Part, join, prefixed
from kernel_magics.flow.listener import Listener, listened
from kernel_magics.flow.nodes import Nodes
from kernel_magics.flow.request import Prepared, decided, prepare, validate
from kernel_magics.flow.serving import compiled
from kernel_magics.notebook import Notebook, read_notebook
from kernel_magics.placement import placed
from kernel_magics.tables.files import optional
from kernel_magics.tables.frame import make_frame
from kernel_magics.values import VALUES
from kernel_magics.view import Style, only, selected, styled, to_digraph, to_mermaid, to_svg
from kernel_magics.view.build import static_view

if TYPE_CHECKING:
    import graphviz
    import pandas as pd

    from kernel_magics.nature.kept import Kept
    from kernel_magics.nature.natures import Natures
    from kernel_magics.scale.plan import Plan
    from kernel_magics.scale.run import Verify


class Dataflow:
    """Functions linked by name; computes only what is requested.

    Use `Dataflow.from_notebook` or `Dataflow.from_module`; in a notebook, `%dataflow as flow` makes a
    variable of what its cells define now. A dataflow of importable modules, or of a notebook, can be pickled.

    Example:
        `pickle.loads(pickle.dumps(flow)).run("ctr", inputs={"clicks": clicks, "views": views})`
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.title = flow.title

    @classmethod
    def from_notebook(cls, notebook: str | Path | Notebook) -> Self:
        """Read and link a notebook's cells; runs its setup, but no node.

        Args:
            notebook: its path, or what `read_notebook` made of it.

        Raises:
            DataflowError: the file is no notebook (DB4xx), or its cells are not a dataflow (DB1xx, DB2xx).
        """
        read = notebook if isinstance(notebook, Notebook) else read_notebook(notebook)
        return cls(Flow.of_cells(read.sources(), read.title, read.outside))

    @classmethod
    def from_module(
        cls, *modules: ModuleType, config: Mapping[str, object] | None = None, overrides: bool = False
    ) -> Self:
        """Every public function defined in the modules becomes a node.

        Functions with decorators of Apache Hamilton become the nodes that it makes of them.

        Example:
            `Dataflow.from_module(features, report)` has the functions of both.
            `Dataflow.from_module(features, variant, overrides=True)` has those of `variant` in place of those
            of the same names.

        Args:
            config: values for `config.when` and other decorators. Inputs and nodes of these names have
                these values, unless a run gives others.
            overrides: a later module's function replaces an earlier one of its name.

        Raises:
            DataflowError: names clash, links form a cycle, or decorators cannot be resolved (DB441).
        """
        return cls(Flow.of_modules(modules, dict(config or {}), overrides))

    @classmethod
    def joined(cls, *parts: Dataflow | ModuleType, overrides: bool = False) -> Self:
        """One dataflow of several: what one of them computes is what another one reads by its name.

        Example:
            `Dataflow.joined(flow.prefixed("us_", params={"region": "US"}), report)`

        Args:
            parts: dataflows, or modules as in `from_module`.
            overrides: a later part's nodes replace those of earlier ones that have the same names.

        Raises:
            LinkError: names clash (DB201), or links form a cycle (DB202).
        """
        flows = [part._flow if isinstance(part, Dataflow) else Flow.of_modules([part], {}) for part in parts]
        return cls(join([Part(flow) for flow in flows], overrides))

    def prefixed(
        self,
        prefix: str,
        *,
        params: Mapping[str, object] | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> Self:
        """This dataflow with a prefix before the names of its nodes, to be used more than once.

        Inputs and params keep their names, so that all uses share them.

        Example:
            `Dataflow.joined(flow.prefixed("us_", params={"region": "US"}), flow.prefixed("eu_"))`

        Args:
            params: values of params, which the prefixed dataflow has no more.
            inputs: other names for inputs and params, such as that of a node of another part.

        Raises:
            UsageError: there is no such input or param (DB306).
        """
        made = prefixed(self._flow, prefix, params or {}, inputs or {})
        return type(self)(made)

    if not TYPE_CHECKING:  # for which no other attribute exists

        def __getattr__(self, name: str) -> object:
            """Tell people from Apache Hamilton where a dataflow has what its drivers have."""
            hint = f": {HERE[name]}" if name in HERE else ""
            raise AttributeError(f"a Dataflow has no '{name}'{hint}", name=name, obj=self)

    # -- what there is -------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The linked cells."""
        return self._flow.graph

    @property
    def inputs(self) -> Mapping[str, Node]:
        """The values given from outside."""
        return self._flow.inputs

    @property
    def params(self) -> Mapping[str, Node]:
        """The inputs with a default."""
        return self._flow.params

    @property
    def nodes(self) -> Nodes:
        """The computed values (the first variant where a name has several).

        Example:
            `flow.nodes.tagged(owner="ads")` has those with this tag; see `Nodes.tagged`.
        """
        return self._flow.nodes

    @property
    def checks(self) -> Mapping[str, Node]:
        """The conditions on nodes' values."""
        return self._flow.checks

    @property
    def config_keys(self) -> frozenset[str]:
        """What decorators of modules look up in the config, beside params."""
        return self._flow.config_keys

    def configured(self, config: Mapping[str, object]) -> Self:
        """The dataflow of the same decorated modules with more values in its config.

        Example:
            `flow.configured({"region": "US"}).nodes` has the nodes for this region.
        """
        return type(self)(self._flow.configured(config))

    def declared(self, name: str) -> tuple[Any, object]:
        """The declared type of an input or param, and its sample or default.

        Returns:
            None for a missing hint or one that cannot be evaluated, `dataclasses.MISSING` for no sample.

        Raises:
            RunError: DB305 when the cell of the sample fails.
        """
        return self._flow.declared(name)

    def upstream(self, name: str) -> tuple[str, ...]:
        """Every name that `name` depends on, nearest first."""
        return tuple(closure([self._flow.known(name)], self.graph.reads))

    def downstream(self, name: str) -> tuple[str, ...]:
        """Every node that depends on `name`, nearest first."""
        return tuple(closure([self._flow.known(name)], lambda each: sorted(self.graph.read_by(each))))

    def path(self, start: str, end: str) -> tuple[str, ...]:
        """A shortest chain of nodes from `start` down to `end`; empty when there is none."""
        self._flow.known(start)
        return tuple(reversed(path(self._flow.known(end), start, self.graph.reads)))

    # -- running -------------------------------------------------------------------------------------------

    def run(
        self,
        outputs: Outputs = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        executor: Executor | str | None = None,
        checks: Checks = "raise",
        fitted: Fitted | None = None,
        extra: Extra = "raise",
        cache: str | Path | None = None,
        listeners: Sequence[Listener] = (),
        on_event: Callable[[Event], None] | None = None,
        key: str | None = None,
        parts: int | None = None,
        verify: Verify = None,
    ) -> dict[str, Any]:
        """Compute outputs and what they need.

        Example:
            `flow.run([features.ctr, "spend"], inputs={"clicks": clicks, "views": views})`
            `flow.run("ctr", inputs={"clicks": clicks, "views": views, "other": 1}, extra="ignore")`
            `flow.run("ctr", inputs={"clicks": clicks, "views": views}, cache=folder)`

        Args:
            outputs: names to compute, or functions of the dataflow's modules; every node by default.
            inputs: values of inputs. For a notebook, those left out have the values of the samples.
            params: values of params, instead of their defaults.
            overrides: values to use instead of computing these nodes.
            executor: any `concurrent.futures.Executor`, or a name: `threads`, `processes`, `dask`, `ray`,
                `spark`; with an address where it has one (`dask=tcp://…`).
            checks: what failed checks do: raise one error for all of them when everything has run, warn, or
                nothing because checks do not run.
            fitted: compute fitted nodes, or read their stored values; by default the latter where there are
                some, as in an envelope.
            extra: `"ignore"` lets `inputs` have names that the dataflow does not have.
            cache: a folder for results, which other processes read, too: a node is computed again only when
                its code, what that uses, or a value that it reads is another one. What nodes read beside
                their inputs is seen in this thread only; on an executor less is kept.
            listeners: follow the run; see `kernel_magics.flow.listener` and `kernel_magics.listeners`.
            on_event: called with each event of the run; of a run in parts, with results of checks.
            key: a column or index level: nodes are computed in parts of it where that was proved to give the
                same values, everything else whole, on `processes` by default; see `plan`.
            parts: how many; by default as many as suit the rows and the workers.
            verify: how many values of the key are computed by themselves and compared: one in 1,000, at least
                3, by default; `"off"` for none.

        Raises:
            RunError: a node failed (DB301), checks did not hold (DB302), an input is missing (DB306); in
                parts, also DB343 to DB348.
            UsageError: there is no such input or param (DB306), or no such node (DB308).
            WaitingError: something needed is not defined (DB203).
        """
        if listeners:
            options: dict[str, Any] = {
                "executor": executor,
                "checks": checks,
                "fitted": fitted,
                "cache": cache,
            }
            flow = decided(self._flow, params)[0]
            with listened(listeners, flow, outputs, on_event) as note:
                options |= {"params": params, "overrides": overrides, "extra": extra, "on_event": note}
                options |= {"key": key, "parts": parts, "verify": verify}
                return self.run(outputs, inputs=inputs, **options)
        asked = prepare(
            self._flow, outputs, inputs, params, overrides, checks=checks, fitted=fitted, extra=extra
        )
        if key is not None:
            if cache is not None:
                raise UsageError("DB001", "cache and key do not go together.", hint="leave one of them out.")
            optional("pyarrow", "runs in parts")
            from kernel_magics.scale.whole import run_in_parts  # noqa: PLC0415  # needs pandas and pyarrow

            by = {"key": key, "parts": parts, "verify": verify, "executor": executor or "processes"}
            return run_in_parts(asked, checks=checks, on_event=on_event, **by)
        slots, verdicts = asked.slots(), self._verdicts(asked, checks)
        try:
            with placed(executor) as place, VALUES.guard():
                if cache is not None:
                    found = self._run_kept(asked, slots, verdicts, cache, place, on_event)
                else:
                    found = asked.program.run(slots, verdicts, place, on_event)
        except DataflowError as error:
            verdicts.finish(error)
            raise
        except KeyboardInterrupt as error:
            show_user_frames(error)
            raise
        verdicts.finish()
        return {name: found[name] for name in asked.wanted}

    async def arun(
        self,
        outputs: Outputs = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        checks: Checks = "raise",
        fitted: Fitted | None = None,
        extra: Extra = "raise",
        listeners: Sequence[Listener] = (),
        on_event: Callable[[Event], None] | None = None,
    ) -> dict[str, Any]:
        """Compute outputs on the running event loop; `async def` nodes that wait do so at the same time.

        Other nodes run one by one in this thread. When the caller is cancelled, so are the nodes.

        Example:
            `await flow.arun(["profile", "orders"], inputs={"customer": 7})`

        Args and errors: as `run`.
        """
        if listeners:
            options: dict[str, Any] = {"checks": checks, "fitted": fitted, "extra": extra}
            flow = decided(self._flow, params)[0]
            with listened(listeners, flow, outputs, on_event) as note:
                options |= {"params": params, "overrides": overrides, "on_event": note}
                return await self.arun(outputs, inputs=inputs, **options)
        asked = prepare(
            self._flow, outputs, inputs, params, overrides, checks=checks, fitted=fitted, extra=extra
        )
        slots, verdicts = asked.slots(), self._verdicts(asked, checks)
        try:
            with VALUES.guard():
                found = await asked.program.run_together(slots, verdicts, on_event)
        except DataflowError as error:
            verdicts.finish(error)
            raise
        verdicts.finish()
        return {name: found[name] for name in asked.wanted}

    def validate(
        self,
        outputs: Outputs = None,
        inputs: Iterable[str] = (),
        *,
        params: Mapping[str, object] | None = None,
        overrides: Iterable[str] = (),
        checks: Checks = "raise",
        fitted: Fitted | None = None,
        extra: Extra = "raise",
    ) -> None:
        """Refuse what `run` would refuse before its first node; runs nothing.

        Example:
            `flow.validate(["ctr"], inputs=["clicks", "views"])`, when a service starts.

        Args:
            inputs: names of the inputs that will be given; params among them count with their defaults.
            overrides: names of the nodes that will be given.

        Raises:
            RunError: inputs are missing; the error names all of them (DB306).
            DataflowError: as `run`.
        """
        given = {name: inputs[name] if isinstance(inputs, Mapping) else MISSING for name in inputs}
        replaced = dict.fromkeys(overrides, MISSING)
        own = {
            name: value for name, value in given.items() if value is not MISSING or name not in self.params
        }
        asked = prepare(self._flow, outputs, own, params, replaced, checks=checks, fitted=fitted, extra=extra)
        validate(asked)

    def _run_kept(
        self,
        asked: Prepared,
        slots: list[object],
        verdicts: Verdicts,
        cache: str | Path,
        place: Place,
        on_event: Callable[[Event], None] | None,
    ) -> dict[str, Any]:
        """Run with the results that a folder keeps."""
        from kernel_magics.flow.kept import KeptResults  # noqa: PLC0415  # a run without one reads no files

        kept = KeptResults(asked.flow, cache, asked.program.plan, slots)
        try:
            return asked.program.run(slots, verdicts, kept.place(place), kept.follow(on_event), kept.recall)
        finally:
            kept.flush()

    def _verdicts(self, asked: Prepared, checks: Checks) -> Verdicts:
        return Verdicts(lambda name: asked.flow.graph.node(name).ref, checks)

    def plan(
        self,
        outputs: Outputs = None,
        *,
        key: str,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        parts: int | None = None,
        checks: Checks = "raise",
        executor: Executor | str = "processes",
    ) -> Plan:
        """What a run in parts of a key does; computes nothing but on samples. `print(plan.to_text())`.

        Raises:
            UsageError: a name is unknown (DB306, DB308), or no input has the key (DB347).
        """
        optional("pyarrow", "runs in parts")
        from kernel_magics.scale.whole import plan_of  # noqa: PLC0415  # needs pandas and pyarrow

        by: dict[str, Any] = {"key": key, "parts": parts, "executor": executor}
        asked = prepare(self._flow, outputs, inputs, params, checks=checks)
        return plan_of(asked, checks=checks, **by)

    def needs(
        self,
        outputs: Outputs = None,
        *,
        params: Mapping[str, object] | None = None,
        checks: Checks = "raise",
        fitted: Fitted | None = None,
    ) -> tuple[str, ...]:
        """The inputs that a run reads; of variants, only the selected one counts.

        Raises:
            UsageError: there is no such param (DB306), or no such node (DB308).
            WaitingError: something needed is not defined (DB203).
        """
        return tuple(prepare(self._flow, outputs, None, params, checks=checks, fitted=fitted).reads())

    def frame(
        self,
        outputs: Iterable[Output],
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        executor: Executor | str | None = None,
        checks: Checks = "raise",
        fitted: Fitted | None = None,
        extra: Extra = "raise",
        on_event: Callable[[Event], None] | None = None,
    ) -> pd.DataFrame:
        """Compute outputs and put them side by side as columns, aligned on their index, without a copy.

        Where the outputs are of Polars or Arrow, so is the frame.

        Raises:
            RunError: as `run`; DB307 when the outputs cannot be aligned.
        """
        options: dict[str, Any] = {
            "executor": executor,
            "checks": checks,
            "fitted": fitted,
            "extra": extra,
            "on_event": on_event,
        }
        return make_frame(self.run(outputs, inputs=inputs, params=params, overrides=overrides, **options))

    def compile(
        self,
        outputs: Outputs = None,
        *,
        params: Mapping[str, object] | None = None,
        fitted: Fitted | None = None,
        extra: Extra = "raise",
        one_row: Mapping[str, object] | None = None,
    ) -> Callable[..., dict[str, Any]]:
        """One plain callable of inputs and params (keywords) that returns the outputs by name, for serving.

        Inputs must be given, params have their defaults, and those that choose variants are fixed now.
        Checks do not run. See `engine.run.compiled` for how readers of a value are isolated. It can be
        pickled if the dataflow can.

        Example:
            `predict = flow.compile(["score"]); predict(age=41, income=52_000.0)["score"]`
            `pickle.loads(pickle.dumps(predict))(age=41, income=52_000.0)["score"]`

        Args:
            outputs: names to compute, or functions of the dataflow's modules; every node by default.
            params: values of params, instead of their defaults.
            fitted: as in `run`.
            extra: `"ignore"` lets calls have keywords that the outputs do not need.
            one_row: sample inputs, with as many rows as there are. A call with one row (of `RangeIndex(1)`)
                then runs without pandas those nodes whose code was shown to give the same values so, on
                these rows and on hard ones: it takes a hundredth of the time for usual arithmetic. Each
                node is called some hundred times now. `.one_row.reasons` of the result tells the others.

        Raises:
            UsageError: a name or param is unknown (DB306, DB308).
            WaitingError: something needed is not defined (DB203).
        """
        return compiled(self._flow, outputs, params or {}, fitted, extra, one_row)

    def has_sample(self, name: str) -> bool:
        """Whether an input has a sample: those of notebooks have one, those of modules have none."""
        return self._flow.has_sample(name)

    def natures(
        self,
        names: Outputs = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        key: str | Iterable[str] = (),
        time: str | Iterable[str] = (),
        seconds: float = 10.0,
        kept: Kept | None = None,
        note: Callable[[str], None] = lambda name: None,
    ) -> Natures:
        """What the values of nodes depend on, found out by experiment; see `kernel_magics.nature`.

        Args:
            names: nodes; all by default.
            inputs: a sample of each input. Of a notebook, its samples stand in for those left out.
            params: values of params, instead of their defaults.
            key: columns or index levels that tell entities apart; those that cells declare by default.
            time: columns or index levels that tell when a row is known; those that cells declare by default.
            seconds: CPU time for each node.
            kept: natures learnt before.
            note: called with each node that is begun.

        Raises:
            RunError: an input is missing (DB306).
            UsageError: a name is unknown (DB306, DB308).
        """
        from kernel_magics.nature import natures, world  # noqa: PLC0415  # need pandas, half a second

        flow = self._flow
        flow.expect(inputs or {}, params or {}, {})
        given = {**flow.config, **(inputs or {}), **(params or {})}
        values = {
            name: given[name] if name in given else flow.default(node)
            for name, node in {**flow.inputs, **flow.params}.items()
            if name in given or name in flow.sources
        }
        made = world.make_world(
            flow.graph,
            flow.calls().function,
            values,
            chosen=flow.deciding(given),
            keys=_names(key),
            times=_names(time),
        )
        wanted = flow.wanted(names)
        learning = natures.Learning(seconds, kept, note)
        return natures.learn_natures(made, wanted, learning)

    # -- pictures ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The static view as a JSON document (version 1)."""
        return static_view(self.graph, self.title)

    def to_svg(self, select: str | None = None, *, style: Style | None = None) -> str:
        """The graph as an SVG picture; needs no Graphviz.

        Example:
            `flow.to_svg("+score", style={"tag:owner=ads": "teal"})` draws what `score` comes from, and gives
            the nodes of the team `ads` a rim.

        Args:
            select: only these nodes, as in `dagbook graph --select`: `+name`, `name+`, `tag:key=value`, ….
            style: colours of rims, by selection, or by a function from a node of `to_json()` to a colour.

        Raises:
            UsageError: a name is unknown (DB308), or a selection or colour is none (DB002).
        """
        return to_svg(self._part(select, style))

    def to_mermaid(self, select: str | None = None, *, style: Style | None = None) -> str:
        """The graph as Mermaid text; arguments and errors as `to_svg`."""
        return to_mermaid(self._part(select, style))

    def to_dot(self, select: str | None = None, *, style: Style | None = None) -> graphviz.Digraph:
        """The graph for Graphviz; arguments and errors as `to_svg`.

        Raises:
            ImportError: the package `graphviz` is not installed (`dagbook[lab]`).
        """
        return to_digraph(self._part(select, style))

    def _part(self, select: str | None, style: Style | None) -> dict[str, Any]:
        """The view of some nodes, with colours."""
        whole = styled(self.to_json(), style)
        return whole if select is None else only(whole, selected(whole, select))


def _names(words: str | Iterable[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)
