"""Random programs over two frames: each is grown statement by statement, keeping what runs."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

SETUP = """
import numpy as np
import pandas as pd

NUMBERS = ["a", "b"]
NAMES = {"a": "alpha", "g": "group"}

def centred(values):
    return values - values.mean()

def ratio(frame, over, under):
    result = frame.copy()
    result["ratio"] = result[over] / (result[under].abs() + 1)
    return result

def flagged(frame, column, limit=0.5):
    frame["flag"] = frame[column] > limit
    return frame

def first_of(frame, names):
    for name in names:
        if name in frame.columns:
            return frame[name]
    return frame.index.to_series()

def shares(row):
    return row["a"] / (abs(row.b) + 1)

def by_size(frame):
    if len(frame) > 5:
        return frame["a"].head(5)
    return frame["b"]
"""
ROWS = 18


def inputs(draw: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The two frames that a program reads, drawn anew."""
    rows = ROWS
    df = pd.DataFrame(
        {
            "a": np.where(draw.random(rows) < 0.15, np.nan, draw.normal(0, 2, rows).round(2)),
            "b": draw.normal(1, 2, rows).round(1),
            "n": draw.integers(0, 6, rows),
            "g": draw.choice(list("xyz"), rows),
            "s": draw.choice(["red fox", "Blue", "green tea", "red"], rows),
            "t": pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 40, rows), unit="D"),
        }
    )
    other = pd.DataFrame(
        {
            "g": draw.permutation(list("xyzx")),
            "n": draw.integers(0, 6, 4),
            "v": draw.normal(5, 1, 4).round(2),
            "w": draw.choice(list("pqr"), 4),
        }
    )
    return {"df": df, "other": other}


def changed(
    given: dict[str, pd.DataFrame], draw: np.random.Generator
) -> Iterator[tuple[str, str, dict[str, pd.DataFrame]]]:
    """Each input column, and the inputs with other values in it."""
    for name, frame in given.items():
        for column in frame.columns:
            yield name, column, {**given, name: frame.assign(**{column: inputs(draw)[name][column]})}


class Grown:
    """A program while it grows: its statements, and what its variables hold on the inputs."""

    def __init__(self, pick: random.Random, setup: dict[str, Any], given: dict[str, pd.DataFrame]) -> None:
        self.pick = pick
        self.setup = setup
        self.lines: list[str] = []
        self.holds: dict[str, Any] = {name: frame.copy() for name, frame in given.items()}

    def grow(self, statement: str) -> bool:
        """Add a statement if it runs and leaves values that are worth reading."""
        holds = {
            name: value.copy() if hasattr(value, "copy") else value for name, value in self.holds.items()
        }
        scope = {**self.setup, **holds}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(statement, scope)
        except Exception:
            return False
        found = {name: scope[name] for name in scope if name not in self.setup and name != "__builtins__"}
        for value in found.values():
            if isinstance(value, pd.DataFrame) and (
                value.columns.has_duplicates or not value.size or len(value) > 400
            ):
                return False
            if isinstance(value, pd.DataFrame) and len(value.columns) > 40:
                return False
            if isinstance(value, pd.Series) and (not len(value) or len(value) > 400):
                return False
        self.lines.append(statement)
        self.holds = found
        return True

    # -- what a statement may be made of ------------------------------------------------------------------

    def names(self, kind: type) -> list[str]:
        """The variables of a kind."""
        return [name for name, value in self.holds.items() if isinstance(value, kind)]

    def frame(self) -> str:
        """A frame, the latest most often."""
        names = self.names(pd.DataFrame)
        return names[-1] if self.pick.random() < 0.7 else self.pick.choice(names)

    def series(self) -> str:
        """A series, or a column of a frame."""
        names = self.names(pd.Series)
        if names and self.pick.random() < 0.6:
            return self.pick.choice(names)
        frame = self.frame()
        return f"{frame}[{self.number(frame)!r}]"

    def columns(self, frame: str, wanted: Callable[[pd.Series], bool]) -> list[str]:
        """The columns of a frame that have what is wanted."""
        value = self.holds[frame]
        found = [name for name in value.columns if isinstance(name, str) and wanted(value[name])]
        return found or ["a"]

    def number(self, frame: str) -> str:
        """A column of numbers."""
        return self.pick.choice(
            self.columns(frame, lambda c: pd.api.types.is_numeric_dtype(c) and c.dtype != bool)
        )

    def key(self, frame: str) -> str:
        """A column of few values."""
        return self.pick.choice(self.columns(frame, lambda c: c.nunique() < 8))

    def any(self, frame: str) -> str:
        """A column."""
        return self.pick.choice(self.columns(frame, lambda c: True))

    def new(self) -> str:
        """A name for a new variable."""
        return f"v{len(self.lines)}"


