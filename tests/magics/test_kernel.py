"""The magics in a real kernel: input and output."""

from __future__ import annotations

from pathlib import Path

from tests.magics.kernel import Kernel

INPUTS = "%%inputs\nclicks: int = 10  # clicks a day\nviews: int = 5"


def test_a_node_cell_shows_signature_state_and_preview(kernel: Kernel) -> None:
    """The output of a node cell has its signature, state, type and value, as text and as HTML."""
    kernel.run(INPUTS, "a")
    result = kernel.run("%%node ctr\nclicks / views", "b")
    assert result.status == "ok"
    assert "ctr(clicks, views) -> float" in result.text
    assert "fresh" in result.text
    assert "2.0" in result.text
    assert "<code>ctr(<wbr>clicks, views) -&gt; float</code>" in result.html


def test_nodes_may_come_before_what_they_need(kernel: Kernel) -> None:
    """A node whose input is missing waits, reports for what, and runs as soon as the input is defined."""
    first = kernel.run("%%node ctr\nclicks / views", "b")
    assert first.status == "ok"
    assert "waits for 'clicks'" in first.text
    second = kernel.run(INPUTS, "a")
    assert "also updated: ctr" in second.text
    assert kernel.run("ctr", "c").text == "2.0"


def test_waiting_names_a_close_name_and_a_notebook_variable(kernel: Kernel) -> None:
    """The hint has similar names, and variables that only need to be declared."""
    kernel.run(INPUTS, "a")
    assert "did you mean 'views'?" in kernel.run("%%node ctr\nclicks / veiws", "b").text
    kernel.run("cost = 3", "c")
    result = kernel.run("%%node cpc\ncost / clicks", "d")
    assert "'cost' is a notebook variable; declare it in %%inputs" in result.text


def test_nodes_never_see_notebook_variables(kernel: Kernel) -> None:
    """A `def` that uses a notebook variable as a global is refused, with the fix."""
    kernel.run("factor = 2", "a")
    result = kernel.run("%%node\ndef doubled(clicks):\n    return clicks * factor", "b")
    assert result.status == "error"
    assert "DB109 'doubled' in cell" in result.error
    assert "make it a parameter" in result.error


def test_values_in_ordinary_cells_are_copies(kernel: Kernel) -> None:
    """Whatever an ordinary cell does to a value, the dataflow keeps its own."""
    kernel.run("%%node rows\n[3, 1, 2]", "a")
    kernel.run("rows.append(99)\nrows.sort()", "b")
    assert kernel.run("rows", "c").text == "[3, 1, 2]"
    assert kernel.run("%%node total\nsum(rows)", "d").text.count("6") >= 1


def test_ordinary_cells_see_the_setup(kernel: Kernel) -> None:
    """What a setup cell binds is there in ordinary cells too, and changing it there changes no node."""
    kernel.run("%%setup\nimport math\nLIMITS = [1, 2]", "s")
    assert kernel.run("LIMITS.append(3)\nmath.floor(2.5)", "a").text == "2"
    assert "2" in kernel.run("%%node count\nlen(LIMITS)", "b").text
    assert kernel.run("count", "c").text == "2"


def test_editing_a_cell_updates_what_is_downstream(kernel: Kernel) -> None:
    """The same cell id with other code replaces the node, and its readers follow."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    kernel.run("%%node percent\nctr * 100", "c")
    result = kernel.run("%%node ctr\nclicks / views / 2", "b")
    assert "also updated: percent" in result.text
    assert kernel.run("percent", "d").text == "100.0"


def test_renaming_and_deleting_remove_the_old_node(kernel: Kernel) -> None:
    """A renamed node leaves no trace, and a deleted cell takes its nodes along."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    kernel.run("%%node rate\nclicks / views", "b")
    assert kernel.run("ctr", "x").ename == "NameError"
    kernel.run("%%node percent\nrate * 100", "c")
    kernel.run("1", "d", deleted=["b"])
    status = kernel.run("%dataflow status", "e").text
    assert "percent" in status
    assert "waits for rate" in status


