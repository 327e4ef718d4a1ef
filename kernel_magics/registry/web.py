"""The page of a registry: what each environment has, what waits and why, history, approvals, and the rules.

It has no scripts and no cookies. Whoever changes something sends a token with it, which no other site knows,
so that no other site can make a browser change anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from kernel_magics.engine.errors import DataflowError
from kernel_magics.registry import pages
from kernel_magics.registry.changes import approve, promote, write_rules
from kernel_magics.registry.explain import told_decision
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.rules import read_rules
from kernel_magics.registry.tokens import Person, Tokens

_LARGEST: Final = 300_000
_OWNER: Final = "platform"
"""The role that may change rules and apply them."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that changes nothing: its status, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def make_page(root: Path, tokens: Tokens, hosts: frozenset[str]) -> FastAPI:
    """The app of a registry's page.

    Args:
        tokens: of those who may change something; without any, the page only shows.
        hosts: names under which it is reached; others are refused, as names that lead here by trickery are.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guarded(request: Request, call_next):  # type: ignore[no-untyped-def]
        host = request.headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        response: Response
        if name not in hosts:
            response = PlainTextResponse("this page has another name", 421)
        else:
            response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    def shown(note: str = "", status: int = 200, rules: str | None = None) -> HTMLResponse:
        try:
            return HTMLResponse(pages.whole(Registry.open(root), bool(tokens), note, rules), status)
        except DataflowError as error:
            return HTMLResponse(pages.broken(error), 500)

    async def posted(request: Request) -> Mapping[str, str]:
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            raise Refused(415, "send a form")
        data = b""
        async for part in request.stream():
            data += part
            if len(data) > _LARGEST:
                raise Refused(413, "the form is too large")
        try:
            found = parse_qs(data.decode(), keep_blank_values=True, max_num_fields=20)
        except ValueError:
            raise Refused(400, "the form cannot be read") from None
        return {name: values[-1] for name, values in found.items()}

    def known(form: Mapping[str, str]) -> Person:
        person = tokens.find(form.get("token", ""))
        if person is None:
            raise Refused(403, "the token is unknown; nothing was changed")
        return person

    def owner(form: Mapping[str, str]) -> Person:
        person = known(form)
        if _OWNER not in person.roles:
            raise Refused(403, f"{person.name} has not the role '{_OWNER}'; nothing was changed")
        return person

    @app.get("/")
    async def index() -> HTMLResponse:
        return shown()

    @app.post("/approve")
    async def approving(request: Request) -> HTMLResponse:
        try:
            form = await posted(request)
            person = known(form)
            role = form.get("role", "")
            if role not in person.roles:
                raise Refused(403, f"{person.name} has not the role '{role}'; nothing was changed")
            environment = form.get("environment", "")
            note = form.get("note", "")
            approve(root, form.get("digest", ""), role, environment, note, by=person.name)
        except Refused as refused:
            return shown(refused.reason, refused.status)
        except DataflowError as error:
            return shown(str(error), 422)
        return shown(f"{form['digest'][:12]} is approved for {environment} by {person.name} as {role}")

    @app.post("/promote")
    async def promoting(request: Request) -> HTMLResponse:
        try:
            person = owner(await posted(request))
            decision = promote(root, by=person.name)
        except Refused as refused:
            return shown(refused.reason, refused.status)
        except DataflowError as error:
            return shown(str(error), 422)
        return shown("\n".join(told_decision(decision)))

    @app.post("/rules")
    async def ruling(request: Request) -> HTMLResponse:
        text = None
        try:
            form = await posted(request)
            text = form.get("rules", "").replace("\r\n", "\n")
            if form.get("action") == "save":
                person = owner(form)
                before = form.get("before", "").replace("\r\n", "\n")
                write_rules(root, text, before, by=person.name)
                return shown("the rules are saved")
            known(form)
            decision = Registry.open(root).decide(rules=read_rules(text))
        except Refused as refused:
            return shown(refused.reason, refused.status, text)
        except DataflowError as error:
            return shown(str(error), 422, text)
        return shown("With these rules:\n" + "\n".join(told_decision(decision, dry=True)), rules=text)

    return app
