"""The page is one self-contained file in which no text of the view ever runs."""

import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from kernel_magics.view import to_html
from tests.view.examples import EVIL, node, recorded_view, view

ANYTHING_EVIL = view(node("a", doc=EVIL, source=EVIL, tags={EVIL: EVIL}), title=EVIL)


class Reader(HTMLParser):
    """Collects elements, their attributes and the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.attributes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script" and data.strip():
            self.scripts[-1] += data


def test_the_view_comes_back_whole():
    """The embedded JSON is the view, for whichever script reads it."""
    assert json.loads(Reader(to_html(recorded_view())).scripts[0]) == recorded_view()
    assert json.loads(Reader(to_html(ANYTHING_EVIL)).scripts[0]) == ANYTHING_EVIL


def test_no_text_becomes_markup():
    """Evil texts add no element and no handler: the page has the same elements as a tame one."""
    tame = view(node("a", doc="doc", source="source", tags={"k": "v"}), title="t")
    evil = Reader(to_html(ANYTHING_EVIL))
    assert evil.tags == Reader(to_html(tame)).tags
    assert not [name for name in evil.attributes if name.startswith("on")]


def test_nothing_comes_from_outside():
    """No link, no address but the SVG name space."""
    page = to_html(recorded_view())
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not {"link", "iframe", "object", "img"} & set(Reader(page).tags)


@pytest.mark.parametrize("script", [None, "console.log('</script><!-- <script>')\r\n"])
def test_the_policy_allows_exactly_the_page_s_script(script):
    """The hash in the policy is that of the script as it stands in the page."""
    page = to_html(recorded_view(), script)
    code = Reader(page).scripts[1]
    digest = b64encode(sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "unsafe-inline'; script" not in page


def test_another_script_replaces_the_page_s():
    """The widget's bundle can take over; it cannot end its own element."""
    page = to_html(recorded_view(), "const text = '</SCRIPT>';")
    assert "const text = '\\x3c/SCRIPT>';" in page
    assert Reader(page).tags.count("script") == 2
    assert "pointerdown" not in page


@pytest.mark.browser
def test_search_and_click_in_a_browser(tmp_path):
    """Searching opens the details as plain text, nothing pops up, Escape leaves."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    (tmp_path / "page.html").write_text(to_html(recorded_view()), encoding="utf-8")
    trouble: list[str] = []
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text))
        page.goto((tmp_path / "page.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("weekday")
        assert page.locator("aside h2").text_content() == "weekday_effect"
        assert "<img src=x onerror=alert(1)>" in (page.locator("aside").text_content() or "")
        assert page.locator("img").count() == 0
        page.keyboard.press("Escape")
        assert not page.locator("aside").is_visible()
        page.locator('[data-name="rolling_spend"]').click()
        lit = page.locator(".dagbook-node.lit").evaluate_all(
            "cards => cards.map((card) => card.dataset.name)"
        )
        assert lit == [
            "spend", "window", "rolling_spend", "check_rolling_spend",
            "cost_per_signup", "warn_cost_per_signup", "features",
        ]  # fmt: skip
        browser.close()
    assert trouble == []
