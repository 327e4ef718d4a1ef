"""A column that a frame does not have is told while code is typed, where the columns are known for sure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from kernel_magics.assist import Document, DocumentCell, problems
from kernel_magics.lineage.effects import FRAME_NAMES, SERIES_NAMES
from kernel_magics.lineage.missing import Table, table_of

SETUP = "%%setup\nimport pandas as pd\nimport numpy as np"
INPUTS = (
    "%%inputs\nads = pd.DataFrame({'day': [1, 2], 'clicks': [3, 4], 'spend': [0.5, 1.5]})\n"
    "stores = pd.DataFrame({'day': [1, 2], 'store': ['a', 'b']})\n"
    "indexed = pd.DataFrame({'clicks': [3, 4]}, index=pd.Index([1, 2], name='day'))"
)


def told(*cells: str, seen: Mapping[str, Table] | None = None) -> list[tuple[str, str]]:
    """Each wrong column with its hint."""
    texts = [SETUP, INPUTS, *cells]
    document = Document.of(DocumentCell(f"c{number}", "code", text) for number, text in enumerate(texts))
    found = problems(document, seen=seen or {})
    return [(item.place.name, item.hint) for item in found if item.code == "DB211"]


WRONG = [
    "ads['dya']",
    "ads[['day', 'dya']]",
    "ads.groupby('dya')['clicks'].sum()",
    "ads.groupby(['day', 'dya'], sort=False).sum()",
    "ads.groupby('day')['dya'].sum()",
    "ads.groupby('day')[['clicks', 'dya']].sum()",
    "ads.groupby('day').agg({'dya': 'sum'})",
    "ads.groupby('day').agg(total=('dya', 'sum'))",
    "ads.agg({'clicks': 'sum', 'dya': 'max'})",
    "ads.sort_values('dya')",
    "ads.sort_values(by=['day', 'dya'], ascending=False)",
    "ads.merge(stores, on='dya')",
    "ads.merge(stores, how='left', left_on='dya', right_on='store')",
    "stores.merge(ads, left_on='day', right_on='dya')",
    "ads.drop_duplicates(subset=['dya'])",
    "ads.set_index('dya')",
    "ads.drop(columns=['dya'])",
    "ads.nlargest(3, 'dya')",
    "ads.astype({'dya': float})",
    "ads.loc[ads['clicks'] > 1, 'dya']",
    "ads.dya",
    "np.log(ads['dya'])",
    "ads['dya'] += 1\nads",
    "ads['n'] = ads['dya']\nads",
    "other = ads\nother['n'] = 1\nads['n'] + ads['dya']",
    "ads = ads.assign(day2=1)\nads['day2'] + ads['dya']",
    "ads.rename(columns={'spend': 'cost'})['dya']",
    "ads[ads['dya'] > 1]",
    "indexed['dya']",
    "both = ads.merge(stores, on='day')\nboth['store'].isin(both['dya'])",
    "if scale > 1:\n    ads = ads.assign(new=1)\nads['dya']",
    "if scale > 1:\n    ads['new'] = 1\nelse:\n    ads['old'] = 1\nads[['new', 'old', 'dya']]",
    "if scale > 1:\n    return_ = 1\nelif scale < 0:\n    raise ValueError\nads['dya']",
    "try:\n    ads['new'] = 1 / scale\nexcept ZeroDivisionError:\n    pass\nads['dya']",
    "try:\n    k = 1 / scale\nfinally:\n    k = 0\nads['dya']",
    "with np.errstate(all='ignore'):\n    x = ads['clicks'] / 2\nads['dya']",
    "for k in range(3):\n    scale += k\nads['dya']",
    "assert scale > 0\nads['dya']",
    "pd.merge(ads, stores, on='dya')",
    "pd.merge(left=ads, right=stores, on=['day', 'dya'])",
    "pd.merge(ads, stores, left_on='day', right_on='dya')",
    "pd.merge(ads, stores, on='day')['dya']",
    "pd.concat([ads, stores])['dya']",
    "pd.concat([ads, ads.assign(new=1)], ignore_index=True)[['new', 'dya']]",
    "ads.groupby('day').agg(clicks=('clicks', 'sum'))['dya']",
    "ads.groupby('day', as_index=False).agg(total=('clicks', 'sum'))[['day', 'total', 'dya']]",
    "ads.groupby('day').agg(total=('clicks', 'sum')).reset_index().sort_values(by=['day', 'dya'])",
    "ads.groupby(['day', 'spend']).agg(n=('clicks', 'size'), m=('dya', 'max'))",
]


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_column_is_told(code: str) -> None:
    """Wherever a method or a key names a column, once, with the columns."""
    (found,) = told(f"%%node out\n{code}")
    assert found[0] == "dya"
    assert "day" in found[1] or "clicks" in found[1]


RIGHT = [
    "ads['day']",
    "ads.groupby('day')['clicks'].sum()",
    "ads['new'] = 1\nads['new']",
    "other = ads\nother['new'] = 1\nads['new']",
    "ads.insert(0, 'new', 1)\nads['new']",
    "helper(ads)\nads['new']",
    "if 'new' in ads.columns:\n    out = ads['new']\nelse:\n    out = ads['day']\nout",
    "if 'new' not in ads:\n    out = 0\nelse:\n    out = 1\nads['new'] if out else 0",
    "ads['new'] if 'new' in ads else 0",
    "'new' in ads and ads['new'].any()",
    "try:\n    out = ads['new']\nexcept KeyError:\n    out = 0\nout",
    "for k in range(3):\n    ads[f'lag_{k}'] = k\nads['lag_1']",
    "ads.columns = ['a', 'b', 'c']\nads['a']",
    "ads = ads.rename(columns=str.upper)\nads['DAY']",
    "ads.rename(columns={'day': 'new'}, inplace=True)\nads['new']",
    "ads = ads.reset_index()\nads['index']",
    "indexed.groupby('day').sum()",
    "indexed.sort_values('day')",
    "indexed.merge(ads, on='day')",
    "ads.set_index('day').groupby('day').sum()",
    "ads.groupby('day').sum().sort_values('clicks')",
    "ads.drop(columns=['new'], errors='ignore')",
    "ads.loc['new', 'day']",
    "ads.sum()['new']",
    "ads.T['new']",
    "ads.get('new')",
    "ads.pipe(lambda f: f.assign(new=1))['new']",
    "ads.assign(**{'new': 1})['new']",
    "ads = {'new': 1}\nads['new']",
    "[ads := ads.assign(new=1), ads['new']][1]",
    "(lambda ads: ads['new'])({'new': 1})",
    "pd.merge(ads, stores)['store']",
    "ads.eval('new = day + 1')['new']",
    "ads.melt(id_vars='day')['variable']",
    "ads.merge(stores, left_on='day', right_on='day', suffixes=('', '_s'))['store']",
    "ads.at[0, 'new'] = 1\nads['new']",
    "ads.loc[:, 'new'] = 1\nads['new']",
    "ads[['a', 'b']] = 1\nads['a']",
    "ads.pop('day')\nads",
    "ads.clicks + ads.shape[0] + len(ads.columns)",
    "if scale > 1:\n    ads['new'] = 1\nads['new']",
    "if scale > 1:\n    ads = helper(ads)\nads['new']",
    "if scale > 1:\n    other = ads\nelse:\n    other = stores\nother['new'] = 1\nads['new'] + stores['new']",
    "if scale > 1:\n    ads['new']\nads['day']",
    "try:\n    ads = ads.assign(new=1)\n    ads = ads.drop(columns=['new'])\nexcept KeyError:\n    pass\nads['new']",
    "try:\n    k = 1\nexcept KeyError:\n    ads['new'] = 1\nelse:\n    ads['old'] = 1\nads['old'] if k else ads['new']",
    "if scale:\n    def new():\n        pass\n    ads['new'] = 1\nads['new']",
    "if scale:\n    del ads['day']\n    ads['new'] = 1\nads['new']",
    "try:\n    ads['new'] = 1\nexcept KeyError as ads:\n    pass\nads['new']",
    "with open('x') as ads:\n    pass\nads['new']",
    "while scale:\n    ads = ads.assign(new=1)\nads['new']",
    "for ads in [1]:\n    pass\nads['new']",
    "for name in ['new']:\n    ads[name] = 1\nads['new']",
    "pd.merge(ads, stores, on='day', suffixes=('', '_s'))['new']",
    "pd.merge(ads, helper(stores), on='day')['new']",
    "pd.concat([ads, helper(stores)])['new']",
    "pd.concat([ads, stores], axis=1, ignore_index=True)['new']",
    "pd.concat([ads, ads], keys=['x', 'y'])['new']",
    "pd.concat([ads['day'], ads['spend']], axis=1)['new']",
    "ads.groupby('day').agg({'clicks': ['sum', 'max']})['new']",
    "ads.groupby('day').agg(total=('clicks', 'sum')).groupby('day').sum()",
    "ads.groupby(ads['day'] % 2).agg(total=('clicks', 'sum')).reset_index()['day']",
]


@pytest.mark.parametrize("code", RIGHT)
def test_nothing_is_told_where_it_is_not_sure(code: str) -> None:
    """What runs, what may run, and what is not known gives no alarm."""
    assert told("%%setup\ndef helper(x):\n    x['new'] = 1", f"%%node out\n{code}") == []


def test_nothing_is_told_behind_a_branch_that_returns() -> None:
    """What stands there may never run; a branch that raises fails as well."""
    start = "%%node\ndef top(ads, k=1):\n    if 'new' not in ads.columns:\n"
    assert told(f"{start}        return 0\n    return ads['new'].sum()") == []
    assert told(f"{start}        raise ValueError\n    return ads['new'].sum()")[0][0] == "new"
    loop = "%%node\ndef top(ads):\n    for name in ads.columns:\n        return name\n    return ads['new']"
    assert told(loop) == []
    both = "%%node\ndef two(ads, k=1):\n    if k:\n        return ads\n    return ads[['day']]"
    assert told(both, "%%node top\ntwo['spend']") == []


def test_columns_of_nodes_functions_checks_and_samples() -> None:
    """Nodes pass columns on; functions, checks and samples of the kernel are known, too, with the fix to make."""
    ratio = "%%node ratio\nads.assign(cpc=ads['spend'] / ads['clicks'])[['day', 'cpc']]"
    assert told(ratio, "%%node top\nratio['cpcs']") == [("cpcs", "did you mean 'cpc'? Columns: day, cpc.")]
    assert told("%%node\ndef top(ads, days=3):\n    return ads['dayz'].head(days)")[0][0] == "dayz"
    assert told(ratio, "%%check ratio\nratio['cpx'] > 0")[0][0] == "cpx"
    read = "%%inputs\nfile = pd.read_csv('x.csv')"
    assert told(read, "%%node top\nfile['dya']") == []
    seen = table_of(pd.DataFrame({"day": [1]}))
    assert seen is not None
    assert told(read, "%%node top\nfile['dya']", seen={"file": seen}) == [
        ("dya", "did you mean 'day'? Columns: day.")
    ]
    assert table_of(pd.DataFrame({1: [1]})) is None
    assert table_of(pd.Series([1])) is None


def test_the_fix() -> None:
    """It changes the name and nothing else, on a line with letters outside ASCII, too."""
    cells = [SETUP, INPUTS, '%%node out\n"ä", ads["dya"]']
    document = Document.of(DocumentCell(f"c{number}", "code", text) for number, text in enumerate(cells))
    (item,) = [item for item in problems(document) if item.code == "DB211"]
    (fix,) = item.fixes
    assert fix.title == "Change to 'day'"
    assert fix.edits[0].to_json()["text"] == '"day"'
    assert (item.place.span.start.column, item.place.span.end.column) == (9, 14)


def test_attributes_of_frames_are_known() -> None:
    """No attribute of pandas is taken for a wrong column."""
    names = {name for name in dir(pd.DataFrame) if not name.startswith("_")}
    assert names <= {*FRAME_NAMES, *SERIES_NAMES}
