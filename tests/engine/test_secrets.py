"""Secrets of many kinds are found, and texts that only look alike are not."""

from __future__ import annotations

import random
import re
import string

import pytest

from kernel_magics.engine.source.secrets import find_in_json, find_in_text, find_secrets
from tests.engine.measure_secrets import HARMLESS as HARMLESS_SET
from tests.engine.measure_secrets import SECRETS as SET

_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "U": string.ascii_uppercase + string.digits,
    "x": "0123456789abcdef",
    "d": "123456789",
}
"""`<a36>` in the tables below stands for 36 random signs of the alphabet `a`; `|` stands for nothing, so that no
text here has the shape of a secret."""

SECRETS = {
    "Amazon, id": 'k = "AK|IA<U16>"',
    "Amazon, key": 'aws_secret_access_key = "<a40>"',
    "Amazon, session": 'session(aws_session_token="<a120>")',
    "GitHub": 'x = "gh|p_<a36>"',
    "GitHub, fine-grained": 'x = "git|hub_pat_<a22>_<a59>"',
    "GitHub, in a call": 'client("gh|o_<a36>")',
    "GitLab": 'x = "gl|pat-<a20>"',
    "OpenAI": 'openai.api_base = "s|k-4<a47>"',
    "OpenAI, project": 'x = "s|k-proj-<a60>"',
    "Anthropic": 'Client("s|k-ant-api03-<a90>")',
    "Stripe": 'x = "sk|_live_<a24>"',
    "Stripe, webhook": 'x = "wh|sec_<a32>"',
    "Slack": 'x = "xo|xb-<d12>-<d12>-<a24>"',
    "Slack, webhook": 'post("https://hooks.sl|ack.com/services/T<U8>/B<U8>/<a24>")',
    "Google": 'x = "AI|za<a35>"',
    "Google, OAuth": 'x = "GOC|SPX-<a28>"',
    "Hugging Face": 'x = "h|f_<a34>"',
    "PyPI": 'x = "py|pi-AgEIcHlwaS5vcmc<a60>"',
    "npm": 'x = "np|m_<a36>"',
    "SendGrid": 'x = "S|G.<a22>.<a43>"',
    "Twilio": 'x = "S|K<x32>"',
    "Twilio, token": 'auth_token = "<x32>"',
    "Mailgun": 'x = "ke|y-<x32>"',
    "Mailchimp": 'x = "<x32>-u|s12"',
    "Telegram": 'x = "<d9>:A|A<a33>"',
    "Discord": 'x = "M<a23>.<a6>.<a27>"',
    "Discord, webhook": 'x = "https://dis|cord.com/api/webhooks/<d18>/<a68>"',
    "Shopify": 'x = "sh|pat_<x32>"',
    "Square": 'x = "sq|0atp-<a22>"',
    "DigitalOcean": 'x = "do|p_v1_<x64>"',
    "Databricks": 'connect("da|pi<x32>")',
    "Vault": 'x = "hv|s.<a24>"',
    "a web token": 'x = "ey|JhbGciOiJIUzI1NiJ9.<a40>.<a43>"',
    "a private key": 'x = """-----BEGIN RSA PRI|VATE KEY-----\n<a64>\n"""',
    "a key of SSH": 'x = "-----BEGIN OPENSSH PRI|VATE KEY-----"',
    "a key of PGP": 'x = "-----BEGIN PGP PRI|VATE KEY BLOCK-----"',
    "a service account": '''x = """{"type": "service", "private_key": "-----BEGIN PRI|VATE KEY-----\\\\nMIIE"}"""''',
    "PostgreSQL": 'x = "postgres://me:hunter|22@db/x"',
    "Redis": 'x = "redis://:s3c|r3t@cache:6379/0"',
    "AMQP": 'x = "amqps://app:Tr0ub|4dor@queue"',
    "MongoDB": 'x = "mongodb+srv://me:Tr0ub|4dor@c.example.net"',
    "JDBC": 'x = "jdbc:mysql://h/db?user=me&password=hunter|22"',
    "ODBC": 'x = "Driver={SQL};Server=db;Uid=me;Pwd=Tr0ub|4dor&3;"',
    "a DSN": 'x = "host=db user=me password=hunter|22 dbname=x"',
    "Azure, storage": 'x = "DefaultEndpointsProtocol=https;AccountName=me;Account|Key=<a86>==;"',
    "Azure, signed address": 'x = "https://me.blob.core.windows.net/c?sv=2024&si|g=<a43>%3D"',
    "Azure, client": 'x = "abc8|Q~<a34>"',
    "a header": 'h = {"Authorization": "Bea|rer <a40>"}',
    "a header, basic": 'h = {"Authorization": "Ba|sic bWU6aHVudGVyMjI="}',
    "a header, other": 'h = {"Authorization": "ApiKey <a24>"}',
    "a header of its own": 'h = {"Ocp-Apim-Subscription-Key": "<x32>"}',
    "a password": 'password = "hunter|2"',
    "a word as a password": 'pw = "let|mein"',
    "a long password": 'connect("db", user="me", password="correct-horse-bat|tery")',
    "an environment": 'os.environ["DB_PASSWORD"] = "Tr0ub|4dor"',
    "a default": 'p = os.getenv("DB_PASSWORD", "Tr0ub|4dor")',
    "a parameter": 'def login(user, pwd="let|mein"):\n    pass',
    "several names": 'user, password = "me", "let|mein"',
    "a comparison": 'if password == "let|mein":\n    pass',
    "a pair": 'get(url, auth=("me", "let|mein9"))',
    "a login": 'smtp.login("me", "let|mein9")',
    "decoded": 'password = base64.b64decode("aHVudGVy|MjI=").decode()',
    "in capitals": 'apiKey = "<a32>"',
    "with a dash": 'o = {"client-secret": "<a32>"}',
    "Django": 'SECRET_KEY = "django-insecure-<a30>"',
    "Fernet": 'fernet_key = b"<a43>="',
    "Fernet, in a call": 'Fernet(b"<a43>=")',
    "joined": 'x = "gh|p_" + "<a18>" * 2',
    "a key of a service": 'maps_key = "<a30>1a2b3c"',
    "a UUID as a key": 'api_key = "3b241101-e2bb-4255-8caf-4136c566a962"',
    "a value of a function": 'def api_token():\n    return "<a32>"',
    "a column": 'df = DataFrame({"password": ["let|mein", "hunter|22"]})',
    "JSON": """x = '{"client_secret": "8f3k2d9|2kdl2k"}'""",
    "a comment": "x = 1  # password: hunter|22",
    "an address": 'x = "https://h/x?api_key=<a32>"',
    "curl": 'x = "curl -u me:hunter|22 https://h/x"',
    "an option": 'x = "tool --api-key 8f3k2d9|2kdl2k --verbose"',
    "a shell's variable": 'x = "PGPASSWORD=hunter|22 psql -h db"',
    "netrc": 'x = "machine h login me password hunter|22"',
    "a wallet": 'mnemonic = "abandon ability able about above absent absorb abstract absurd abuse access acid"',
}
HARMLESS = {
    "a UUID": 'run_id = "3b241101-e2bb-4255-8caf-4136c566a962"',
    "a digest": 'digest = "<x64>"',
    "a short digest": 'etag = "<x32>"',
    "a commit": 'commit = "<x40>"',
    "an integrity": 'integrity = "sha256-<a43>="',
    "a picture": 'logo = "data:image/png;base64,iVBORw0KGgo<a400>=="',
    "an ISBN": 'isbn = "978-3-16-148410-0"',
    "a test card": 'card = "4111 1111 1111 1111"',
    "an IBAN": 'iban = "DE89370400440532013000"',
    "an address of a wallet": 'address = "0x<x40>"',
    "a hardware address": 'mac = "00:1B:44:11:3A:B7"',
    "a time": 'x = "2024-01-01T00:00:00Z"',
    "a hashed password": 'password_hash = "$2b$12$abcdefghijklmnopqrstuv"',
    "a video": 'video = "dQw4w9WgXcQ"',
    "a document": 'sheet_id = "1<a43>"',
    "an alphabet": 'letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"',
    "a sequence": 'sequence = "ACGTACGTACGTTTGACCAGTACGATCGAT"',
    "a mark of a tokenizer": 'pad_token = "[PAD]"',
    "a word of a tokenizer": 'token = "CLS"',
    "words": 'tokens = ["the", "quick", "brown"]',
    "a model": 'token = "gpt-4-turbo"',
    "an environment": 'password = os.environ["DB_PASSWORD"]',
    "the name of a variable": 'password_env = "DB_PASSWORD"',
    "a variable's own name": 'API_KEY = "API_KEY"',
    "a prompt": 'password = getpass.getpass("Password: ")',
    "a placeholder": 'password = "<your password>"',
    "a placeholder in capitals": 'api_key = "YOUR_API_KEY_HERE"',
    "a placeholder with dashes": 'token = "your-token-here"',
    "to be changed": 'password = "changeme"',
    "stars": 'password = "********"',
    "Amazon's example": 'aws = "AK|IAIOSFODNN7EXAMPLE"',
    "a column": 'password_column = "pwd"',
    "types": 'dtypes = {"password": "string", "token": "category", "secret": "int64"}',
    "aggregates": 'agg = {"token": "nunique", "password": "first"}',
    "new names": 'df.rename(columns={"api_key": "customer_key"})',
    "a key of a table": 'primary_key = "customer_id_2"',
    "a key of a cache": 'cache_key = "<x64>"; key = "2024-01-01-store-12-region-us"',
    "keys": 'keys = ["customer_id", "2024_q1_sales_by_region_v2"]',
    "a key of a session": 'session_key = "user_session_id"',
    "a public key": 'public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI<a43> me@host"',
    "an address": 'url = "https://example.org/a:b@c"',
    "an address to fill": 'url = "postgres://user:password@localhost/db"',
    "a formatted address": 'url = f"postgres://{user}:{password}@h/db"',
    "names with dashes": 'x = "risk-adjusted-return-portfolio-and-more"; y = "sk-learn-contrib-and-others-too"',
    "names with prefixes": 'hf = "hf_hub_download"; sk = "sk_model_selection"',
    "a long text": 'x = "a long text that has forty characters or more in it"',
    "a docstring": '"""Returns the token: a word of the text. The secret of good tokens is a key."""',
    "a comment": "x = 1  # secret: sha256 of the name; token: gpt-4 or word2vec",
    "a pattern": 'secret_pattern = "[a-z]{8,}"',
    "nothing": "next_token = None; secret = 3; password = None",
    "schemes": 'scheme = "Basic authentication"; token_type = "bearer"; auth = "basic"',
    "paths": 'secret = "projects/x/secrets/y/versions/1"; password = "/run/secrets/db_password"',
    "fields": 'FIELDS = ["password", "token", "secret"]',
    "a message": 'raise ValueError("wrong password: 8 characters or more")',
    "a place": 'cell = "u33dc0cpke7v"; palette = "#1f77b4,#ff7f0e"',
}


