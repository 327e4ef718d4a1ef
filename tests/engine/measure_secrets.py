"""`python -m tests.engine.measure_secrets`: how many secrets of a set are found that was written without the rules.

The set is no part of what the rules were made from, so that the numbers say something about other secrets.
"""

from __future__ import annotations

import random
import string

from kernel_magics.engine.source.secrets import find_secrets

_GENERATOR = random.Random(7)
HEX = string.hexdigits[:16]


def g(count: int, signs: str = string.ascii_letters + string.digits) -> str:
    """So many random signs."""
    return "".join(_GENERATOR.choice(signs) for _ in range(count))


SECRETS = [
    f'aws = "AKIA{g(16, string.ascii_uppercase + string.digits)}"',
    f'AWS_SECRET = "{g(40)}"',
    f'boto3.client("s3", aws_secret_access_key="{g(40)}")',
    f'GH = "ghp_{g(36)}"',
    f'requests.get(u, headers={{"Authorization": "token ghp_{g(36)}"}})',
    f'url = "https://{g(40, HEX)}@github.com/a/b"',
    f'x = "glpat-{g(20)}"',
    f'openai.api_key = "sk-{g(48)}"',
    f'client = OpenAI(api_key="sk-proj-{g(60)}")',
    f'k = "sk-ant-api03-{g(90)}"',
    f'stripe.api_key = "sk_live_{g(24)}"',
    f'SLACK = "xoxb-{g(12, string.digits)}-{g(12, string.digits)}-{g(24)}"',
    f'hook = "https://hooks.slack.com/services/T{g(8)}/B{g(8)}/{g(24)}"',
    f'gmaps = "AIza{g(35)}"',
    f'HF_TOKEN = "hf_{g(34)}"',
    f'x = "pypi-AgEIcHlwaS5vcmc{g(70)}"',
    f'npmrc = "//registry.npmjs.org/:_authToken=npm_{g(36)}"',
    f'sg = SendGridAPIClient("SG.{g(22)}.{g(43)}")',
    f'account_sid = "AC{g(32, HEX)}"\nauth_token = "{g(32, HEX)}"',
    f'MAILGUN = "key-{g(32, HEX)}"',
    f'bot = Bot("{g(9, "123456789")}:AA{g(33)}")',
    'DB = "postgresql://admin:Wint3r2024!@db.internal:5432/prod"',
    'engine = create_engine("mysql+pymysql://root:t0psecret@localhost/x")',
    'r = redis.Redis(host="h", password="Qw9!xZ2p")',
    'conn = psycopg2.connect("dbname=x user=y password=Blu3Sky77")',
    'MONGO = "mongodb://u:p4ssw0rdX@h:27017"',
    'pwd = "Sommer2023!"',
    'passwd = "trustno1"',
    'PASSWORT = "Geheim123"',
    'db_password = "hunter2"',
    'smtp.login("me@x.org", "Xy7-kLm9")',
    'auth = HTTPBasicAuth("user", "S3cr3tPw")',
    f'auth=("api", "{g(24)}")',
    f'secret_key = "{g(50)}"',
    f'SECRET_KEY = b"{g(32)}"',
    f'app.config["SECRET_KEY"] = "{g(24)}"',
    f'jwt_secret = "{g(32)}"',
    f't = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{g(60)}.{g(43)}"',
    f'headers = {{"Authorization": "Bearer {g(40)}"}}',
    f'headers = {{"X-Api-Key": "{g(32)}"}}',
    f'headers = {{"Authorization": "Basic {g(24)}=="}}',
    f'params = {{"apikey": "{g(32, HEX)}"}}',
    f'u = "https://api.x.org/v1?key={g(32)}&q=1"',
    f'u = "https://api.x.org/v1?access_token={g(32)}"',
    'k = """-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"""',
    'k = "-----BEGIN PRIVATE KEY-----\\nMIIEvQ"',
    f'conn = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={g(86)}==;EndpointSuffix=core.windows.net"',
    f'sas = "https://a.blob.core.windows.net/c?sp=r&sig={g(43)}%3D"',
    f'client_secret = "{g(3)}8Q~{g(34)}"',
    'snowflake.connector.connect(user="u", password="Sn0wFl4ke!", account="a")',
    f'DATABRICKS = "dapi{g(32, HEX)}"',
    f'wandb.login(key="{g(40, HEX)}")',
    f'os.environ["KAGGLE_KEY"] = "{g(32, HEX)}"',
    f'fernet = Fernet("{g(43)}=")',
    "# password: Tr0ub4dor&3",
    f'token = "{g(40, HEX)}"',
    f'discord = "M{g(23)}.{g(6)}.{g(27)}"',
]
HARMLESS = [
    'uuid = "6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"',
    f'sha = "{g(64, HEX)}"',
    f'commit = "{g(40, HEX)}"',
    f'md5 = "{g(32, HEX)}"',
    'password = os.environ["DB_PASSWORD"]',
    'token = input("token: ")',
    'api_key = "YOUR_API_KEY"',
    'password = ""',
    'password_field = "pwd"',
    "tokens = text.split()",
    "max_tokens = 4096",
    'tokenizer = "bert-base-uncased"',
    'df["token_count"] = 3',
    'key = "customer_id"',
    'primary_key = ["a", "b"]',
    'secret_santa = ["Ann", "Bob"]',
    'url = "https://example.org/path?page=2"',
    'iban = "DE89370400440532013000"',
    'geohash = "u33dc0cpke7v"',
    'img = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"',
    'regex = r"[A-Za-z0-9+/]{40}"',
]


def main() -> int:
    """Print the table, and what was not judged right."""
    missed = [text for text in SECRETS if not list(find_secrets(text))]
    flagged = [text for text in HARMLESS if list(find_secrets(text))]
    print(f"secrets   {len(SECRETS):3} of which {len(SECRETS) - len(missed)} are found")
    print(f"harmless  {len(HARMLESS):3} of which {len(flagged)} are taken for secrets")
    print(
        *(f"missed    {text[:100]}" for text in missed),
        *(f"wrong     {text[:100]}" for text in flagged),
        sep="\n",
    )
    return 0


if __name__ == "__main__":
    main()