def test_a_cell_that_is_no_longer_ours_gives_up_its_nodes(kernel: Kernel) -> None:
    """Turning a node cell into an ordinary one removes its node."""
    kernel.run("%%node one\n1", "a")
    kernel.run("one = 5", "a")
    assert kernel.run("%compute one", "b").status == "error"
    assert kernel.run("one", "c").text == "5"


def test_two_cells_with_one_name_are_an_error_naming_both(kernel: Kernel) -> None:
    """The second cell fails, and the first keeps the name."""
    kernel.run("%%node one\n1", "a")
    result = kernel.run("%%node one\n2", "b")
    assert result.status == "error"
    assert "DB201 'one' is defined by two cells:" in result.error
    assert kernel.run("one", "c").text == "1"


def test_without_cell_ids_the_last_definition_wins(kernel: Kernel) -> None:
    """In plain IPython a second definition replaces the first."""
    kernel.run("%%node one\n1")
    assert kernel.run("%%node one\n2").status == "ok"
    assert kernel.run("one").text == "2"


def test_a_failing_node_shows_the_users_code_only(kernel: Kernel) -> None:
    """The traceback holds the cell's line and the inputs' values, and none of our frames."""
    kernel.run("%%inputs\nclicks: int = 10\nviews: int = 0", "a")
    result = kernel.run("%%node ctr\nclicks / views", "b")
    assert result.status == "error"
    assert "DB301 'ctr' failed on line 2 of cell [" in result.error
    assert "ZeroDivisionError: division by zero" in result.error
    assert "Hint: inputs were clicks=int 10, views=int 0." in result.error
    assert "kernel_magics" not in result.error


def test_a_line_has_the_number_that_the_editor_shows(kernel: Kernel) -> None:
    """The magic's line counts, and so do empty lines above it, which IPython takes away."""
    assert "'one' failed on line 3 of cell [" in kernel.run("%%node one\n\n1 / 0", "a").error
    assert "'one' failed on line 5 of cell [" in kernel.run("\n\n%%node one\n\n1 / 0\n\n", "a").error


def test_cells_are_called_by_the_number_of_their_prompt(kernel: Kernel) -> None:
    """A message says `[n]` for the cell whose prompt shows n, and edits move it along."""
    number = int(kernel.run("print(len(In) - 1)", "a").text)
    kernel.run("%%node one\n1", "b")
    kernel.run("%%node one\n2", "b")
    assert f"by two cells: [{number + 2}] and [{number + 3}]." in kernel.run("%%node one\n3", "c").error


def test_an_error_in_a_cell_changes_nothing(kernel: Kernel) -> None:
    """After a syntax error the old node is kept."""
    kernel.run("%%node one\n1", "a")
    result = kernel.run("%%node one\n1 +", "a")
    assert result.status == "error"
    assert "DB101" in result.error
    assert kernel.run("one", "b").text == "1"


