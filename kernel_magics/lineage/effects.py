"""A table of the effects of pandas methods on columns and rows. Methods that are missing here are inexact."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

What = Literal["same", "each", "reduce", "choose", "whole", "groups"]

_SAME: Final = """
    asfreq(freq,method,how,normalize,fill_value) bfill(axis,inplace,limit,limit_area) copy(deep)
    convert_dtypes(infer_objects) cummax(axis,skipna) cummin(axis,skipna) cumprod(axis,skipna)
    cumsum(axis,skipna) describe(percentiles,include,exclude) diff(periods,axis) droplevel(level,axis)
    ffill(axis,inplace,limit,limit_area) infer_objects(copy)
    interpolate(method,axis,limit,inplace,limit_direction,limit_area) pct_change(periods,fill_method,freq)
    rank(axis,method,numeric_only,na_option,ascending,pct) rename_axis(mapper,index,axis)
    reorder_levels(order,axis) set_flags(copy) shift(periods,freq,axis,fill_value,suffix)
    swaplevel(i,j,axis) tz_convert(tz,axis,level) tz_localize(tz,axis,level,copy,ambiguous,nonexistent)
"""
_EACH: Final = """
    abs() add(other,axis,level,fill_value) astype(dtype,copy,errors) between(left,right,inclusive)
    clip(lower,upper,axis,inplace) combine_first(other) div(other,axis,level,fill_value)
    eq(other,axis,level) fillna(value,axis,inplace,limit) floordiv(other,axis,level,fill_value)
    ge(other,axis,level) gt(other,axis,level) isin(values) isna() isnull() le(other,axis,level)
    lt(other,axis,level) mask(cond,other,inplace,axis,level) mod(other,axis,level,fill_value)
    mul(other,axis,level,fill_value) multiply(other,axis,level,fill_value) ne(other,axis,level) notna()
    notnull() pow(other,axis,level,fill_value) radd(other,axis,level,fill_value)
    rdiv(other,axis,level,fill_value) replace(to_replace,value,inplace,regex)
    rmul(other,axis,level,fill_value) round(decimals) rsub(other,axis,level,fill_value)
    sub(other,axis,level,fill_value) subtract(other,axis,level,fill_value)
    truediv(other,axis,level,fill_value) where(cond,other,inplace,axis,level)
"""
_REDUCE: Final = """
    all(axis,bool_only,skipna) any(axis,bool_only,skipna) count(axis,numeric_only)
    first(numeric_only,min_count,skipna) idxmax(axis,skipna,numeric_only) idxmin(axis,skipna,numeric_only)
    kurt(axis,skipna,numeric_only) last(numeric_only,min_count,skipna) max(axis,skipna,numeric_only)
    mean(axis,skipna,numeric_only) median(axis,skipna,numeric_only) min(axis,skipna,numeric_only)
    nunique(axis,dropna) prod(axis,skipna,numeric_only,min_count)
    quantile(q,axis,numeric_only,interpolation,method) sem(axis,skipna,ddof,numeric_only)
    skew(axis,skipna,numeric_only) std(axis,skipna,ddof,numeric_only)
    sum(axis,skipna,numeric_only,min_count) var(axis,skipna,ddof,numeric_only)
"""
_CHOOSE: Final = """
    at_time(time,asof,axis) between_time(start_time,end_time,inclusive,axis)
    drop_duplicates(subset,keep,inplace,ignore_index) dropna(axis,how,thresh,subset,inplace,ignore_index)
    head(n) nlargest(n,columns,keep) nsmallest(n,columns,keep) nth(n,dropna) query(expr,inplace)
    sample(n,frac,replace,weights,random_state,axis,ignore_index)
    sort_index(axis,level,ascending,inplace,kind,na_position,sort_remaining,ignore_index,key)
    sort_values(by,axis,ascending,inplace,kind,na_position,ignore_index,key) tail(n) take(indices,axis)
    truncate(before,after,axis) explode(column,ignore_index)
