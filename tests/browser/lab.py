"""A lab: JupyterLab and Notebook 7 on one server, with a headless browser that looks at nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tests.browser.notebook import NotebookTab
from tests.notebook_file import write_notebook
from tests.ports import reserved_port, started, wait_for_port
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Error, Page

_FLAGS = [
    "--no-sandbox",
    # No name is looked up: nothing but this machine can be reached. (Routing requests would switch off the cache.)
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]
# What would reach out, pop up or write by itself is off. `none` keeps every cell in the page, seen or not.
_SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
    "extensionmanager-extension/plugin": {"enabled": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
# The application object controls the tests; the page must not have it, as in a usual installation.
_HIDE_APP = """
let app;
Object.defineProperty(window, "jupyterapp", {
  configurable: true, get: () => undefined, set: (value) => { app = value; window.labOfTests = app; },
});
"""


class Lab:
    """A server on a free port of this machine, its files in an empty folder, and a browser beside it.

    Args:
        chromium: path of the browser.
        scale: device pixels for each pixel of the page.
    """

    def __init__(self, chromium: str, scale: float = 1) -> None:
        self._chromium, self._scale = chromium, scale
        self.home = Path(tempfile.mkdtemp(prefix="dagbook-lab-"))
        self.root = self.home / "root"
        self._ends = ExitStack()
        self.complaints: list[str] = []  # scripts that failed, and dialogs that a page opened
        self._page: Page | None = None

    def __enter__(self) -> Self:
        try:
            self._start_server()
            self._start_browser()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    # -- notebooks -----------------------------------------------------------------------------------------

    def write(self, name: str, cells: Sequence[str]) -> Path:
        """Put a notebook of these cells into the server's folder."""
        return self._with_kernel(write_notebook(self.root / name, cells))

    def copy(self, source: Path) -> Path:
        """Put a copy of a notebook, without its outputs, into the server's folder."""
        return self._with_kernel(Path(shutil.copy(source, self.root)))

    def open(self, path: Path) -> NotebookTab:
        """Open a notebook in JupyterLab and wait until its kernel answers."""
        if self._page is None:
            self._page = self._new_page()
            self._page.goto(f"{self.base}lab", wait_until="domcontentloaded")
            self._page.wait_for_function("() => window.labOfTests?.shell?.currentWidget")
            self._page.evaluate("() => window.labOfTests.commands.execute('application:toggle-left-area')")
        tab = NotebookTab(self._page, path.name)
        tab.command("docmanager:open", path=path.name)
        tab.wait_ready()
        return tab

    def open_in_notebook_7(self, path: Path) -> NotebookTab:
        """Open a notebook in a page of Notebook 7 and wait until its kernel answers."""
        page = self._new_page()
        page.goto(f"{self.base}notebooks/{path.name}", wait_until="domcontentloaded")
        tab = NotebookTab(page, path.name)
        tab.wait_ready()
        return tab

    def _new_page(self) -> Page:
        page = self.browser.new_page()
        page.on("dialog", self._answer)
        page.on("pageerror", self._hear)
        return page

    def _hear(self, error: Error) -> None:
        # The widget's script comes from a blob; what fails elsewhere is the application's.
        if "blob:" in (error.stack or ""):
            self.complaints.append(error.stack or error.message)

    def _answer(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # unsaved changes: leave all the same
            dialog.accept()
        else:
            self.complaints.append(f"{dialog.type}: {dialog.message}")
            dialog.dismiss()

    @staticmethod
    def _with_kernel(path: Path) -> Path:
        """Name the kernel in the file, or the page would ask for one."""
        content = json.loads(path.read_text())
        content["metadata"] = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        path.write_text(json.dumps(content))
        return path

    # -- processes -----------------------------------------------------------------------------------------

    def _start_server(self) -> None:
        self.root.mkdir()
        for name, values in _SETTINGS.items():
            file = self.home / f"settings/@jupyterlab/{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        folders = {
            "HOME": "",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        places = {key: str(self.home / folder) for key, folder in folders.items()}
        port = self._ends.enter_context(reserved_port())
        self.base = f"http://127.0.0.1:{port}/"
        command = [
            *[sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"],
            *["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"],
            *["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"],
            f"--ServerApp.root_dir={self.root}",
            *["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"],
            *["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
        ]
        log = self.home / "server.log"
        file = self._ends.enter_context(log.open("w"))
        server = self._ends.enter_context(
            # told to end, the server ends its kernels
            started(
                command, env={**os.environ, **places}, stdout=file, stderr=subprocess.STDOUT, cwd=self.root
            )
        )
        wait_for_port(port, server, lambda: log.read_text()[-3000:])

    def _start_browser(self) -> None:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where it is missing, tests are skipped

        self._driver = sync_playwright().start()
        self.browser: BrowserContext = self._driver.chromium.launch_persistent_context(
            str(self.home / "profile"),
            executable_path=self._chromium,
            headless=True,
            args=_FLAGS,
            service_workers="block",
            viewport={"width": 1400, "height": 1000},
            device_scale_factor=self._scale,
            reduced_motion="reduce",
        )
        self.browser.set_default_timeout(PATIENCE * 1000)
        self.browser.add_init_script(_HIDE_APP)

    def _stop(self) -> None:
        if hasattr(self, "browser"):
            self.browser.close()
        if hasattr(self, "_driver"):
            self._driver.stop()
        self._ends.close()
        shutil.rmtree(self.home, ignore_errors=True)
