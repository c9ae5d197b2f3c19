"""The pages on the team server name what there is: settings, commands, checks, files."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import typer

import app_health
from cli import cli
from layers.health import LEAST_FREE_MB
from layers.team.allowance import Allowance
from layers.team.example import example
from layers.team.people import Role

DOCS = Path(__file__).parents[1] / "docs"
DEPLOY = DOCS / "deploy"
GUIDE = (DOCS / "team.zh-CN.md").read_text("utf-8")
SHORT = (DOCS / "team.md").read_text("utf-8")
UNITS = ("atlas.service", "atlas-backup.service", "atlas-backup.timer")
# Kept in three ways each, of which the example shows one.
SECRETS = {f"{name}{way}" for name in ("client_secret", "cookie_secret") for way in ("", "_env")}


def section(heading: str) -> str:
    """Return what stands under a heading of the guide."""
    return re.split(r"\n##", GUIDE.split(f"\n{heading}\n", 1)[1], maxsplit=1)[0]


def rows(text: str) -> dict[str, str]:
    """Return the first two cells of the lines of a table that begin with a code."""
    found = re.findall(r"^\| `([\w]+)`[^|]*\| ([^|]*) \|", text, re.MULTILINE)
    return {key: default.strip().strip("`") for key, default in found}


def keys_of_example() -> dict[str, dict[str, str]]:
    """Return the settings by section that ``atlas team example`` shows, commented or not."""
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in example().splitlines():
        if head := re.match(r"(?:# )?\[([\w.]+)\]", line):
            name = head[1]
            found[name] = {}
        elif key := re.match(r"(?:# )?([a-z_]+) = ([^#]+)", line):
            found[name][key[1]] = key[2].strip().strip('"')
    return found


@pytest.mark.parametrize("name", ["server", "oidc", "limits"])
def test_the_settings_are_those_of_the_program(name: str) -> None:
    told = rows(section(f"### `[{name}]`"))
    assert told.keys() - SECRETS == keys_of_example()[name].keys()


def test_the_settings_of_roles_are_those_of_the_program() -> None:
    told = rows(section("### `[roles]`"))
    keys = keys_of_example()["roles"].keys() | {"map"}
    assert told.keys() == keys | {role.value for role in Role}


def test_the_defaults_are_those_of_the_program() -> None:
    usual = {each.name: str(each.default) for each in fields(Allowance)}
    assert rows(section("### `[limits]`")) == usual
    shown = keys_of_example()
    for name in ("server", "oidc"):
        told = rows(section(f"### `[{name}]`"))
        for key, default in told.items():
            if re.fullmatch(r"[\w. ]+", default) and default.isascii():
                assert shown[name][key] == default, key


@pytest.mark.parametrize("page", [GUIDE, SHORT], ids=["guide", "short"])
def test_every_command_and_option_is_there(page: str) -> None:
    group = typer.main.get_command(cli)
    told = re.findall(r"\batlas ([a-z-]+(?: [a-z-]+)?)((?: [^\n`|]*)?)", page)
    named = 0
    for words, rest in told:
        first, _space, second = words.partition(" ")
        command = group.commands.get(first)  # type: ignore[attr-defined]
        if command is None:
            continue
        if hasattr(command, "commands"):
            assert second in command.commands, words
            command = command.commands[second]
        options = {option for param in command.params for option in param.opts}
        assert set(re.findall(r"(--[a-z-]+)", rest)) <= options, (words, rest)
        named += 1
    assert named >= 3


@pytest.mark.parametrize("page", [GUIDE, SHORT], ids=["guide", "short"])
def test_links_lead_to_what_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (DOCS / target).exists(), target


def test_the_checks_are_those_of_the_address() -> None:
    told = rows(section("## 5 健康检查"))
    assert {"ok", "degraded", "down"} <= told.keys()
    assert {"readable", "writable", "journal", "disk"} <= told.keys()
    assert f"{LEAST_FREE_MB} MB" in GUIDE
    assert app_health.HEALTH_ROUTE in GUIDE


@pytest.mark.parametrize("name", UNITS)
def test_units_are_what_systemd_takes(name: str, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("NO SYSTEMD: the units were not verified")
    for unit in UNITS:
        text = (DEPLOY / unit).read_text("utf-8")
        # The program is not installed there on this computer.
        text = re.sub(r"ExecStart=/opt/\S+", "ExecStart=/bin/true", text)
        text = re.sub(r"^(User|Group)=.*$", r"\1=root", text, flags=re.MULTILINE)
        (tmp_path / unit).write_text(text, "utf-8")
    told = subprocess.run(  # noqa: S603 - a tool of the system on our own files
        [tool, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    ours = [line for line in told.stderr.splitlines() if "atlas" in line]
    assert (told.returncode, ours) == (0, [])


def unit(name: str) -> dict[str, str]:
    """Return the settings of the service of a unit; of several of a name the last one."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / name).read_text("utf-8"))
    return dict(parser["Service"])


@pytest.mark.parametrize("name", UNITS[:2])
def test_services_cannot_do_more_than_they_must(name: str) -> None:
    told = unit(name)
    assert (told["User"], told["NoNewPrivileges"], told["ProtectSystem"]) == (
        "atlas",
        "yes",
        "strict",
    )
    assert told["CapabilityBoundingSet"] == ""
    assert told["UMask"] == "0077"


@pytest.mark.parametrize("name", UNITS[:2])
def test_services_start_commands_that_there_are(name: str) -> None:
    group = typer.main.get_command(cli)
    found = re.findall(r"bin/atlas ((?:[a-z]+ ?)+)([^&']*)", unit(name)["ExecStart"])
    assert found
    for words, rest in found:
        command = group
        for word in words.split():
            command = command.commands[word]  # type: ignore[attr-defined]
        options = {option for param in command.params for option in param.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options


def test_the_guide_names_every_file_of_the_folder() -> None:
    for path in DEPLOY.iterdir():
        assert path.name in GUIDE + SHORT, path.name