def test_checks_and_tests_fail_their_cell(kernel: Kernel) -> None:
    """A check that does not hold and a test that fails are errors of the cell; a warning is not."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    check = kernel.run("%%check ctr\nctr > 0  # positive\nctr < 1  # below one", "c")
    assert check.status == "error"
    assert "DB302 'ctr' fails 1 of 2 conditions" in check.error
    assert "✓ positive" in check.text
    assert "✗ below one" in check.text
    assert kernel.run("%%check ctr --warn\nctr < 1", "c").status == "ok"
    assert "✓ test of ctr [" in kernel.run("%%test ctr\nassert ctr(4, 2) == 2", "d").text
    failed = kernel.run("%%test ctr\nassert ctr(4, 2) == 3", "d")
    assert failed.status == "error"
    assert "DB303 the test of 'ctr' fails on line 2" in failed.error


def test_editing_a_node_runs_its_tests_again(kernel: Kernel) -> None:
    """A test fails in the cell of the edit that broke the function."""
    kernel.run("%%node\ndef double(x):\n    return 2 * x", "a")
    kernel.run("%%test double\nassert double(2) == 4", "b")
    result = kernel.run("%%node\ndef double(x):\n    return 3 * x", "a")
    assert result.status == "error"
    assert "DB303" in result.error


def test_lazy_mode_computes_only_what_is_asked_for(kernel: Kernel) -> None:
    """In lazy mode cells only become stale, until `%compute` names them."""
    kernel.run("%dataflow lazy", "z")
    kernel.run("%%node one\nprint('ran one')\n1", "a")
    result = kernel.run("%%node two\nprint('ran two')\none + 1", "b")
    assert "ran" not in result.text
    assert "stale" in result.text
    computed = kernel.run("%compute one", "c")
    assert "ran one" in computed.text
    assert "ran two" not in computed.text


def test_compute_reports_fresh_nodes_and_forces(kernel: Kernel) -> None:
    """Nothing runs twice unless it is forced."""
    kernel.run("%%node one\nprint('ran')\n1", "a")
    again = kernel.run("%compute", "b")
    assert "ran" not in again.text
    assert "all 1 nodes are fresh" in again.text
    assert "ran" in kernel.run("%compute one --force", "c").text


def test_compute_on_other_inputs_leaves_the_session_alone(kernel: Kernel) -> None:
    """`--inputs` is a run of its own, with its values as the result."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    assert kernel.run("%compute ctr --inputs {'clicks':50}", "c").text == "{'ctr': 10.0}"
    assert kernel.run("ctr", "d").text == "2.0"


def test_the_dataflow_as_a_variable(kernel: Kernel) -> None:
    """`%dataflow as NAME` gives a `Dataflow` of the cells as they are now, which later edits do not change."""
    kernel.run(INPUTS, "a")
    kernel.run("%%setup\nSCALE = [10]", "s")
    kernel.run("%%node ctr\nclicks / views * SCALE[0]", "b")
    assert kernel.run("%dataflow as flow", "c").status == "ok"
    kernel.run("%%node ctr\n0", "b")
    assert kernel.run("flow.run('ctr', inputs={'clicks': 50})", "d").text == "{'ctr': 100.0}"
    assert kernel.run("ctr", "e").text == "0"
    for line in ("as", "as 7", "as for", "as ctr", "as SCALE", "as flow --limit 1GB"):
        assert "DB001" in kernel.run(f"%dataflow {line}", "f").error, line


def test_wrong_usage_is_one_clear_error(kernel: Kernel) -> None:
    """Unknown names and options fail the cell with a hint."""
    kernel.run("%%node ctr\n1", "a")
    unknown = kernel.run("%compute crt", "b")
    assert unknown.status == "error"
    assert "DB308" in unknown.error
    assert "did you mean 'ctr'?" in unknown.error
    option = kernel.run("%compute --fast", "c")
    assert "DB001" in option.error
    assert "usage: %compute" in option.error
    assert "DB104" in kernel.run("%%node x --lazzy\n1", "d").error


