"""The arguments of the commands around a registry."""

from __future__ import annotations

import argparse
from typing import Any

from kernel_magics.cli import numbers


def add_registry_commands(commands: Any) -> None:
    """Add `publish`, `promote`, `monitor` and `registry` to the commands."""
    _publish(commands.add_parser("publish", help="add an envelope to a registry"))
    _promote(commands.add_parser("promote", help="apply the rules of a registry"))
    _monitor(commands.add_parser("monitor", help="what the log of a service tells about its envelope"))
    _registry(commands.add_parser("registry", help="what a registry has, and what its envelopes wait for"))


def _publish(parser: argparse.ArgumentParser) -> None:
    parser.description = "Add an envelope to a registry. Rules decide where it runs; nobody deploys it."
    parser.add_argument("source", metavar="ENVELOPE", help="a folder that `--target envelope` wrote")
    parser.add_argument("registry", metavar="REGISTRY", help="a folder, made if it is not there")


def _promote(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Apply rules.yaml of a registry: envelopes for which all conditions hold move into the next "
        "environment, those that must leave are rolled back. Each move is recorded with its reasons."
    )
    parser.epilog = "Run it in CI or from cron."
    parser.add_argument("registry", metavar="REGISTRY", help="a folder")
    parser.add_argument("--dry-run", action="store_true", help="tell what would move, and move nothing")


def _monitor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read the log of a service: volumes, latency, warnings, drift from what the envelope was made from, "
        "and metrics where labels are known. Writes the evidence that rules read."
    )
    parser.epilog = "Exit code 3: drift past a failing threshold; the evidence is written all the same."
    parser.add_argument("log", metavar="LOG", help="what `dagbook serve --log` wrote")
    parser.add_argument(
        "--envelope", metavar="FOLDER|REGISTRY@ENV", required=True, help="about which envelope"
    )
    parser.add_argument(
        "--labels", metavar="FILE", help="a table of what has come true: csv, parquet, json, jsonl"
    )
    parser.add_argument(
        "--on", metavar="COLUMN", default="request_id", help="its column of ids (default: request_id)"
    )
    parser.add_argument("-o", "--output", metavar="FILE.html", help="write a report")
    parser.add_argument("--evidence", metavar="FILE", default="evidence.json", help="default: evidence.json")


def _registry(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "status                what each environment has, and what waits for what\n"
        "explain ENV           why an environment has its envelope, and what decides about the next one\n"
        "history               every publication, evidence, approval and move\n"
        "approve DIGEST        agree that an envelope comes into an environment\n"
        "evidence DIGEST FILE  add what a JSON file tells about an envelope, which conditions may read\n"
        "mirror URI            show it in MLflow: envelopes as versions of a model, environments as aliases\n"
        "serve                 a page of all that, where people with a token approve and change the rules"
    )
    parser.epilog = (
        "Example: dagbook registry registry/ status\n"
        "More:\n"
        "  dagbook registry registry/ explain production\n"
        "  dagbook registry registry/ approve 3f2a91c0 --as risk --note 'seen with Ann'\n"
        "  dagbook registry registry/ evidence 3f2a91c0 evidence.json\n"
        "  dagbook registry registry/ mirror http://127.0.0.1:5000\n"
        "  dagbook registry registry/ serve --port 8001 --tokens tokens.txt\n"
        "A line of the tokens: NAME ROLE[,ROLE] TOKEN. Rules are changed in the role platform."
    )
    parser.add_argument("registry", metavar="REGISTRY", help="a folder")
    parser.add_argument(
        "action", choices=["status", "explain", "history", "approve", "evidence", "mirror", "serve"]
    )
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="see above; of a digest its beginning is enough"
    )
    parser.add_argument(
        "--as", dest="role", default="platform", metavar="ROLE", help="of an approval (default: platform)"
    )
    parser.add_argument(
        "--for", dest="environment", metavar="ENV", help="of an approval, where several ask for it"
    )
    parser.add_argument("--note", metavar="TEXT", help="of an approval")
    parser.add_argument("--json", action="store_true", help="print status or history as JSON")
    parser.add_argument(
        "--tokens", metavar="FILE", help="of the page: who may change something (or DAGBOOK_REGISTRY_TOKENS)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="of the page (default: 127.0.0.1)")
    parser.add_argument("--port", type=numbers.port, default=8001, help="of the page (default: 8001)")
    parser.add_argument(
        "--name", action="append", default=[], help="of the page: a host name by which it is reached"
    )
