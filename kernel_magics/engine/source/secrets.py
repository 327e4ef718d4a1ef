"""A secret is a text that gives access: a key, a token, a password. No shared file may hold one.

It is recognized by its shape, such as a provider's prefix, or by the name under which it stands. Under such a
name the text must look like a secret, too: `token = "[PAD]"` and `password = "<your password>"` are none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kernel_magics.engine.source.late import LatePattern
from kernel_magics.engine.source.mapped import tokens
from kernel_magics.engine.source.tree import defaults, parsed

Finding = tuple[int, str]
"""A line, counted from 1, and a description; never the secret itself."""
SECRET: Final = "‹secret›"
"""Stands where a secret was taken out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of one kind of secrets.

    Attributes:
        what: its name, for messages.
        signs: texts, in lower case, of which each such secret contains one; a quick test.
        pattern: matches it; the group `secret`, if there is one, is the secret part.
    """

    what: str
    signs: tuple[str, ...]
    pattern: LatePattern = field(repr=False)


def _shape(what: str, signs: str, pattern: str) -> Shape:
    return Shape(what, tuple(signs.split()), LatePattern(pattern))


def _prefixed(what: str, prefixes: str, rest: str) -> Shape:
    """Keys that begin with one of these prefixes."""
    alternatives = "|".join(map(re.escape, prefixes.split()))
    return _shape(what, prefixes.lower(), rf"(?<![A-Za-z0-9])(?:{alternatives})(?P<secret>{rest})")


_SHAPES: Final = (
    _prefixed("a key of Amazon", "AKIA ASIA ABIA ACCA", r"[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _prefixed("a token of GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{30,}"),
    _prefixed("a token of GitHub", "github_pat_", r"[A-Za-z0-9_]{22,}"),
    _prefixed("a token of GitLab", "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent-", r"[\w-]{20,}"),
    _prefixed("a key of OpenAI", "sk-", r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}"),
    _prefixed("a key of OpenAI or Anthropic", "sk-proj- sk-svcacct- sk-admin- sk-ant- sk-or-", r"[\w-]{20,}"),
    _prefixed("a key of Stripe", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9+/]{16,}"),
    _prefixed("a token of Slack", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[A-Za-z0-9-]{10,}"),
    _prefixed("a key of Google", "AIza", r"[0-9A-Za-z_-]{35}"),
    _prefixed("a secret of Google", "GOCSPX- ya29.", r"[\w-]{20,}"),
    _prefixed("a token of Hugging Face", "hf_ api_org_", r"[A-Za-z0-9]{30,}"),
    _prefixed("a token of PyPI", "pypi-", r"(?=[a-z-]*[A-Z0-9])[\w-]{30,}"),
    _prefixed("a token of npm", "npm_", r"[A-Za-z0-9]{36}"),
    _prefixed("a key of SendGrid", "SG.", r"[\w-]{16,}\.[\w-]{16,}"),
    _prefixed("a key of Twilio", "SK AC", r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    _prefixed("a key of Mailgun", "key-", r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    _shape("a key of Mailchimp", "-us", r"(?<![0-9A-Za-z])(?P<secret>[0-9a-f]{32})-us\d{1,2}\b"),
    _shape("a token of Telegram", ":aa", r"(?<!\d)\d{8,10}:(?P<secret>AA[\w-]{32,35})"),
    _shape(
        "a token of Discord", ".", r"(?<![\w.])(?P<secret>[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40})"
    ),
    _prefixed("a token of Shopify", "shpat_ shpca_ shppa_ shpss_", r"[0-9a-fA-F]{32}"),
    _prefixed("a token of Square", "sq0atp- sq0csp- EAAAE", r"[\w-]{22,}"),
    _prefixed("a token of Facebook", "EAAC EAAB EAAG", r"[A-Za-z0-9]{60,}"),
    _prefixed("a token of DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}"),
    _prefixed("a token of Databricks", "dapi", r"[0-9a-f]{32}"),
    _prefixed("a token of Doppler", "dp.pt. dp.st. dp.sa. dp.ct.", r"[A-Za-z0-9.]{32,}"),
    _prefixed("a key of Linear", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{32,}"),
    _prefixed("a token of Notion", "secret_ ntn_", r"[A-Za-z0-9]{40,}"),
    _shape("a token of Airtable", "pat", r"(?<![0-9A-Za-z])(?P<secret>pat[A-Za-z0-9]{14}\.[0-9a-f]{64})"),
    _prefixed("a token of Atlassian", "ATATT3 ATCTT3 ATBB", r"[\w=-]{24,}"),
    _prefixed("a token of Vault", "hvs. hvb. hvr.", r"[\w-]{24,}"),
    _shape("a token of Terraform", ".atlasv1.", r"(?P<secret>[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,})"),
    _prefixed("a token of Grafana", "glsa_ glc_", r"[\w+/=]{32,}"),
    _prefixed("a key of New Relic", "NRAK- NRII- NRJS-", r"[\w-]{19,}"),
    _prefixed("a token of Sentry", "sntrys_ sntryu_", r"[\w+/=]{40,}"),
    _prefixed("a token of PlanetScale", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w=.-]{32,}"),
    _prefixed("a key of Postman", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    _prefixed("a token of Netlify", "nfp_ nfc_ nfo_", r"[A-Za-z0-9]{36,}"),
    _prefixed("a token of Heroku", "HRKU-", r"[\w-]{36,}"),
    _prefixed("a token of Replicate", "r8_", r"[A-Za-z0-9]{37,}"),
    _prefixed("a key of Groq", "gsk_", r"[A-Za-z0-9]{40,}"),
    _prefixed("a key of Perplexity or xAI", "pplx- xai-", r"[A-Za-z0-9]{40,}"),
    _prefixed("a token of Supabase", "sbp_ sb_secret_", r"[\w-]{31,}"),
    _prefixed("a key of Tailscale", "tskey-", r"[a-z]+-[A-Za-z0-9-]{16,}"),
    _prefixed("a token of Docker", "dckr_pat_ dckr_oat_", r"[\w-]{20,}"),
    _prefixed("a token of CircleCI or Buildkite", "CCIPAT_ bkua_", r"[\w-]{30,}"),
    _prefixed("a key of RubyGems", "rubygems_", r"[0-9a-f]{48}"),
    _prefixed("a token of Figma", "figd_ figo_", r"[\w-]{30,}"),
    _prefixed("a token of Dynatrace", "dt0c01. dt0s16.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _prefixed("a token of Pulumi or Prefect", "pul- pnu_ pnb_", r"[0-9a-zA-Z]{36,}"),
    _prefixed("a token of Contentful", "CFPAT-", r"[\w-]{40,}"),
    _prefixed("a token of Dropbox", "sl.", r"[\w-]{60,}"),
    _prefixed("a token of Weights & Biases or Kaggle", "wandb_v1_ KGAT_", r"\w{30,}"),
    _prefixed("a key of Alibaba", "LTAI", r"[A-Za-z0-9]{16,24}(?![A-Za-z0-9])"),
    _prefixed("a key of Tencent", "AKID", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _prefixed("a key of age", "AGE-SECRET-KEY-1", r"[A-Z0-9]{58}"),
    _prefixed("a key of a wallet", "xprv zprv", r"[A-Za-z0-9]{100,}"),
    _shape(
        "a secret of Azure",
        "q~",
        r"(?<![A-Za-z0-9_~.-])(?P<secret>[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])",
    ),
    _shape("a web token (JWT)", "eyj", r"(?<!\w)(?P<secret>eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"),
    _shape("a private key", "private", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    _shape("a private key", "putty-user-key-file", r"PuTTY-User-Key-File-\d"),
    _shape(
        "an address with a password",
        "://",
        r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@'\"{}<>$]*:(?P<secret>[^\s/@'\"{}<>$]+)@",
    ),
    _shape(
        "an address with a token",
        "://",
        r"(?i)\bhttps?://(?P<secret>(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,})@",
    ),
    _shape(
        "an address with a key",
        "key=",
        r"(?i)[?&](?:api_?)?key=(?P<secret>(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,})",
    ),
    _shape(
        "the address of a webhook",
        "hooks.slack.com discord.com/api discordapp.com/api webhook.office.com",
        r"(?i)(?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks|webhook\.office\.com/"
        r"webhookb2)/(?P<secret>[\w@/-]{20,})",
    ),
    _shape(
        "a signed address",
        "sig= signature= x-amz-",
        r"(?i)[?&](?:sig|signature|X-Amz-Signature)=(?P<secret>[A-Za-z0-9%+/=_-]{20,})",
    ),
    _shape(
        "a header that logs in",
        "bearer basic",
        r"(?i)\b(?:bearer|basic) (?P<secret>(?=[^\s\"']*[0-9=])[A-Za-z0-9._~+/-]{12,}={0,2})",
    ),
    _shape(
        "a command that logs in",
        "-u",
        r"(?<!\S)(?:-u|--user)[ =]['\"]?[\w.@-]+:(?P<secret>[^\s'\"{}$<>]{4,})",
    ),
    _shape(
        "a command that logs in",
        "--",
        r"(?i)(?<!\S)--(?:[\w-]*-)?(?:password|passwd|token|secret|key)[ =]"
        r"(?P<secret>(?=\S*\d)[\w.~+/@!#-]{8,})",
    ),
    _shape("a command that logs in", "sshpass", r"\bsshpass -p ?['\"]?(?P<secret>[^\s'\"{}$<>]{4,})"),
    _shape("a line of .netrc", "machine", r"\bmachine \S+ login \S+ password (?P<secret>\S+)"),
)
_SIGNS: Final = LatePattern("|".join(map(re.escape, sorted({s for shape in _SHAPES for s in shape.signs}))))

Kind = Literal["password", "secret", "token", "key"]
_PASSWORDS: Final = r"password|passwd|passwort|kennwort|passphrase|passcode|pwd|contrasena|senha"
_KEYS: Final = (
    r"(?:api|access|private|secret|auth|encryption|signing|master|account|storage|subscription|consumer|app|"
    r"service|ssh|hmac|fernet|aes|rsa|jwt|license|client|deploy|write|admin|shared|session|cipher|crypt)_?keys?"
)
_KINDS: Final[tuple[tuple[Kind, LatePattern], ...]] = (
    (
        "password",
        LatePattern(rf"(?:{_PASSWORDS})s?\d*(?:_|$)|(?:^|_)(?:mot_de_passe|db_?pass|pw|pswd|passw)(?:_|$)"),
    ),
    (
        "secret",
        LatePattern(r"secrets?(?:_|$)|(?:^|_)(?:credentials?|creds?|pass|psk|mnemonic|seed_phrase)(?:_|$)"),
    ),
    (
        "token",
        LatePattern(
            rf"tokens?(?:_|$)|(?:^|_)(?:jwt|bearer|authorization|cookie)(?:_|$)|(?:^|_){_KEYS}(?:_|$)"
        ),
    ),
    ("key", LatePattern(r"(?:^|_)keys?$")),
)
_WORDS: Final = LatePattern(
    rf"{_PASSWORDS}|pass|pw|psk|secret|token|key|cred|jwt|bearer|auth|cookie|mnemonic|seed_phrase|login",
    re.IGNORECASE,
)
"""A quick test: every name of a secret contains one of these."""
_KEYED: Final = ("Fernet", "AESGCM", "URLSafeSerializer", "URLSafeTimedSerializer")
"""Functions whose first argument is a key."""
_ABOUT: Final = LatePattern(
    r"(?:^|_)(?:columns?|cols?|fields?|names?|labels?|headers?|len|length|size|counts?|number|num|index|idx|ids?"
    r"|files?|paths?|dir|folder|urls?|uri|endpoint|regex|pattern|format|fmt|types?|kind|policy|rules?|prompt"
    r"|message|msg|hint|env|var|variable|template|placeholder|strength|reset|changed|expiry|expires|ttl|age|min"
    r"|max|limits?|hash(?:es|ed)?|digest|vocab|vocabulary|separator|sep|delimiter|scopes?|grant|provider|service"
    r"|manager|store|backend|algorithm|title|description|help|docs?)$|(?:^|_)public(?:_|$)"
)
"""A name with this ending is about a secret and contains none, such as `token_column`."""
_LABELS: Final = LatePattern(
    rf"(?:^|_)(?:{_PASSWORDS}|pass|pw|secret|token|key|credential|auth|cookie)s?(?:_|$)"
)
_PLACEHOLDER: Final = LatePattern(
    r"<.*>|\{.*\}|\[.*\]|\(.*\)|\$.*|%.*%?|\W+|(.)\1*|x{3,}.*|.*x{6,}.*|.*\*{3,}.*|.*\.\.\.+|.*example.*|.*placeholder.*"
    r"|.*redacted.*|.*change[-_ ]?me.*|.*dummy.*|.*replace[-_ ]?(?:me|with|this).*"
    r"|(?:your|insert|enter|put|paste)(?:[-_ ].*|(?:api|password|secret|token|key).*)"
    r"|(?:env|environ|vault|op|ssm|arn|keyring|secrets?manager|gcp|file|kms)[:/].*|projects/.*|[~.]{0,2}/[\w./-]+"
    r"|none|null|nil|true|false|required|optional|hidden|masked|string|text|todo|tbd|fixme|unknown|default|empty"
    r"|value|username|user|basic|bearer|digest|oauth2?|prompt|input|getpass|test|undefined|missing|auto|invalid"
    r"|forgotten|expired|wrong|weak|strong|short|long|plain|plaintext|text/plain|https?://[^:@]*"
    r"|p?ass?|passw(?:or)?d|pw|pwd|secret|token|key|object|category|bool|u?int\d*|float\d*|datetime.*|date|utf-?\d+"
    r"|first|last|count|nunique|sum|mean|sha-?\d+|md5|base\d+|[hrep]s\d{3}|aes-?\d+|iso\d+",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLE: Final = LatePattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_WORDY: Final = LatePattern(r"(?:[A-Za-z]+|\d{1,4}|[vV]\d+)(?:[-_. /:@+,](?:[A-Za-z]+|\d{1,4}|[vV]\d+)?)*")
_TITLE: Final = LatePattern(r"[A-Z]?[a-z]*|[A-Z]+|(?:[A-Z][a-z]{2,}){1,4}|[a-z]{2,}(?:[A-Z][a-z]{2,}){1,4}")
_RANDOM: Final = LatePattern(r"(?=(?:.*\d){3})(?=.*[A-Za-z])[A-Za-z0-9+=~]{16,}")
_DIGEST: Final = LatePattern(
    r"(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f-]{36}|[0-9a-f]{128})"
)
_PAIR: Final = LatePattern(
    rf"(?<![A-Za-z0-9])(?P<name>[A-Za-z0-9_-]*?(?:{_PASSWORDS}|pass|pw|pswd|secret|token|bearer|"
    r"(?:api|access|account|private|secret|auth|shared[_-]?access|client|signing|encryption|subscription)[_-]?key)"
    r"(?:[_-]\w+)?)[\"']?(?:\s*[=:]\s*|(?<=[a-z]) (?=\S+$))[\"']?(?P<secret>[^\s\"',;&<>{}()\[\]]{4,})",
    re.IGNORECASE,
)


def find_in_text(text: str) -> Iterator[Finding]:
    """Secrets in any text: those that have a shape, and `password = …`, `token: …` in it."""
    for found, what in _places(text):
        yield _line(text, found), what


def masked(text: str) -> str:
    """The text with `‹secret›` in place of every secret that is found in it."""
    places = [found.span("secret" if "secret" in found.groupdict() else 0) for found, _ in _places(text)]
    kept, at = [], 0
    for start, end in sorted(places):
        if start >= at:
            kept += [text[at:start], SECRET]
            at = _end_of_key(text, start) or end
    return "".join([*kept, text[at:]])


def _end_of_key(text: str, start: int) -> int:
    """Where a private key in a text ends that begins there; 0 where none begins."""
    if not text.startswith(("-----BEGIN", "PuTTY-User-Key-File"), start):
        return 0
    end = re.compile(r"-----END[^\n]*-----").search(text, start)
    return end.end() if end else len(text)


def _places(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Where the secrets are, and what they are."""
    lowered = text.lower()
    if _SIGNS.search(lowered):
        for shape in _SHAPES:
            if any(sign in lowered for sign in shape.signs):
                for found in shape.pattern.finditer(text):
                    if not _is_sample(found):
                        yield found, shape.what
    if _WORDS.search(text):
        for found in _PAIR.finditer(text):
            name, value = found["name"], found["secret"]
            kind = kind_of(name)
            if (
                kind
                and re.search(r"\d", value)
                and re.search("[A-Za-z]", value)
                and looks_secret(kind, value)
            ):
                yield found, f"the value of '{name}'"


