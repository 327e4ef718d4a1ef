"""`python -m benchmarks.load`: many connections at once, for some time, to services of one envelope; then memory.

Each connection asks for a row of its own, over and over, and compares each answer with what the service said when it
was asked alone: a lost or mixed answer is counted. The client is a process beside the server and takes CPU from it,
from each server alike; `p99` is of closed loops, so it tells the throughput as well. `--mlflow PYTHON --bento PYTHON`
as for `benchmarks.serving`. `--flat N` asks Dagbook's service N times and tells its memory on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serving import NOTEBOOK, Contender, contenders, cpu, exported, memory, running

STEPS = 10
"""Looks at the memory."""


@dataclass
class Load:
    """What the connections saw: seconds of each answer, and answers that were missing or another's."""

    times: list[float] = field(default_factory=list)
    lost: int = 0
    mixed: int = 0

    def quantile(self, share: float) -> float:
        """Milliseconds in which this share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", type=Path, default=NOTEBOOK)
    parser.add_argument("--mlflow", metavar="PYTHON", default="")
    parser.add_argument("--bento", metavar="PYTHON", default="")
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--flat", type=int, default=0, metavar="N")
    given = parser.parse_args(words)
    with exported(given.notebook) as folder:
        found = list(contenders(folder, given.mlflow, given.bento))
        print(f"{given.connections} connections, {given.seconds:g} s each")
        print("| | answers | lost | mixed | median ms | p99 ms | CPU ms an answer | MB more |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for contender in found if given.seconds else []:
            print(_row(contender, folder, given.connections, given.seconds), flush=True)
        if given.flat:
            _flat(found[0], folder, given.connections, given.flat)
    return 0


def _row(contender: Contender, folder: Path, connections: int, seconds: float) -> str:
    with running(contender, folder) as (port, session):
        asyncio.run(_asked(contender, port, connections, 200, 60.0))  # warm
        before, held = cpu(session), memory(session)
        load = asyncio.run(_asked(contender, port, connections, None, seconds))
        spent, more = cpu(session) - before, memory(session) - held
    count = len(load.times)
    times = f"{load.quantile(0.5):.0f} | {load.quantile(0.99):.0f} | {spent / count * 1000:.2f}"
    return f"| {contender.title} | {count} | {load.lost} | {load.mixed} | {times} | {more:.1f} |"


def _flat(contender: Contender, folder: Path, connections: int, count: int) -> None:
    """Print the memory of a service on its way through so many requests."""
    print("| answers | lost | mixed | MB |\n|---:|---:|---:|---:|")
    with running(contender, folder) as (port, session):
        load = Load()
        for step in range(STEPS):
            part = asyncio.run(_asked(contender, port, connections, count // STEPS, 3600.0))
            load = Load([*load.times, *part.times], load.lost + part.lost, load.mixed + part.mixed)
            held = memory(session)
            print(f"| {count // STEPS * (step + 1)} | {load.lost} | {load.mixed} | {held:.1f} |", flush=True)


async def _asked(
    contender: Contender, port: int, connections: int, count: int | None, seconds: float
) -> Load:
    """Ask over many connections for some time, or until there are so many answers."""
    load, bodies = Load(), [_of_its_own(contender.body, number) for number in range(connections)]
    expected = []
    for body in bodies:
        alone = await asyncio.open_connection("127.0.0.1", port)
        expected.append(_outputs(await _answer(*alone, contender.path, body)))
        alone[1].close()
    end = time.perf_counter() + seconds
    left = iter(range(count)) if count is not None else None

    async def ask(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end and (left is None or next(left, None) is not None):
            started = time.perf_counter()
            try:
                found = await _answer(reader, writer, contender.path, bodies[number])
            except (OSError, ValueError, asyncio.IncompleteReadError):
                load.lost += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                continue
            load.times.append(time.perf_counter() - started)
            load.mixed += _outputs(found) != expected[number]
        writer.close()

    await asyncio.gather(*(ask(number) for number in range(connections)))
    return load


def _of_its_own(body: Any, number: int) -> bytes:
    """The body with another value in the first number of its row."""

    def changed(row: list[Any]) -> list[Any]:
        place = next(place for place, cell in enumerate(row) if isinstance(cell, int | float))
        return [*row[:place], type(row[place])(20 + number), *row[place + 1 :]]

    if "dataframe_split" in body:
        frame = body["dataframe_split"]
        return json.dumps({"dataframe_split": {**frame, "data": [changed(frame["data"][0])]}}).encode()
    row = (body["rows"] if isinstance(body, dict) else body)[0]
    own = dict(zip(row, changed(list(row.values())), strict=True))
    return json.dumps({"rows": [own]} if isinstance(body, dict) else [own]).encode()


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes
) -> dict[str, Any]:
    """The answer to a request.

    Raises:
        ValueError: for any other status than 200.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}\r\n".encode() + body)
    said = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    data = await reader.readexactly(int(said.partition("content-length:")[2].split("\r\n")[0]))
    if " 200 " not in said.split("\r\n")[0]:
        raise ValueError(data)
    found: dict[str, Any] = json.loads(data)
    return found


def _outputs(answer: dict[str, Any]) -> Any:
    """What is the same each time that a row is asked for."""
    return answer.get("outputs") or answer.get("predictions") or answer


if __name__ == "__main__":
    sys.exit(main())