"""
_WHOLE: Final = """
    argmax(axis,skipna) argmin(axis,skipna) argsort(axis,kind,order) autocorr(lag)
    corr(other,method,min_periods,numeric_only) corrwith(other,axis,drop,method,numeric_only)
    cov(min_periods,ddof,numeric_only) dot(other) duplicated(subset,keep) equals(other)
    factorize(sort,use_na_sentinel) first_valid_index() item() items() iterrows() itertuples(index,name)
    keys() last_valid_index() mode(axis,numeric_only,dropna) stack(level,dropna,sort)
    to_dict(orient,into,index) to_list() to_numpy(dtype,copy,na_value) tolist() transpose() unique()
    unstack(level,fill_value,sort) value_counts(normalize,sort,ascending,bins,dropna)
"""
_GROUPS: Final = """
    ewm(com,span,halflife,alpha,min_periods,adjust,ignore_na,times,method) expanding(min_periods,method)
    groupby(by,level,as_index,sort,group_keys,observed,dropna)
    resample(rule,closed,label,convention,on,level,origin,offset,group_keys)
    rolling(window,min_periods,center,win_type,on,closed,step,method)
"""
_NAMES: Final = """
    T agg aggregate align apply applymap asof assign at attrs axes boxplot columns combine compare drop
    dtypes empty eval ewm expanding filter flags flatten from_dict from_records get groupby hist iat iloc
    index info insert isetitem join kurtosis loc map melt memory_usage merge ndim pipe pivot pivot_table
    plot pop product reindex reindex_like rename reset_index rfloordiv rmod rolling rpow rtruediv
    select_dtypes set_axis set_index shape size sparse squeeze style swapaxes to_clipboard to_csv to_excel
    to_feather to_hdf to_html to_iceberg to_json to_latex to_markdown to_orc to_parquet to_period
    to_pickle to_records to_sql to_stata to_string to_timestamp to_xarray to_xml transform update values
    xs divide from_arrow add_prefix add_suffix select
"""
_SERIES: Final = """
    argmax argmin argsort array autocorr between case_when cat cumcount divmod dt dtype exclusions
    factorize groups hasnans indices is_monotonic_decreasing is_monotonic_increasing is_unique item list
    name names nbytes ngroup ngroups get_group level nearest obj ohlc online rdivmod repeat searchsorted
    str struct to_frame to_list tolist unique view
"""


@dataclass(frozen=True)
class Effect:
    """The effect of a method.

    Attributes:
        what: *same*: each column is computed anew on its own, on the same rows. *each*: element by element,
            from the arguments, too. *reduce*: each column becomes one value. *choose*: rows are chosen,
            repeated or put in another order. *whole*: the result is made of all columns. *groups*: rows are
            put into groups or windows, for another method.
        parameters: their names in order.
    """

    what: What
    parameters: tuple[str, ...]

    def arguments(self, call: ast.Call) -> dict[str, ast.expr] | None:
        """As `arguments`, for this method."""
        return arguments(call, self.parameters)


def arguments(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr] | None:
    """The arguments of a call by parameter; None for starred or unknown arguments."""
    if len(call.args) > len(parameters) or any(isinstance(item, ast.Starred) for item in call.args):
        return None
    found = dict(zip(parameters, call.args, strict=False))
    for word in call.keywords:
        if word.arg is None or word.arg not in parameters or word.arg in found:
            return None
        found[word.arg] = word.value
    return found


def _table(parts: Mapping[What, str]) -> dict[str, Effect]:
    found = {}
    for what, text in parts.items():
        for entry in text.split():
            name, _, listed = entry.rstrip(")").partition("(")
            found[name] = Effect(what, tuple(filter(None, listed.split(","))))
    return found


EFFECTS: Final = _table(
    {"same": _SAME, "each": _EACH, "reduce": _REDUCE, "choose": _CHOOSE, "whole": _WHOLE, "groups": _GROUPS}
)
"""Methods whose effect does not depend on their arguments; `methods.py` has the others."""
KEYS: Final = frozenset({"by", "subset", "on", "column", "columns", "weights"})
"""Parameters that name columns."""
FRAME_NAMES: Final = frozenset([*EFFECTS, *_NAMES.split()])
"""Attributes of frames; they are not columns."""
SERIES_NAMES: Final = frozenset(_SERIES.split())
"""Attributes that only series, groups or windows have."""
ACCESSORS: Final = frozenset({"str", "dt", "cat", "array", "list", "struct"})
"""Attributes of series whose methods are element-wise."""
