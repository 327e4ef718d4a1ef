"""The page is one self-contained file in which no text of the view ever runs."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from kernel_magics.view import to_html, to_svg
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


def test_the_policy_allows_exactly_the_page_s_script():
    """The hash in the policy is that of the script in the page."""
    page = to_html(recorded_view(), "console.log('</script><!-- <script>')\r\n")
    code = Reader(page).scripts[1]
    digest = b64encode(sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "script-src 'none'" in to_html(recorded_view())


def test_a_script_cannot_end_its_own_element():
    """The page has its data and one script, whatever the script's text is."""
    page = to_html(recorded_view(), "const text = '</SCRIPT>';")
    assert "const text = '\\x3c/SCRIPT>';" in page
    assert Reader(page).tags.count("script") == 2


def test_readers_without_scripts_have_the_picture():
    """The static picture is there for those who run no script, and is all there is of a page without one."""
    assert to_svg(recorded_view()) in to_html(recorded_view())
    alive = to_html(recorded_view(), "1")
    assert f"<noscript>{to_svg(recorded_view())}</noscript>" in alive
    assert Reader(to_html(recorded_view())).tags.count("script") == 1