def written(text: str) -> str:
    """The code for a line of a table."""
    generator = random.Random(text)

    def drawn(found: re.Match[str]) -> str:
        return "".join(generator.choices(_ALPHABETS[found[1]], k=int(found[2])))

    return re.sub(r"<([aUxd])(\d+)>", drawn, text.replace("|", ""))


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found(kind: str) -> None:
    """Known shapes anywhere, and values under names of secrets; what is said does not hold the secret."""
    code = written(SECRETS[kind])
    found = list(find_secrets(code))
    assert found
    assert all(1 <= line <= code.count("\n") + 1 for line, _ in found)
    words = {word for word in re.findall(r"[\w.-]{8,}", code) if re.search(r"\d", word)}
    assert not any(word in what for word in words for _, what in found)


@pytest.mark.parametrize("kind", HARMLESS)
def test_a_text_that_looks_alike_is_none(kind: str) -> None:
    """Identifiers, digests, placeholders, labels and names of variables are fine."""
    assert list(find_secrets(written(HARMLESS[kind]))) == []


def test_the_line_is_that_of_the_secret() -> None:
    """Also inside a text of several lines."""
    code = written('x = 1\ny = """\nfirst\ngh|p_<a36>\n"""')
    assert list(find_secrets(code)) == [(4, "a token of GitHub")]