def _is_sample(found: re.Match[str]) -> bool:
    part = found.groupdict().get("secret")
    return part is not None and (
        _PLACEHOLDER.fullmatch(part) is not None or (part.isalpha() and "-" in found[0] and part.islower())
    )


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def kind_of(name: str) -> Kind | None:
    """The kind of secret that a name announces; None for other names, and for `token_column` and the like."""
    if not _WORDS.search(name):
        return None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = re.sub(r"[\W_]+", "_", words).strip("_").lower()
    if _ABOUT.search(words):
        return None
    return next((kind for kind, pattern in _KINDS if pattern.search(words)), None)


def looks_secret(kind: Kind, text: str) -> bool:
    """True when a text under a name of that kind is a secret: not a placeholder, a label or a word."""
    text = re.sub(r"^(?:ApiKey|Key|Token|Bearer|Basic) (?=\S+$)", "", text.strip(), flags=re.IGNORECASE)
    if len(text) < 4 or _PLACEHOLDER.fullmatch(text) or _VARIABLE.fullmatch(text):
        return False
    if text.isidentifier() and text.islower() and _LABELS.search(text):
        return False  # the name of a column or a variable
    if " " in text:
        return kind == "secret" and len(text.split()) >= 12 and text.islower()  # the words of a wallet
    if kind == "key":  # most keys (of dicts, of columns) are not secret
        return any(map(_RANDOM.fullmatch, re.split("[-_. /:]", text))) and not _DIGEST.fullmatch(text)
    if kind == "password":
        return not re.fullmatch(r"[a-z]+(?:[-_][a-z]+)+", text) or len(text) >= 16
    digits, letters = len(re.findall(r"\d", text)), len(re.findall("[A-Za-z]", text))
    if kind == "secret" and (re.search(r"[^\w.:/ -]", text) or (digits and letters and len(text) >= 6)):
        return not _WORDY.fullmatch(text)
    if len(text) < 8 or _WORDY.fullmatch(text):
        return len(text) >= 16 and not re.search(r"[\W_]", text) and not _TITLE.fullmatch(text)
    return (
        (digits >= 2 and letters >= 2) or (len(text) >= 12 and (digits + letters) >= 8) or text.endswith("=")
    )


