"""Natures, found by experiment: whether a value depends on its row, its key, the past or everything.

A node is called on parts of a sample, and its value compared with that for all rows. What no part refutes
holds; each verdict (`verdict.py`) has the number of probes, or the counterexample, or why it is not known.

Where to begin:

- `natures.learn_natures(world)`, or `Dataflow.natures()`: the natures of all nodes (`natures.Natures`).
- `Natures.leaks`: nodes that read the future, each named where that is written (`leak.py`, `past.py`).
- `Natures.parting(name, key)`: how one node may be computed in parts for a key (`parting.py`): which of its
  inputs are cut by the key, and which are given whole. `Natures.stages(key, outputs)`: the whole dataflow, in
  parts and whole by turns (`stages.py`). `parting.key_axis(…)`: the key of each row of a value.
  Joined parts have the rows of the whole; where these are not the rows of an input (`Nature.carrier` is
  empty), perhaps in another order.
- `kept.Kept(folder)`: natures kept by code and sample, so that an edit costs the nodes that it changes only.

A verdict is as good as the sample. A sample of few rows, keys or moments is enlarged (`enlarge.py`); it is
varied (`vary.py`: gaps, ragged keys, missing values, ties, extremes, quiet stretches, values in the code,
changes of clocks); and where a side of a condition was never taken, nothing is said (`branches.py`).
"""
