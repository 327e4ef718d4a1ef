"""The extension as it is installed: JupyterLab finds it, with its script and its settings."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

INSTALLED = Path(sys.prefix, "share", "jupyter", "labextensions", "dagbook")


def test_the_installed_extension_is_whole() -> None:
    """The manifest has the version of the package and names a script that is there, with its settings beside it."""
    manifest = json.loads((INSTALLED / "package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == version("dagbook")
    script = (INSTALLED / manifest["jupyterlab"]["_build"]["load"]).read_text(encoding="utf-8")
    assert "_JUPYTERLAB" in script
    assert (INSTALLED / "schemas" / "dagbook" / "plugin.json").is_file()
    assert json.loads((INSTALLED / "install.json").read_text(encoding="utf-8"))["packageName"] == "dagbook"
