"""The catalogue: pages of all nodes that lead to each other, nothing from elsewhere, nothing run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook

ADS = [
    "#md # Ads",
    "%%setup\nimport pandas as pd",
    "%%inputs\nclicks: pd.Series = pd.Series(open('/nowhere'))  # clicks <b>\nviews: pd.Series = pd.Series([2.0])",
    "%%node ctr --tag owner=ads\n# Clicks per view.\nclicks / views",
    "%%check ctr\nctr <= 1  # a share",
    "%%test ctr\nassert ctr(1, 2) == 0.5",
]
BIDS = ["#md # Bids", "%%inputs\nctr: float = 0.5", "%%node bid\nctr * 2"]


class Links(HTMLParser):
    """The addresses of a page, and those of things that it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the address of one tag."""
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "href") and tag not in ("a", "use"):
                self.loads.append(value or "")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site of a folder with two notebooks, an ordinary one and a broken one."""
    (tmp_path / "books").mkdir()
    write_notebook(tmp_path / "books" / "ads.ipynb", ADS)
    write_notebook(tmp_path / "books" / "bids.ipynb", BIDS)
    write_notebook(tmp_path / "books" / "plain.ipynb", ["x = 1"])
    (tmp_path / "books" / "broken.ipynb").write_text("hello")
    assert main(["docs", str(tmp_path / "books"), "-o", str(tmp_path / "site")]) == 0
    return tmp_path / "site"


def test_every_node_has_a_page_and_every_link_leads_to_one(site: Path) -> None:
    """Inputs and nodes have pages; all addresses are files of the site; nothing is loaded from elsewhere."""
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert pages == {
        "index.html",
        *(f"ads/{name}.html" for name in ("index", "clicks", "views", "ctr")),
        *(f"bids/{name}.html" for name in ("index", "ctr", "bid")),
    }
    for page in pages:
        found = Links((site / page).read_text(encoding="utf-8"))
        for address in [*found.links, *found.loads]:
            assert ((site / page).parent / address).resolve().is_file(), (page, address)


def test_a_page_has_what_is_known_of_its_node(site: Path) -> None:
    """Description, tags, neighbours, lineage, source, checks and tests; texts are escaped, samples left out."""
    page = (site / "ads" / "ctr.html").read_text(encoding="utf-8")
    for part in (
        "Clicks per view.",
        "owner=ads",
        "a share",
        "assert ctr(1, 2) == 0.5",
        "<svg",
        "def ctr(clicks, views)",
    ):
        assert part in page, part
    clicks = (site / "ads" / "clicks.html").read_text(encoding="utf-8")
    assert "clicks &lt;b&gt;" in clicks
    assert "/nowhere" not in clicks
    assert '<a href="../ads/ctr.html">' in (site / "bids" / "ctr.html").read_text(encoding="utf-8")


def test_several_outputs_of_a_cell_are_the_features(tmp_path: Path) -> None:
    """The function that computes them is none, and no page tells where the folder is."""
    write_notebook(
        tmp_path / "nb.ipynb", ["%%inputs\nx: int = 1", "%%node low, high\nlow = x - 1\nhigh = x + 1"]
    )
    assert main(["docs", str(tmp_path), "-o", str(tmp_path / "site")]) == 0
    index = (tmp_path / "site" / "index.html").read_text()
    assert re.findall(r'nb/(\w+)\.html"><code>', index) == ["low", "high"]
    assert all(str(tmp_path) not in page.read_text() for page in (tmp_path / "site").rglob("*.html"))


def test_variants_are_one_feature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node with variants in two cells is counted and listed once."""
    texts = ["%%params\nway: str = 'a'", "%%node x --when way=a\n1", "%%node x --when way!=a\n2"]
    write_notebook(tmp_path / "a.ipynb", texts)
    assert main(["docs", str(tmp_path / "a.ipynb"), "-o", str(tmp_path / "site")]) == 0
    assert "1 feature of 1 notebook" in capsys.readouterr().out
    assert "1 feature<" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_the_index_searches_all_features_and_shows_which_notebook_reads_which(site: Path) -> None:
    """One row for each feature; the script is allowed by its digest; notebooks are linked by names."""
    index = (site / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<tr><td><a href="(\w+/\w+)\.html"', index.partition("<h2>")[0]) == [
        "ads/ctr",
        "bids/bid",
    ]
    assert "script-src 'sha256-" in index
    assert "<svg" in index.partition("<h2>Notebooks</h2>")[2]


def test_what_is_no_dataflow_is_said_or_refused(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken file in a folder is left out by name; a file that was named must be right; circles draw nothing."""
    assert main(["docs", str(tmp_path / "books"), "-o", str(site)]) == 0
    assert "broken.ipynb is left out: DB401" in capsys.readouterr().err
    assert main(["docs", str(tmp_path / "books" / "broken.ipynb"), "-o", str(tmp_path / "other")]) == 1
    assert main(["docs", str(site), "-o", str(tmp_path / "other")]) == 1
    assert not (tmp_path / "other").exists()
    write_notebook(tmp_path / "books" / "bids.ipynb", [BIDS[1], "%%node clicks\nctr * 2"])
    assert main(["docs", str(tmp_path / "books"), "-o", str(site)]) == 0
    assert "<svg" not in (site / "index.html").read_text(encoding="utf-8")
