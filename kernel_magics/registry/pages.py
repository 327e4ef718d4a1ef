"""The HTML of a registry's page; every text in it is escaped, and it has no scripts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.quality.page import COLOURS
from kernel_magics.registry.decide import Condition
from kernel_magics.registry.explain import short, status, told_record
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.rules import Rules

_RECORDS: Final = 200
"""The latest records that are shown."""
_STYLE: Final = (
    COLOURS
    + """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
.places { display: flex; gap: 1rem; flex-wrap: wrap; align-items: stretch }
.places section { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; flex: 1 1 18rem }
.places h2 { margin: .2rem 0 }
ul { padding-left: 1.2rem; margin: .3rem 0 }
.good::marker { content: "\\2713  "; color: var(--good) }
.bad::marker { content: "\\2717  "; color: var(--bad) }
.bad { color: var(--bad) }
.soft { color: var(--soft) }
code, textarea, pre { font: 13px/1.5 ui-monospace, monospace }
textarea { width: 100%; height: 16rem; box-sizing: border-box }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
.note { border-left: .3rem solid var(--soft); padding: .3rem 1rem }
form { margin: .6rem 0 }
button, input, select { font: inherit; padding: .2rem .6rem }
td { padding: .1rem 1rem .1rem 0; vertical-align: top }
"""
)


def whole(registry: Registry, changes: bool, note: str = "", rules: str | None = None) -> str:
    """The page.

    Args:
        changes: offer forms that change something.
        note: what has just happened.
        rules: a text to edit further; by default the rules that hold.

    Raises:
        DataflowError: the registry cannot be read.
    """
    text = registry.rules_text()
    try:
        ruled: Rules | None = registry.rules()
        problem = ""
    except DataflowError as error:
        ruled, problem = None, str(error)
    parts = [f'<pre class="note" role="status">{escape(note)}</pre>'] if note else []
    if ruled is None:
        parts.append(f'<p class="bad">{escape(problem)}</p>')
    else:
        found = status(registry, ruled, registry.decide(rules=ruled), datetime.now(UTC))
        parts.append(_places(found["environments"], ruled, changes))
        parts.append(_envelopes(found["envelopes"]))
    parts += [_rules(text, rules, changes), _history(registry)]
    return _page(registry.name, "".join(parts))


def broken(error: DataflowError) -> str:
    """The page of a registry that cannot be read."""
    return _page("registry", f'<p class="bad">{escape(str(error))}</p>')


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}</body></html>\n"
    )


def _places(environments: Iterable[dict[str, Any]], rules: Rules, changes: bool) -> str:
    sections = "".join(_place(item, rules, changes) for item in environments)
    form = _form("promote", "<button>Apply the rules now</button>") if changes else ""
    return f'<div class="places">{sections}</div>{form}'


def _place(item: dict[str, Any], rules: Rules, changes: bool) -> str:
    name = escape(item["name"])
    here = f"<code>{escape(short(item['digest']))}</code>"
    since = f' <span class="soft">since {escape(item["since"])}</span>' if item["digest"] else ""
    parts = [f"<h2>{name}</h2><p>{here}{since}</p>"]
    parts += [
        f"<p><code>{short(move['digest'])}</code> is {escape(move['what'])} next</p>" for move in item["next"]
    ]
    parts += [
        f"<p class='bad'><code>{short(wait['digest'])}</code> must leave, and there is none to go back to</p>"
        f"{_conditions(wait['conditions'])}"
        for wait in item["must_leave"]
    ]
    for wait in item["waits"]:
        parts.append(f"<p><code>{short(wait['digest'])}</code> waits:</p>{_conditions(wait['conditions'])}")
        approvals = next((one.approvals for one in rules.environments if one.name == item["name"]), None)
        if changes and approvals is not None:
            roles = "".join(f"<option>{escape(role)}</option>" for role in approvals.roles)
            parts.append(
                _form(
                    "approve",
                    f"<input type='hidden' name='digest' value='{escape(wait['digest'])}'>"
                    f"<input type='hidden' name='environment' value='{name}'>"
                    f"<select name='role' aria-label='role'>{roles}</select> "
                    "<input name='note' placeholder='note' aria-label='note'> <button>Approve</button>",
                )
            )
    return f"<section>{''.join(parts)}</section>"


def _conditions(conditions: Iterable[dict[str, Any]]) -> str:
    lines = "".join(
        f'<li class="{"good" if item["holds"] else "bad"}">{escape(str(Condition(**item)))}</li>'
        for item in conditions
    )
    return f"<ul>{lines}</ul>"


def _envelopes(envelopes: Iterable[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{short(item['digest'])}</code><td>{escape(item['published'])}<td>{escape(item['by'])}"
        f"<td>{escape(', '.join(item['environments']))}</tr>"
        for item in envelopes
    )
    return f"<h2>Envelopes</h2><table>{rows}</table>"


def _rules(text: str, edited: str | None, changes: bool) -> str:
    shown = f"<h2>Rules</h2><pre>{escape(text)}</pre>"
    if not changes:
        return shown
    # a line end after the tag is no part of the text
    return "<h2>Rules</h2>" + _form(
        "rules",
        f"<textarea name='rules' aria-label='rules' spellcheck='false'>\n"
        f"{escape(text if edited is None else edited)}</textarea>"
        f"<textarea name='before' hidden>\n{escape(text)}</textarea>"
        "<button name='action' value='try'>What would change?</button> "
        "<button name='action' value='save'>Save</button>",
    )


def _form(action: str, fields: str) -> str:
    """A form with its token."""
    return (
        f"<form method='post' action='{action}'>{fields} "
        "<input type='password' name='token' placeholder='token' aria-label='token' autocomplete='off' "
        "required>"
        "</form>"
    )


def _history(registry: Registry) -> str:
    records = registry.log.records[-_RECORDS:][::-1]
    lines = "\n".join(told_record(record) for record in records)
    return f"<h2>History</h2><pre>{escape(lines)}</pre>"
