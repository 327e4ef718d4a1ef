"""The page of a registry: it tells what is there, changes only with a token, and runs nothing that a name says."""

from __future__ import annotations

import html
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.registry.changes import add_evidence, approve, promote, publish
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.tokens import Person, Tokens
from kernel_magics.registry.web import make_page
from tests.registry.making import RULES, envelope, later, registry
from tests.server import running
from tests.waiting import PATIENCE

ANN, BOB = "ann-has-a-long-token", "bob-has-a-long-token"
TOKENS = Tokens(((ANN, Person("ann", ("platform", "risk"))), (BOB, Person("bob", ("risk",)))))
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@contextmanager
def serving(root: Path, tokens: Tokens = TOKENS) -> Iterator[str]:
    """The address of the page."""
    with running(make_page(root, tokens, frozenset({"127.0.0.1"}))) as address:
        yield address


def fetch(
    address: str, path: str = "", form: dict[str, str] | None = None, **headers: str
) -> tuple[int, str]:
    """The status and the page; a form is posted."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(
        f"{address}/{path}", data, {key.replace("_", "-"): value for key, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, str]:
    """A registry with an envelope in staging, and its digest."""
    root, (a,) = registry(tmp_path, 0.8)
    promote(root, now=later(-30))
    return root, a


def records(root: Path) -> list[str]:
    """What is recorded."""
    return [record["what"] for record in Registry.open(root).log.records]


def test_it_tells_what_waits_for_what(place: tuple[Path, str]) -> None:
    """Environments, conditions that hold and that do not, envelopes, history, and the rules."""
    root, a = place
    with serving(root, Tokens()) as address:
        status, text = fetch(address)
    said = html.unescape(text)
    assert status == 200
    assert a[:12] in said
    assert "drift.max_psi < 0.2 (drift.max_psi is not known)" in said
    assert "promoted" in said
    assert RULES in said
    assert "<form" not in text  # nobody can change anything


def test_changes_need_a_token_and_its_role(place: tuple[Path, str]) -> None:
    """Without one, with a wrong one, with one of another role: nothing is changed."""
    root, a = place
    before = (root / "log.jsonl").read_bytes()
    form = {"digest": a, "environment": "production", "role": "risk", "note": "x"}
    new = RULES.replace("24", "0")
    with serving(root) as address:
        for token in ({}, {"token": ""}, {"token": "wrong"}, {"token": ANN[:-1]}):
            assert fetch(address, "approve", {**form, **token})[0] == 403
            assert fetch(address, "promote", dict(token))[0] == 403
            assert (
                fetch(address, "rules", {"rules": new, "before": RULES, "action": "save", **token})[0] == 403
            )
        assert fetch(address, "approve", {**form, "role": "platform", "token": BOB})[0] == 403
        assert fetch(address, "approve", {**form, "environment": "staging", "token": BOB})[0] == 422
        assert fetch(address, "approve", {**form, "digest": "../x", "token": BOB})[0] == 422
        assert fetch(address, "promote", {"token": BOB})[0] == 403
        assert (
            fetch(address, "rules", {"rules": new, "before": RULES, "action": "save", "token": BOB})[0] == 403
        )
        assert (root / "log.jsonl").read_bytes() == before
        assert (root / "rules.yaml").read_text() == RULES
        assert fetch(address, "approve", {**form, "token": BOB})[0] == 200
    last = Registry.open(root).log.records[-1]
    assert (last["what"], last["by"], last["role"]) == ("approved", "bob", "risk")


def test_the_rules_are_tried_before_they_are_saved(place: tuple[Path, str]) -> None:
    """Wrong ones are told with their line, and stay in the editor; a text that others changed is not overwritten."""
    root, a = place
    new = "environments:\n  staging: {}\n  production: {after: staging}\n"
    with serving(root) as address:
        status, text = fetch(
            address,
            "rules",
            {"rules": "environments: {x: {afer: y}}", "before": RULES, "action": "try", "token": ANN},
        )
        assert status == 422
        assert "has no 'afer'" in html.unescape(text)
        assert "environments: {x: {afer: y}}" in text
        status, text = fetch(address, "rules", {"rules": new, "before": RULES, "action": "try", "token": ANN})
        assert f"production: {a[:12]} would be promoted" in text
        assert "promoted" not in records(root)[-1:] or len(records(root)) == 3
        assert (root / "rules.yaml").read_text() == RULES
        assert (
            fetch(address, "rules", {"rules": new, "before": "old", "action": "save", "token": ANN})[0] == 422
        )
        # as a browser sends it
        sent = {
            "rules": new.replace("\n", "\r\n"),
            "before": RULES.replace("\n", "\r\n"),
            "action": "save",
            "token": ANN,
        }
        assert fetch(address, "rules", sent)[0] == 200
        assert (root / "rules.yaml").read_text() == new
        assert fetch(address, "promote", {"token": ANN})[0] == 200
    assert records(root)[-2:] == ["rules", "promoted"]


def test_no_name_and_no_note_becomes_a_tag(tmp_path: Path) -> None:
    """Names of envelopes, notes, evidence, rules and errors are shown as they are written."""
    root = tmp_path / "registry"
    digest, _ = publish(envelope(tmp_path / "out", name=EVIL), root)
    (root / "rules.yaml").write_text(f"# </textarea></pre>{EVIL}\n{RULES}")
    approve(root, digest, "risk", note=EVIL, by=EVIL)
    (tmp_path / "e.json").write_text(json.dumps({"drift": {"said": EVIL}}))
    add_evidence(root, digest, tmp_path / "e.json")
    promote(root)
    with serving(root) as address:
        pages = [fetch(address)[1]]
        sent = {"rules": f"</textarea>{EVIL}", "before": EVIL, "action": "try", "token": ANN}
        pages.append(fetch(address, "rules", sent)[1])
        pages.append(
            fetch(address, "approve", {"digest": EVIL, "environment": EVIL, "role": "risk", "token": ANN})[1]
        )
        (root / "rules.yaml").write_text(f"environments: {{'{EVIL}': 1}}")
        pages.append(fetch(address)[1])
    for text in pages:
        assert not re.search(r"<(script|img)", text)
        assert "&lt;script&gt;" in text
        assert text.count("<textarea") == text.count("</textarea>")


def test_other_sites_change_nothing(place: tuple[Path, str]) -> None:
    """No cookie is set or read, forms of other kinds and other names of the host are refused, nothing may frame it."""
    root, _ = place
    with serving(root) as address:
        with urllib.request.urlopen(address) as answer:
            headers = dict(answer.headers)
        assert "set-cookie" not in {name.lower() for name in headers}
        policy = headers["content-security-policy"]
        assert all(
            part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'")
        )
        assert fetch(address, Host="evil.example")[0] == 421
        assert fetch(address, "promote", {"token": ANN}, Content_Type="text/plain")[0] == 415
        assert fetch(address, "promote", {"token": ANN, "x": "y" * 400_000})[0] == 413
        assert fetch(address, "promote?token=" + ANN)[0] == 405
        assert fetch(address, "promote?token=" + ANN, {})[0] in (403, 415)
    assert records(root)[-1] == "promoted"


def test_a_registry_that_cannot_be_read_is_told(place: tuple[Path, str]) -> None:
    """The page says why, and offers nothing."""
    root, _ = place
    with serving(root) as address:
        (root / "log.jsonl").write_text("x\n")
        status, text = fetch(address)
    assert status == 500
    assert "DB562" in text
    assert "<form" not in text


WRONG_TOKENS = {
    "ann platform": "is not NAME",
    "ann platform short": "fewer than",
    "ann Platform a-long-long-token": "is not NAME",
    "<b> platform a-long-long-token": "is not NAME",
    "ann risk a-long-long-token\nbob risk a-long-long-token": "the same token",
}


def test_tokens_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """A file that only its owner reads; each mistake is told without the token."""
    path = tmp_path / "tokens"
    path.write_text(f"# people\nann platform,risk {ANN}\n")
    path.chmod(0o600)
    assert Tokens.read(path, {}).find(ANN) == Person("ann", ("platform", "risk"))
    assert Tokens.read(None, {"DAGBOOK_REGISTRY_TOKENS": f"bob risk {BOB}"}).find(BOB) == Person(
        "bob", ("risk",)
    )
    assert not Tokens.read(None, {})
    assert ANN not in repr(TOKENS)
    for text, reason in WRONG_TOKENS.items():
        path.write_text(text)
        with pytest.raises(DataflowError, match=reason) as error:
            Tokens.read(path, {})
        assert "long-long" not in str(error.value)
    if os.name == "posix":
        path.write_text(f"ann platform {ANN}")
        path.chmod(0o644)
        with pytest.raises(DataflowError, match="others can read"):
            Tokens.read(path, {})


def test_the_command_refuses_the_open_without_tokens(
    place: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An address that others reach needs tokens; one error."""
    assert main(["registry", str(place[0]), "serve", "--host", "0.0.0.0"]) == 2
    assert "DB569" in capsys.readouterr().err