def find_secrets(source: str) -> Iterator[Finding]:
    """Secrets in Python code: in strings (also joined ones), in comments, and under names of secrets."""
    lowered = source.lower()
    if not _SIGNS.search(lowered) and not _WORDS.search(source) and not any(map(source.__contains__, _KEYED)):
        return
    tree = parsed(source)
    if tree is None:
        yield from find_in_text(source)
        return
    found: dict[Finding, None] = {}
    for token in tokens(source):
        if token.string.startswith("#"):
            found |= {(token.start[0], what): None for _, what in find_in_text(token.string)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr):
            text = _text(node)
            if text is not None and len(text) >= 8:
                found |= {(node.lineno + line - 1, what): None for line, what in find_in_text(text)}
        for name, value in _named(node):
            kind = kind_of(name)
            for each in _members(value) if kind else ():
                if kind and (text := _text(each)) is not None and looks_secret(kind, text):
                    found[each.lineno, f"the value of '{name}'"] = None
    yield from found


def _text(node: ast.expr) -> str | None:
    """The text that an expression of literals gives; None for anything else."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode(errors="replace")
        return str(node.value) if type(node.value) in (str, int) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, times = _text(node.left), node.right
        if left is not None and isinstance(times, ast.Constant) and isinstance(times.value, int):
            return left * min(max(times.value, 0), 100)
    return None


_WRAPPERS: Final = frozenset(
    {"b64decode", "fromhex", "unhexlify", "SecretStr", "Secret", "encode", "decode", "strip", "bytes", "str"}
)


def _members(value: ast.expr) -> Iterator[ast.expr]:
    """The literals in a value: itself, members of a list, arguments of a decoder."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        for member in value.elts:
            yield from _members(member)
    elif isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute) and value.func.attr in _WRAPPERS:
            yield from _members(value.func.value)
        if _name(value.func) in _WRAPPERS:
            yield from value.args
    elif isinstance(value, ast.IfExp | ast.BoolOp):
        for each in value.values if isinstance(value, ast.BoolOp) else (value.body, value.orelse):
            yield from _members(each)
    else:
        yield value


