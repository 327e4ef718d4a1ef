"""A service folder has an envelope with a small app and a Dockerfile, for those who deploy it elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.session.session import Session
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.envelope.export import export_envelope
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.drift import drift
from kernel_magics.export.export import Progress
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest

_MARK: Final = "Written by Dagbook"
_NEEDS: Final = ("fastapi>=0.115", "uvicorn>=0.30")
_APP: Final = '''\
"""An envelope as a web service. Written by Dagbook, without which it runs: uvicorn app:app"""

import json
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parent / {name!r}
sys.path.insert(0, str(ROOT / "code"))

from fastapi import Body, FastAPI, HTTPException  # noqa: E402
from {package}.model import _load_pyfunc, as_json  # noqa: E402
from {package}.tables.problem import Problem  # noqa: E402

RECORD = json.loads((ROOT / "envelope.json").read_text(encoding="utf-8"))
DIGEST = RECORD["digest"]
MODEL = _load_pyfunc(str(ROOT))
app = FastAPI(title=RECORD["name"], version=DIGEST[:12])


@app.get("/health")
def health() -> dict:
    """The process is alive, with the envelope of this digest."""
    return {{"status": "ok", "digest": DIGEST}}


@app.get("/schema")
def schema() -> dict:
    """Inputs, params and outputs."""
    return {{part: RECORD[part] for part in ("inputs", "params", "outputs")}}


@app.post("/predict")
def predict(body=Body()) -> dict:
    """The outputs for rows, or for an object with `rows`, `inputs` and `params`."""
    started, id = time.perf_counter(), uuid.uuid4().hex
    whole = isinstance(body, dict) and body.keys() <= {{"rows", "inputs", "params"}}
    given = body if whole else {{"rows": body}}
    rows = [given["rows"]] if isinstance(given.get("rows"), dict) else given.get("rows")
    entry = {{"time": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), "id": id, "digest": DIGEST}}
    entry |= {{"status": 500, "inputs": {{**given, "rows": rows}}}}
    try:
        if not all(isinstance(given.get(part) or {{}}, dict) for part in ("inputs", "params")):
            raise Problem("inputs and params are objects")
        if rows is not None and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise Problem("rows are objects with the fields of a row")
        beside = {{**(given.get("inputs") or {{}}), **(given.get("params") or {{}})}}
        found = MODEL.answer(rows, beside)
        outputs = {{name: as_json(value) for name, value in found.items()}}
        entry |= {{"status": 200, "outputs": outputs, "warnings": []}}
    except Problem as error:
        entry["status"] = 422
        raise HTTPException(422, {{"request_id": id, "message": str(error)}}) from None
    finally:
        print(json.dumps({{**entry, "seconds": round(time.perf_counter() - started, 6)}}), flush=True)
    return {{"digest": DIGEST, "request_id": id, "outputs": outputs}}
'''
_DOCKERFILE: Final = """\
# Written by Dagbook
FROM python:{python}-slim
WORKDIR /service
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --system service
USER service
EXPOSE 8000
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
"""


def export_service(
    session: Session,
    request: ExportRequest,
    *,
    allow_pickle: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Export a session as a folder with an envelope and an app; see `export_envelope`.

    Raises:
        DataflowError: as `export_envelope`; DB521 where a file is there that Dagbook did not write.
    """
    root = Path(os.path.normpath(request.target.expanduser().absolute()))
    names = ("app.py", "Dockerfile", "requirements.txt")
    if request.guarded:
        _refuse_foreign([root / name for name in names])
    inner = root / root.name
    report = export_envelope(
        session, replace(request, target=inner), allow_pickle=allow_pickle, progress=progress
    )
    if request.check and report.drift:
        return report
    texts = dict(zip(names, _texts(Envelope.open(inner)), strict=True))
    files = {root / name: text for name, text in texts.items()}
    if request.check:
        return replace(report, files=(*report.files, *names), drift=drift(files, root / "app.py"))
    atomic_write(files)
    return replace(report, files=(*(f"{root.name}/{name}" for name in report.files), *names))


def _texts(envelope: Envelope) -> tuple[str, str, str]:
    """The app, the Dockerfile, and what the image installs."""
    pinned = (envelope.path / "requirements.txt").read_text(encoding="utf-8")
    package = str(envelope.record["package"])
    app = _APP.format(name=envelope.name, package=package)
    python = ".".join(str(envelope.record["python"]).split(".")[:2])
    needs = "".join(f"{need}\n" for need in _NEEDS)
    return app, _DOCKERFILE.format(python=python), f"# {_MARK}\n{pinned}{needs}"


def _refuse_foreign(paths: list[Path]) -> None:
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if path.exists() and _MARK not in text:
            raise ExportError(
                "DB521",
                f"'{path}' would be replaced, and Dagbook did not write it.",
                hint="export to another folder; --force replaces it all the same.",
            )