@pytest.mark.browser
def test_in_a_browser(place: tuple[Path, str], chromium: str) -> None:
    """A person tries new rules, approves an envelope and sees it recorded; a note with tags stays text."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where browsers are tested

    root, _ = place
    with serving(root) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        section = page.locator("section", has_text="production")
        section.get_by_label("note").fill(EVIL)
        section.get_by_label("role").select_option("risk")
        section.get_by_label("token").fill(BOB)
        section.get_by_role("button", name="Approve").click()
        assert "is approved for production by bob as risk" in page.get_by_role("status").inner_text()
        assert "onerror" in page.content()
        assert page.title() == "churn"
        page.goto(address)
        rules = page.get_by_label("rules")
        rules.fill("environments:\n  staging: {}\n  production: {after: staging}\n")
        page.locator("form", has=rules).get_by_label("token").fill(ANN)
        page.get_by_role("button", name="What would change?").click()
        assert "would be promoted" in page.get_by_role("status").inner_text()
        page.locator("form", has=page.get_by_label("rules")).get_by_label("token").fill(ANN)
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").inner_text() == "the rules are saved"
        page.locator("form[action=promote]").get_by_label("token").fill(ANN)
        page.get_by_role("button", name="Apply the rules now").click()
        assert "promoted" in page.get_by_role("status").inner_text()
        browser.close()
    assert records(root)[-3:] == ["approved", "rules", "promoted"]
    assert said == []
