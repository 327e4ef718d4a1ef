"""Every in-place operation that a reader may try on a value."""

import numpy as np
import pandas as pd


def column(frame, position=0):
    return frame.iloc[:, position]


FRAME_WRITES = [
    lambda f: f.__setitem__("new", 1),
    lambda f: f.__setitem__(f.columns[0], None),
    lambda f: f.insert(0, "first", 0),
    lambda f: f.pop(f.columns[0]),
    lambda f: f.drop(columns=f.columns[0], inplace=True),
    lambda f: f.rename(columns=str.upper, inplace=True),
    lambda f: f.iloc.__setitem__((0, 0), f.iloc[-1, 0]),
    lambda f: f.iloc.__setitem__((slice(None), 0), None),
    lambda f: f.loc.__setitem__(f.index[0], None),
    lambda f: f.at.__setitem__((f.index[0], f.columns[0]), None),
    lambda f: f.fillna(0, inplace=True),
    lambda f: f.sort_values(f.columns[0], ascending=False, inplace=True),
    lambda f: f.sort_index(ascending=False, inplace=True),
    lambda f: f.reset_index(inplace=True),
    lambda f: f.dropna(inplace=True),
    lambda f: f.mask(f.isna(), inplace=True),
    lambda f: f.update(f.iloc[::-1].reset_index(drop=True)),
    lambda f: setattr(f, "columns", range(f.shape[1])),
    lambda f: setattr(f, "index", range(len(f), 2 * len(f))),
    lambda f: setattr(f.index, "name", "renamed"),
    lambda f: setattr(f.columns, "name", "renamed"),
    lambda f: f.index.set_names(["renamed"] * f.index.nlevels, inplace=True) if f.index.nlevels > 1 else None,
    lambda f: f.attrs.update(seen=1),
    lambda f: setattr(f.flags, "allows_duplicate_labels", False),
    lambda f: f.values.__setitem__((0, 0), 9),
    lambda f: f.to_numpy().__setitem__((0, 0), 9),
    lambda f: f.index.values.__setitem__(0, 9),
    lambda f: column(f).__setitem__(f.index[0], 9),
    lambda f: column(f).to_numpy().__setitem__(0, 9),
    lambda f: column(f).values.__setitem__(0, column(f).iloc[-1]),
    lambda f: [],
    lambda f: column(f).cat.rename_categories(str.upper),
]
SERIES_WRITES = [
    lambda s: s.__setitem__(s.index[0], s.iloc[-1]),
    lambda s: s.iloc.__setitem__(0, None),
    lambda s: s.iloc.__setitem__(slice(None), s.iloc[-1]),
    lambda s: s.loc.__setitem__("new", None),
    lambda s: s.fillna(0, inplace=True),
    lambda s: s.sort_values(inplace=True, ascending=False),
    lambda s: s.replace(s.iloc[0], s.iloc[-1], inplace=True),
    lambda s: s.drop(s.index[0], inplace=True),
    lambda s: s.clip(0, 1, inplace=True),
    lambda s: s.update(s[::-1].reset_index(drop=True)),
    lambda s: s.rename("renamed", inplace=True),
    lambda s: setattr(s, "name", "renamed"),
    lambda s: setattr(s.index, "name", "renamed"),
    lambda s: setattr(s, "index", range(len(s), 2 * len(s))),
    lambda s: s.attrs.update(seen=1),
    lambda s: s.attrs.setdefault("unit", []),
    lambda s: s.values.__setitem__(0, 9),
    lambda s: s.to_numpy().__setitem__(0, 9),
    lambda s: s.array.__setitem__(0, s.iloc[-1]) if not isinstance(s.dtype, np.dtype) else None,
    lambda s: s.values.__setitem__(0, s.iloc[-1]),
    lambda s: np.add(s.to_numpy(), 1, out=s.to_numpy()),
]
ARRAY_WRITES = [
    lambda a: a.__setitem__(0, 9),
    lambda a: a.__setitem__(slice(None), a[::-1]),
    lambda a: a.sort(),
    lambda a: a.fill(1),
    lambda a: a.__iadd__(1),
    lambda a: np.add(a, 1, out=a),
    lambda a: a.reshape(-1).__setitem__(0, 9),
    lambda a: a.resize(1, refcheck=False),
    lambda a: setattr(a, "shape", (-1, 1)),
    lambda a: np.random.default_rng(0).shuffle(a),
    lambda a: a.T.__setitem__(0, 9),
]
LIST_WRITES = [
    lambda v: v.append(1),
    lambda v: v.clear(),
    lambda v: v.reverse(),
    lambda v: v.__setitem__(0, "new"),
    lambda v: [write(inner) for inner in v for write in barrage(inner)],
]
DICT_WRITES = [
    lambda v: v.update(new=1),
    lambda v: v.popitem(),
    lambda v: v.__setitem__(next(iter(v)), "new"),
    lambda v: [write(inner) for inner in v.values() for write in barrage(inner)],
]
SET_WRITES = [lambda v: v.add("new"), lambda v: v.pop(), lambda v: v.clear()]


def barrage(value):
    """Every in-place operation that fits the value."""
    kinds = {
        pd.DataFrame: FRAME_WRITES,
        pd.Series: SERIES_WRITES,
        np.ndarray: ARRAY_WRITES,
        list: LIST_WRITES,
        tuple: LIST_WRITES[-1:],
        dict: DICT_WRITES,
        set: SET_WRITES,
    }
    return kinds.get(type(value), [])