_LOGINS: Final = LatePattern(r"(?:^|_)(?:log_?in|authenticate|basic_?auth|sign_?in|auth)$")


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Values, each with the name of its variable, argument or key."""
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _assigned(target, node.value)
        case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
            yield _name(node.target), value
        case ast.keyword(arg=str(name)):
            yield from _assigned_login(name, node.value)
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.arguments():
            yield from ((arg.arg, default) for arg, default in defaults(node) if default is not None)
        case ast.Compare(left=left, comparators=[right]):
            yield from ((_name(left), right), (_name(right), left))
        case ast.Tuple(elts=[ast.Constant(value=str(name)), value]):
            yield name, value
        case ast.Call():
            yield from _passed(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for inner in node.body:
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield node.name, inner.value


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, part in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, part)
    else:
        yield from _assigned_login(_name(target), value)


def _assigned_login(name: str, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """`auth=("me", "…")` holds a password beside the values that names announce."""
    if _LOGINS.search(name.lower()) and isinstance(value, ast.Tuple) and len(value.elts) == 2:
        yield "password", value.elts[1]
    else:
        yield name, value


def _passed(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Positional arguments: `login("me", "…")`, `getenv("DB_PASSWORD", "…")`, `set_token("…")`."""
    name, args = _name(call.func), call.args
    if len(args) >= 2 and isinstance(args[0], ast.Constant) and isinstance(args[0].value, str):
        yield args[0].value, args[1]
    if len(args) == 2 and _LOGINS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()):
        yield "password", args[1]
    if name.lower() == "login":
        yield from (("token", item.value) for item in call.keywords if item.arg == "key")
    if len(args) == 1 and name.lower().startswith("set_"):
        yield name, args[0]
    if name in _KEYED and args:
        yield "password", args[0]


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else ""


_HOLDERS: Final = frozenset(
    {"values", "series", "value", "array", "tuple", "set", "frozenset", "members", "top", "cases"}
)


def find_in_json(document: Any, exempt: Collection[str] = ()) -> Iterator[str]:
    """What secrets a JSON document holds: strings by their shape, and values under telling names.

    Args:
        exempt: names that say nothing here.
    """
    for name, text in named_texts(document):
        kind = kind_of(name) if name not in exempt else None
        if kind and looks_secret(kind, text):
            yield f"the value of '{name}'"
        elif len(text) >= 8:
            yield from (what for _, what in find_in_text(text))


def named_texts(document: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON document, and each key, with the name under which it stands.

    Args:
        name: of the document; inside it, the names of recorded values, columns and series count.
    """
    if isinstance(document, str):
        yield name, document
    elif isinstance(document, list):
        for member in document:
            yield from named_texts(member, name)
    elif isinstance(document, dict):
        own = document.get("name")
        inner = own if isinstance(own, str) else name
        for key, value in document.items():
            yield "", key
            yield from named_texts(value, inner if key in _HOLDERS else key.partition(" / ")[0])