def test_pictures_and_lineage(kernel: Kernel) -> None:
    """`%dag --static` gives an SVG with text beside it; `%lineage` gives a table."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    dag = kernel.run("%dag --static", "c").bundles[0]
    assert dag["image/svg+xml"].startswith("<svg")
    assert "ctr(clicks, views)" in dag["text/plain"]
    lineage = kernel.run("%lineage clicks", "d")
    assert "downstream  ctr" in lineage.text
    assert "<table" in lineage.html


def test_the_live_graph_is_for_those_who_can_see_it(kernel: Kernel) -> None:
    """A notebook gets the widget with its picture; a program that runs one gets what its export can show."""
    kernel.run("%%node rows\n[3, 1, 2]", "a")
    watched, unwatched = kernel.run("%dag", "b").bundles[0], kernel.run("%dag").bundles[0]
    widget = "application/vnd.jupyter.widget-view+json"
    assert (widget in watched, widget in unwatched) == (True, False)
    assert watched["image/svg+xml"] == unwatched["image/svg+xml"]


PROGRESS = "computing slow (0 of 1 done"


def test_interrupt_leaves_a_consistent_state(kernel: Kernel) -> None:
    """After the stop button finished nodes keep their values and the others are stale."""
    kernel.run("%%setup\nimport time", "s")
    kernel.run("%%node quick\n1", "a")
    request = kernel.send("%%node slow\ntime.sleep(60)\nquick + 1", "b")
    kernel.wait_shown(request, PROGRESS)
    kernel.interrupt()
    result = kernel.collect(request)
    assert result.status == "error"
    assert result.ename == "KeyboardInterrupt"
    assert kernel.run("quick", "c").text == "1"
    assert "1 stale" in kernel.run("%dataflow status", "d").text


def test_long_runs_show_progress(kernel: Kernel, folder: Path) -> None:
    """A run of more than half a second shows its progress, and the report replaces that line."""
    kernel.run("%%setup\nimport os\nimport time", "s")
    request = kernel.send("%%node slow\nwhile not os.path.exists('go'):\n    time.sleep(0.02)\n1", "a")
    kernel.wait_shown(request, PROGRESS)
    (folder / "go").touch()
    shown = kernel.collect(request).text
    assert "fresh" in shown
    assert "computing" not in shown


def test_top_level_await_and_async_nodes(kernel: Kernel) -> None:
    """A bare body may await although the notebook's own loop is running."""
    kernel.run("%%setup\nimport asyncio", "s")
    result = kernel.run("%%node answer\nawait asyncio.sleep(0)\n42", "a")
    assert result.status == "ok"
    assert kernel.run("answer", "b").text == "42"


def test_untrusted_text_is_escaped(kernel: Kernel) -> None:
    """HTML in docstrings and values is shown, never interpreted."""
    evil = "<img src=x onerror=alert(1)>"
    result = kernel.run(f"%%node evil\n'''{evil}'''\n'{evil}'", "a")
    assert "<img" not in result.html
    assert "&lt;img" in result.html
    assert "<img" not in kernel.run("%lineage evil", "b").html


def test_compute_names_what_still_fails(kernel: Kernel) -> None:
    """A second `%compute` shows the failed node and its error again, and does not call everything fresh."""
    kernel.run("%%node broken\n1 / 0", "a")
    found = kernel.run("%compute", "b")
    assert "DB301 'broken' failed" in found.error
    assert "broken()  failed" in found.text
    assert "are fresh" not in found.text


def test_a_value_without_room_hides_no_older_one(kernel: Kernel) -> None:
    """A node that was edited, and whose new value is not kept in memory, is computed when a cell reads it."""
    kernel.run("%%node big\nlist(range(50))", "big")
    kernel.run("%dataflow memory 100B", "o")
    kernel.run("%%node big\nlist(range(60))", "big")
    kernel.run("%%node more\nlist(range(70))", "more")
    assert kernel.run("print(len(big), len(more))", "o").text.strip() == "60 70"
    kernel.run("%dataflow memory all", "o")


def test_a_preview_says_how_many_rows_there_are(kernel: Kernel) -> None:
    """Below the first rows of a long series or frame stands the number of all; a short one, and a list, are shown all."""
    for cell in (
        "%%setup\nimport pandas as pd",
        "%%inputs\na: pd.DataFrame = pd.DataFrame({'x': range(200)})",
    ):
        kernel.run(cell)
    last = {}
    for name, code in {"b": "a['x']", "c": "a * 2", "d": "a.head(3)", "e": "[0] * 90"}.items():
        html = kernel.run(f"%%node {name}\n{code}").html
        last[name] = html.rpartition("</pre>")[0].rpartition("\n")[2]
    assert last["b"] == last["c"] == "… 200 rows in all"
    assert "in all" not in last["d"] + last["e"]
