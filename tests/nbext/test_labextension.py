"""The extension as it is installed: JupyterLab finds it, and its settings name commands that exist."""

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

FRONTEND = Path(__file__).parents[2] / "nbext" / "frontend"
INSTALLED = Path(sys.prefix, "share", "jupyter", "labextensions", "dagbook")


def test_the_installed_extension_is_whole() -> None:
    """The manifest has the version of the package and names a script that is there, with its settings beside it."""
    manifest = json.loads((INSTALLED / "package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == version("dagbook")
    script = (INSTALLED / manifest["jupyterlab"]["_build"]["load"]).read_text(encoding="utf-8")
    assert "_JUPYTERLAB" in script
    assert (INSTALLED / "schemas" / "dagbook" / "plugin.json").is_file()
    assert json.loads((INSTALLED / "install.json").read_text(encoding="utf-8"))["packageName"] == "dagbook"


def test_settings_name_commands_that_exist() -> None:
    """Every command in a menu, a toolbar or a shortcut is registered; every command is in the menu."""
    schema = json.loads((FRONTEND / "schema" / "plugin.json").read_text(encoding="utf-8"))
    commands = (FRONTEND / "src" / "lab" / "commands.ts").read_text(encoding="utf-8")
    registered = set(re.findall(r'"(dagbook:[\w-]+)"', commands))
    menu = {item["command"] for item in schema["jupyter.lab.menus"]["main"][0]["items"] if "command" in item}
    assert registered == menu
    named = set(re.findall(r'"(dagbook:[\w-]+)"', json.dumps(schema))) - {"dagbook:graph"}
    assert named <= registered


def test_settings_are_those_that_the_extension_reads() -> None:
    """Each property of the settings is one that the plugin knows, and the other way round."""
    schema = json.loads((FRONTEND / "schema" / "plugin.json").read_text(encoding="utf-8"))
    plugin = (FRONTEND / "src" / "lab" / "index.ts").read_text(encoding="utf-8")
    [known] = re.findall(r"interface Settings \{(.*?)\}", plugin, re.DOTALL)
    assert set(schema["properties"]) == set(re.findall(r"(\w+): boolean", known))