def test_texts_and_documents_are_searched() -> None:
    """A README, and JSON: by shape, and by the names of columns, series and recorded values."""
    token = written("gh|p_<a36>")
    assert list(find_in_text(f"# Title\n\nUse `{token}`.")) == [(3, "a token of GitHub")]
    assert list(find_in_json({"values": {"a / sample": [1, {"frame": {"b": {"values": [token]}}}]}}))
    password = "let" + "mein"
    documents = [
        {"values": {"password / sample": password}},
        {"values": {"users / sample": {"frame": {"password": {"values": [None, password], "dtype": "str"}}}}},
        {"values": {"users / sample": {"series": [password], "dtype": "str", "name": "password"}}},
        {"nodes": {"api_key": {"cases": [{"case": "sample", "given": {}, "value": "8f3k2d9" + "2kdl2k"}]}}},
    ]
    for document in documents:
        assert list(find_in_json(document)), document
    assert not list(
        find_in_json({"nodes": {"password": {"cell": "abc123", "cases": [{"case": "first rows"}]}}})
    )


def test_most_secrets_of_a_set_are_found_that_was_written_without_the_rules() -> None:
    """The table of the guide: `python -m tests.engine.measure_secrets` prints it."""
    assert (len(SET), len(HARMLESS_SET)) == (57, 21)
    assert sum(bool(list(find_secrets(text))) for text in SET) >= 54
    assert sum(bool(list(find_secrets(text))) for text in HARMLESS_SET) <= 1