def statement(grown: Grown) -> str:
    """A statement at random."""
    f, pick = grown.frame(), grown.pick
    x, y, k, z = grown.number(f), grown.number(f), grown.key(f), grown.any(f)
    s, out, n = grown.series(), grown.new(), pick.randint(1, 4)
    how = pick.choice(
        ["sum", "mean", "max", "min", "std", "count", "median", "first", "last", "nunique", "var", "prod"]
    )
    op = pick.choice(["+", "-", "*", "/", ">", "<="])
    mask = pick.choice(
        [f"{f}['{x}'] > {pick.choice([0, 0.5, 1])}", f"{f}['{k}'].isin({f}['{k}'].head(2))", f"{f}['{z}'].notna()",
         f"({f}['{x}'] > 0) & ({f}['{y}'] < 2)", f"~({f}['{x}'] > 1)", f"{f}['{x}'].between(-1, 2)",
         f"{f}.duplicated('{k}')", f"({f}[['{x}', '{y}']] > 0).any(axis=1)"]
    )  # fmt: skip
    of_frame = [
        f"{f}[{mask}]",
        f"{f}.loc[{mask}]",
        f"{f}.loc[{mask}, ['{x}', '{z}']]",
        f"{f}.loc[:, '{x}':]",
        f"{f}.loc[lambda d: d['{x}'] > 0]",
        f"{f}.iloc[:{n + 3}]",
        f"{f}.iloc[{n}:, :2]",
        f"{f}.iloc[[0, 2, 1]]",
        f"{f}.query('{x} > 0')",
        f"{f}.query('{x} > {y} and {k} == {k}')",
        f"{f}.query(f'{{NUMBERS[0]}} > 0')",
        f"{f}.eval('e = {x} + {y} * 2')",
        f"{f}.sort_values('{z}')",
        f"{f}.sort_values(['{k}', '{x}'], ascending=False)",
        f"{f}.sort_values(by='{x}', key=abs)",
        f"{f}.sort_index(ascending=False)",
        f"{f}.head({n + 2})",
        f"{f}.tail({n + 2})",
        f"{f}.sample(5, random_state={n})",
        f"{f}.sample(4, weights={f}['{x}'].abs() + 0.1, random_state=1)",
        f"{f}.nlargest({n}, '{x}')",
        f"{f}.nsmallest({n}, ['{x}', '{y}'])",
        f"{f}.drop_duplicates('{k}')",
        f"{f}.drop_duplicates(subset=['{k}', '{z}'], keep='last')",
        f"{f}.drop_duplicates()",
        f"{f}.dropna()",
        f"{f}.dropna(subset=['{x}'])",
        f"{f}.dropna(axis=1)",
        f"{f}.dropna(thresh={n + 1})",
        f"{f}.fillna(0)",
        f"{f}.fillna({{'{x}': 1.5}})",
        f"{f}.fillna({f}[['{x}', '{y}']].mean())",
        f"{f}.ffill()",
        f"{f}.bfill()",
        f"{f}[['{x}', '{y}']].ffill(axis=1)",
        f"{f}.shift({n})",
        f"{f}[['{x}', '{y}']].shift(1, axis=1)",
        f"{f}[['{x}', '{y}']].diff()",
        f"{f}[['{x}', '{y}']].diff(axis=1)",
        f"{f}[['{x}', '{y}']].cumsum()",
        f"{f}[['{x}', '{y}']].cumsum(axis='columns')",
        f"{f}[['{x}', '{y}']].cummax(1)",
        f"{f}.rank()",
        f"{f}[['{x}', '{y}']].rank(axis=1)",
        f"{f}.select_dtypes('number').abs()",
        f"{f}[['{x}', '{y}']].clip(0, 1)",
        f"{f}[['{x}', '{y}']].round(1)",
        f"{f}[['{x}', '{y}']].pct_change()",
        f"{f}[['{x}', '{y}']] - {f}[['{x}', '{y}']].mean()",
        f"({f}[['{x}', '{y}']] - {f}[['{x}', '{y}']].min()) / {f}[['{x}', '{y}']].max()",
        f"{f}[['{x}', '{y}']].sub({f}['{x}'], axis=0)",
        f"{f}[['{x}', '{y}']].div({f}[['{x}', '{y}']].sum(axis=1), axis='index')",
        f"{f}[['{x}', '{y}']] {op} {n}",
        f"{f}[['{x}', '{y}']].where({f}[['{x}', '{y}']] > 0, -1)",
        f"{f}[['{x}', '{y}']].mask({f}['{x}'] > 0)",
        f"{f}.replace({{'{k}': {{'x': 'q'}}}})",
        f"{f}.assign(n1={f}['{x}'] * 2, n2=lambda d: d['n1'] + d['{y}'])",
        f"{f}.assign(n3=lambda d: d.{x} / (d['{y}'].abs() + 1))",
        f"{f}.assign(**{{'n4': {f}['{x}'] + 1}})",
        f"{f}.assign(n5=np.where({mask}, {f}['{x}'], 0))",
        f"{f}.assign(n6=pd.cut({f}['{x}'], [-9, 0, 9]).astype(str))",
        f"{f}.assign({x}={f}['{y}'])",
        f"{f}.rename(columns={{'{x}': 'r1'}})",
        f"{f}.rename(columns=NAMES)",
        f"{f}.rename(columns=str.upper)",
        f"{f}.drop(columns=['{x}'])",
        f"{f}.drop('{z}', axis=1)",
        f"{f}.drop(index={f}.index[:{n}])",
        f"{f}.drop({f}[{mask}].index)",
        f"{f}.set_index('{k}')",
        f"{f}.set_index('{z}').sort_index()",
        f"{f}.set_index(['{k}', '{z}'])",
        f"{f}.reset_index()",
        f"{f}.reset_index(drop=True)",
        f"{f}.set_index('{k}').reset_index()",
        f"{f}.reindex({f}.index[::-1])",
        f"{f}.reindex(columns=['{x}', '{z}'])",
        f"{f}.filter(items=['{x}', '{z}'])",
        f"{f}.filter(like='{x[0]}')",
        f"{f}.add_suffix('_f')",
        f"{f}.merge(other, on='g')",
        f"{f}.merge(other, on='g', how='left', suffixes=('', '_o'))",
        f"{f}.merge(other[['g', 'v']].drop_duplicates('g'), on='g', how='left')",
        f"{f}.merge(other[['n', 'w']], left_on='n', right_on='n', how='outer')",
        f"{f}.merge(other, left_on='{k}', right_on='w', how='left')",
        f"{f}.merge(other.groupby('g').agg(m=('v', 'mean')), left_on='g', right_index=True)",
        f"{f}.merge(other)",
        f"pd.merge({f}, other, on=['g', 'n'])",
        f"{f}.join(other[['v', 'w']])",
        f"{f}.join(other['v'])",
        f"{f}.join(other[['v']], on='n')",
        f"{f}.join(other, rsuffix='_o')",
        f"pd.concat([{f}, {f}])",
        f"pd.concat([{f}.head(3), other])",
        f"pd.concat([{f}['{x}'], {f}['{y}'].rename('c2')], axis=1)",
        f"pd.concat([{f}['{x}'], {f}['{y}'].shift(1)], axis=1, keys=['p', 'q'])",
        f"pd.concat([{f}, {f}.add_prefix('p_')], axis=1)",
        f"pd.DataFrame({{'d1': {f}['{x}'], 'd2': {f}['{y}'] * 2}})",
        f"pd.DataFrame({{'d1': {f}['{x}'].sort_values(), 'd2': {f}['{z}'].value_counts()}})",
        f"pd.DataFrame({{c: {f}[c].abs() for c in ['{x}', '{y}']}})",
        f"{f}.groupby('{k}').{how}(numeric_only=True)"
        if how not in ("nunique", "count")
        else f"{f}.groupby('{k}').{how}()",
        f"{f}.groupby('{k}')[['{x}', '{y}']].{how}().reset_index()",
        f"{f}.groupby('{k}', as_index=False)['{x}'].{how}()",
        f"{f}.groupby('{k}').agg(g1=('{x}', '{how}'), g2=('{y}', 'max'))",
        f"{f}.groupby('{k}').agg({{'{x}': 'sum', '{y}': ['min', 'max']}})",
        f"{f}.groupby(['{k}', '{z}'])[['{x}']].agg(['{how}', 'size'])",
        f"{f}.groupby(NAMES.get('zz', '{k}')).head(2)",
        f"{f}.groupby({f}.columns[0]).head(2)",
        f"{f}.groupby('{k}').head({n})",
        f"{f}.groupby('{k}').nth({n - 1})",
        f"{f}.groupby('{k}')[['{x}', '{y}']].shift(1)",
        f"{f}.groupby('{k}')[['{x}', '{y}']].transform('{how}')",
        f"{f}.groupby('{k}')[['{x}', '{y}']].transform(lambda v: v - v.mean())",
        f"{f}.groupby('{k}')[['{x}', '{y}']].cumsum()",
        f"{f}.groupby('{k}')[['{x}', '{y}']].rank()",
        f"{f}.groupby('{k}').filter(lambda d: d['{x}'].mean() > 0)",
        f"{f}.groupby('{k}').apply(lambda d: d.assign(part=d['{x}'] / d['{y}'].abs().sum()))",
        f"{f}.groupby('{k}')[['{x}', '{y}']].apply(lambda d: d.mean())",
        f"{f}.groupby({f}['{x}'] > 0)[['{y}']].mean()",
        f"{f}.groupby(pd.Grouper(key='t', freq='W'))[['{x}']].sum()",
        f"{f}.groupby('{k}')[['{x}']].rolling(2).mean()",
        f"{f}.set_index('t').sort_index()[['{x}', '{y}']].resample('W').mean()",
        f"{f}.resample('W', on='t')[['{x}']].sum()",
        f"{f}[['{x}', '{y}']].rolling(3, min_periods=1).{pick.choice(['mean', 'sum', 'max'])}()",
        f"{f}.sort_values('t').rolling('5D', on='t')[['{x}']].sum()",
        f"{f}[['{x}', '{y}']].expanding().mean()",
        f"{f}[['{x}', '{y}']].ewm(span=3).mean()",
        f"{f}.pivot_table(index='{k}', columns='g', values='{x}', aggfunc='mean')",
        f"{f}.drop_duplicates(['{k}', 'g']).pivot(index='{k}', columns='g', values='{x}')",
        f"pd.crosstab({f}['{k}'], {f}['g'])",
        f"{f}.melt(id_vars=['{k}'], value_vars=['{x}', '{y}'])",
        f"{f}.melt(id_vars='{k}', value_vars=['{x}'], var_name='var', value_name='val')",
        f"{f}.melt('{k}')",
        f"pd.melt({f}, id_vars=['{z}'])",
        f"{f}[['{x}', '{y}']].stack().to_frame('st')",
        f"{f}.groupby(['{k}', 'g'])['{x}'].mean().unstack()",
        f"{f}.assign(w=[[1] * int(abs(i) % 3 + 1) for i in {f}['{x}'].fillna(0)]).explode('w')",
        f"{f}.describe()",
        f"{f}[['{x}', '{y}']].corr()",
        f"{f}.select_dtypes('number')",
        f"{f}.isna()",
        f"{f}.astype({{'{x}': 'float64'}})",
        f"{f}.convert_dtypes()",
        f"{f}.agg(['min', 'max'])",
        f"{f}[['{x}', '{y}']].apply(centred)",
        f"{f}[['{x}', '{y}']].apply(lambda c: c - c.min())",
        f"{f}[['{x}', '{y}']].apply(np.sign)",
        f"{f}[['{x}', '{y}']].map(lambda i: i * 2)",
        f"{f}[['{x}', '{y}']].transform('abs')",
        f"{f}[['{x}', '{y}']].T.iloc[:, :4]",
        f"{f}.pipe(ratio, '{x}', '{y}')",
        f"ratio({f}, '{x}', '{y}')",
        f"ratio({f}, under='{x}', over='{y}')",
        f"flagged({f}.copy(), '{x}')",
        f"{f}.pipe(lambda d: d[d['{x}'] > d['{y}'].mean()])",
        f"{f}.get(['{x}', '{z}'])",
        f"np.log1p({f}[['{x}', '{y}']].abs())",
        f"{f}[NUMBERS] * 2",
        f"{f}[[c for c in ['{x}', '{z}'] if c != 'a']]",
        f"{f}.take([2, 0, 1])",
        f"{f}.interpolate() if len({f}) > 9 else {f}.head(2)",
        f"{f} if {f}['{x}'].mean() > 0 else {f}.iloc[::-1]",
        f"{f}.combine_first({f}[['{x}']].rename(columns={{'{x}': '{y}'}}))" if x != y else f"{f}.copy()",
        f"{f}.set_axis(range(len({f})))",
        f"{f}.get_dummies() if False else pd.get_dummies({f}[['{k}']])",
        f"{f}.value_counts('{k}').to_frame()",
    ]
    of_series = [
        f"{f}['{x}'] {op} {f}['{y}']",
        f"{f}['{x}'] * {n} + 1",
        f"{f}.{x}",
        f"{f}['{x}'].where({mask}, {f}['{y}'])",
        f"{f}['{x}'].mask({f}['{y}'] > 0, 0)",
        f"np.where({mask}, {f}['{x}'], {f}['{y}'])",
        f"np.select([{mask}], [{f}['{x}']], 0)",
        f"{f}.loc[{mask}, '{x}']",
        f"{f}[{mask}]['{y}']",
        f"{f}.groupby('{k}')['{x}'].transform('{how}')",
        f"{f}.groupby('{k}')['{x}'].transform(lambda v: v - v.mean())",
        f"{f}.groupby('{k}')['{x}'].{how}()",
        f"{f}.groupby('{k}').size()",
        f"{f}.groupby('{k}').cumcount()",
        f"{f}.groupby('{k}')['{x}'].shift(1)",
        f"{f}.groupby('{k}')['{x}'].rank()",
        f"{f}.groupby('{k}')['{x}'].apply(lambda v: v.max() - v.min())",
        f"{f}.groupby('{k}').apply(lambda d: d['{x}'].sum() / (d['{y}'].abs().sum() + 1))",
        f"{f}['{x}'].groupby({f}['{k}']).mean()",
        f"{f}['{k}'].map({f}.groupby('{k}')['{x}'].mean())",
        f"{f}['g'].map(other.drop_duplicates('g').set_index('g')['v'])",
        f"{f}['{x}'].rolling(3, min_periods=1).mean()",
        f"{f}['{x}'].expanding().max()",
        f"{f}['{x}'].ewm(alpha=0.3).mean()",
        f"{f}['{x}'].rank(pct=True)",
        f"{f}['{x}'].shift({n})",
        f"{f}['{x}'].diff()",
        f"{f}['{x}'].cumsum()",
        f"{f}['{x}'].nlargest({n})",
        f"{f}['{x}'].sort_values()",
        f"{f}['{z}'].value_counts()",
        f"{f}['{z}'].drop_duplicates()",
        f"{f}['{x}'].dropna()",
        f"{f}['s'].str.lower().str.contains('red')",
        f"{f}['s'].str.len()",
        f"{f}['t'].dt.dayofweek",
        f"{f}['t'].diff().dt.days",
        f"pd.cut({f}['{x}'], 3, labels=False)",
        f"pd.qcut({f}['{x}'], 2, labels=False, duplicates='drop')",
        f"{f}['{x}'].quantile(0.5) + {f}['{y}']",
        f"{f}[['{x}', '{y}']].sum(axis=1)",
        f"{f}[['{x}', '{y}']].agg('sum', axis=1)",
        f"{f}[['{x}', '{y}']].mean(1)",
        f"{f}[['{x}', '{y}']].max(axis='columns')",
        f"{f}[['{x}', '{y}']].idxmax(axis=1)",
        f"{f}.apply(lambda r: r['{x}'] + r['{y}'], axis=1)",
        f"{f}.apply(lambda r: r.{x} if r.{y} > 0 else 0, axis=1)",
        f"{f}.apply(shares, axis='columns')",
        f"{f}.apply(lambda r: r.notna().sum(), axis=1)",
        f"{f}[['{x}', '{y}']].mean()",
        f"{f}[['{x}', '{y}']].mean().sort_values()",
        f"{f}.mean(numeric_only=True)['{x}'] + {f}['{y}']",
        f"{f}.isna().any()",
        f"{f}.count(axis=1)",
        f"{f}.nunique()",
        f"{f}.duplicated()",
        f"{f}.iloc[0]",
        f"{f}.iloc[{n}]['{x}'] + {f}['{y}']",
        f"{f}.loc[{f}.index[0], '{x}'] * {f}['{y}']",
        f"{f}.eval('{x} * {y}')",
        f"{f}.eval('{x} + @{s}.mean()')" if s.isidentifier() else f"{f}.eval('{x}')",
        f"{f}.iloc[:, 0]",
        f"{f}.index.to_series()",
        f"{f}.columns.to_series()",
        f"{f}.pop('{x}')",
        f"first_of({f}, ['q', '{x}'])",
        f"by_size({f})",
        f"centred({s})",
        f"{s} + {f}['{y}']",
        f"{s}.fillna({f}['{y}'].mean())",
        f"{s}.clip(lower={f}['{y}'])",
        f"{s}.reset_index(drop=True)",
        f"{s}.combine_first({f}['{y}'])",
        f"pd.Series({f}['{x}'].to_numpy(), index={f}['{y}'])",
        f"pd.to_numeric({f}['{x}'])",
        f"pd.Series([i * 2 for i in {f}['{x}']])",
        f"pd.Series([r['{x}'] for _, r in {f}.iterrows()])",
        f"pd.Series([r.{x} + r.{y} for r in {f}.itertuples()])",
        f"pd.Series({{k: len(d) for k, d in {f}.groupby('{k}')}})",
        f"({f}['{x}'] > 0) & ({f}['{y}'] > 0)",
        f"np.maximum({f}['{x}'], {f}['{y}'])",
        f"max([{f}['{x}'], {f}['{y}']], key=len)",
        f"{f}['{x}'].T",
        f"{f}[{f}.columns[0]]",
        f"{f}[sorted(['{x}', '{y}'])[0]]",
    ]
    writes = [
        f"{f}['{pick.choice(['c', x])}'] = {f}['{x}'] {op} {f}['{y}']",
        f"{f}['c'] = {s}",
        f"{f}[['c', 'd']] = {f}[['{x}', '{y}']].to_numpy()",
        f"{f}.loc[{mask}, '{x}'] = 0",
        f"{f}.loc[{mask}, '{x}'] = {f}['{y}']",
        f"{f}.loc[{mask}, ['{x}', '{y}']] = -1",
        f"{f}.loc[{mask}] = {f}.shift(1)",
        f"{f}.loc[:, '{x}'] = {f}['{y}']",
        f"{f}.iloc[0, 0] = {f}.iloc[1, 0]",
        f"{f}.at[{f}.index[0], '{x}'] = {f}['{y}'].sum()",
        f"{f}[{f}[['{x}']] > 0] = 0",
        f"{f}['{x}'] += {f}['{y}']",
        f"{f}.insert(0, 'ins', {f}['{x}'])",
        f"{f}.drop(columns='{x}', inplace=True)",
        f"{f}.sort_values('{x}', inplace=True)",
        f"{f}.update({f}[['{x}']].rename(columns={{'{x}': '{y}'}}))",
        f"del {f}['{x}']",
        f"{f}.index = {f}['{z}']",
        f"{f}.columns = [f'm{{i}}' for i in range({f}.shape[1])]",
        f"for c in ['{x}', '{y}']:\n    {f}[f'{{c}}_lag'] = {f}[c].shift(1)",
        f"for c in {f}.select_dtypes('number').columns:\n    {f}[c] = {f}[c].fillna(0)",
        f"for c, k in zip(['{x}', '{y}'], [1, 2]):\n    {f}[c + str(k)] = {f}[c] * k",
        f"for k in range(1, 3):\n    {f}[f'lag{{k}}'] = {f}['{x}'].shift(k)",
        f"if {f}['{x}'].sum() > 0:\n    {f}['i'] = {f}['{y}']\nelse:\n    {f}['i'] = 0",
        f"if len({f}) > 3:\n    {f} = {f}.dropna(subset=['{x}'])",
        f"total = 0\nfor value in {f}['{x}'].fillna(0):\n    if value > 1:\n        continue\n    total = total + value\n{f}['total'] = total",
        f"last = {f}['{x}']\nfor i in range(3):\n    last, before = {f}['{y}'] * i, last\n{f}['before'] = before",
        f"alias = {f}\nalias['al'] = {f}['{x}']\ndel alias",
        f"held = {{}}\nheld['k'] = {f}\nheld['k']['he'] = {f}['{x}']\ndel held",
        f"both = [{f}, other]\nboth[0]['bo'] = {f}['{x}']\ndel both",
        f"parts = []\nfor name, part in {f}.groupby('{k}'):\n    parts.append(part['{x}'] - part['{x}'].mean())\n{f}['pa'] = pd.concat(parts)\ndel parts, name, part",
        f"parts = {{}}\nfor c in ['{x}', '{y}']:\n    parts[c] = {f}[c].abs()\n{out} = pd.DataFrame(parts)\ndel parts, c",
        f"parts = {{c: {f}[c] * 2 for c in ['{x}', '{y}']}}\n{out} = parts['{x}']\ndel parts",
        f"try:\n    {out} = {f}['{x}'] / {f}['{y}']\nexcept ZeroDivisionError:\n    {out} = {f}['{x}']",
        f"def scaled(d, by='{x}'):\n    return d['{y}'] * d[by].max()\n{out} = scaled({f})\ndel scaled",
        f"twice = lambda v: v * 2 + {f}['{y}']\n{out} = twice({f}['{x}'])\ndel twice",
        f"{out} = {f}['{x}'].copy()\n{out}[{f}['{y}'] > 0] = 0",
        f"{out} = {f}.copy()\nfor c in ['{x}', '{y}']:\n    {out}[c] = {out}[c].rank()",
        f"p, q = {f}['{x}'], {f}['{y}']\n{out} = q\ndel p, q",
        f"p, *q = [{f}['{x}'], {f}['{y}'], {f}['{y}']]\n{out} = p\ndel p, q",
        f"while len({f}) > 12:\n    {f} = {f}[{f}['{x}'] < {f}['{x}'].max()]",
        f"with np.errstate(all='ignore'):\n    {out} = np.sqrt({f}['{x}'].abs())",
        f"flagged({f}, '{x}')",
        f"{out} = {f}.copy()\n{out}.loc[{out}['{x}'] > {n}, '{y}'] = np.nan",
    ]  # fmt: skip
    kind = pick.random()
    if kind < 0.5:
        return f"{out} = {pick.choice(of_frame)}"
    return f"{out} = {pick.choice(of_series)}" if kind < 0.75 else pick.choice(writes)


def program(seed: int, given: dict[str, pd.DataFrame], setup: dict[str, Any]) -> str:
    """A body for a node that reads `df` and `other`."""
    pick = random.Random(seed)
    grown = Grown(pick, setup, given)
    length = pick.randint(1, 6)
    for _ in range(40):
        if len(grown.lines) >= length:
            break
        grown.grow(statement(grown))
    names = [
        name
        for name, value in grown.holds.items()
        if isinstance(value, pd.DataFrame | pd.Series | np.ndarray)
    ]
    last = names[-1]
    if isinstance(grown.holds[last], pd.DataFrame) and pick.random() < 0.4:
        last = f"{last}[{grown.any(last)!r}]"
    elif pick.random() < 0.3:
        last = grown.series()
    return "\n".join(
        ["df, other = df.copy(), other.copy()" if pick.random() < 0.2 else "pass", *grown.lines, last]
    )
