"""The settings of a team server: what is understood, and what is refused with a reason."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from typing import Any

import pytest
import tomli_w

from layers.team.allowance import Allowance
from layers.team.example import example
from layers.team.people import Role
from layers.team.reading import TeamError
from layers.team.settings import load_team
from tests.cli_hand import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.team.settings import Team

SECRET = "s" * 32
OIDC = {
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
    "client_id": "atlas",
    "client_secret": "hush-hush",
    "cookie_secret": SECRET,
}
GOOD: dict[str, dict[str, Any]] = {
    "server": {"public_url": "https://atlas.example.org"},
    "oidc": OIDC,
}


def write(folder: Path, tables: Mapping[str, Any]) -> Path:
    path = folder / "config.toml"
    path.write_text(tomli_w.dumps(tables), "utf-8")
    return path


def team_of(folder: Path, **tables: Mapping[str, Any]) -> Team:
    whole = {name: GOOD.get(name, {}) | dict(tables.get(name, {})) for name in {*GOOD, *tables}}
    return load_team(write(folder, whole))


def test_what_is_not_told_is_safe(tmp_path: Path) -> None:
    team = team_of(tmp_path)
    assert (team.listen, team.port, team.session_hours) == ("127.0.0.1", 8501, 12)
    assert team.trusted_proxies == ("127.0.0.1", "::1")
    assert team.roles.default is None
    assert team.person({"sub": "u", "email": "a@b.example", "email_verified": True}) is None
    assert team.limits == Allowance()
    assert team.is_https


def test_no_secret_is_shown(tmp_path: Path) -> None:
    team = team_of(tmp_path)
    for shown in (repr(team), str(team), f"{team.provider.client_secret}", repr(team.provider)):
        assert "hush" not in shown
        assert SECRET not in shown


ADDRESSES = {
    "https://Atlas.Example.org": "https://atlas.example.org",
    "https://atlas.example.org/": "https://atlas.example.org",
    "https://atlas.example.org:443": "https://atlas.example.org",
    "https://atlas.example.org:8443": "https://atlas.example.org:8443",
    "http://127.0.0.1:8501": "http://127.0.0.1:8501",
    "http://localhost": "http://localhost",
    "http://[::1]:8501": "http://[::1]:8501",
}


@pytest.mark.parametrize("given", ADDRESSES)
def test_the_public_address_has_one_form(tmp_path: Path, given: str) -> None:
    assert team_of(tmp_path, server={"public_url": given}).public_url == ADDRESSES[given]


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "not encrypted": ("server.public_url", {"server": {"public_url": "http://a.example.org"}}),
    "with a path": ("server.public_url", {"server": {"public_url": "https://a.example.org/x"}}),
    "with a user": ("server.public_url", {"server": {"public_url": "https://u@a.example.org"}}),
    "no address": ("server.public_url", {"server": {"public_url": "atlas"}}),
    "a bad port": ("server.public_url", {"server": {"public_url": "https://a.example.org:x"}}),
    "an address that is empty": ("server.public_url", {"server": {"public_url": ""}}),
    "a number for a text": ("server.public_url", {"server": {"public_url": 1}}),
    "a name to listen on": ("server.listen", {"server": {"listen": "atlas"}}),
    "a port that is a text": ("server.port", {"server": {"port": "8501"}}),
    "a port that is a truth": ("server.port", {"server": {"port": True}}),
    "a port too large": ("server.port", {"server": {"port": 65536}}),
    "trust in all": ("server.trusted_proxies", {"server": {"trusted_proxies": ["0.0.0.0/0"]}}),
    "trust in stars": ("server.trusted_proxies", {"server": {"trusted_proxies": ["*"]}}),
    "trust in nobody": ("server.trusted_proxies", {"server": {"trusted_proxies": []}}),
    "sessions without end": ("server.session_hours", {"server": {"session_hours": 10_000}}),
    "a misspelt key": ("server.sesion_hours", {"server": {"sesion_hours": 8}}),
    "a misspelt table": ("servers", {"servers": {"port": 1}}),
    "a provider in the clear": (
        "oidc.server_metadata_url",
        {"oidc": {"server_metadata_url": "http://login.example.org/x"}},
    ),
    "a short cookie secret": ("oidc.cookie_secret", {"oidc": {"cookie_secret": "short"}}),
    "two client secrets": ("oidc.client_secret", {"oidc": {"client_secret_env": "X"}}),
    "a scope without openid": ("oidc.scope", {"oidc": {"scope": "email"}}),
    "a default that is no role": ("roles.default", {"roles": {"default": "king"}}),
    "a claim without values": ("roles.claim", {"roles": {"claim": "groups"}}),
    "a value of no role": ("roles.map.x", {"roles": {"claim": "groups", "map": {"x": "king"}}}),
    "a list that is not there": ("none.toml", {"roles": {"members": "none.toml"}}),
    "a limit of nothing": ("limits.tiles_per_minute", {"limits": {"tiles_per_minute": 0}}),
    "an unknown limit": ("limits.cakes_per_minute", {"limits": {"cakes_per_minute": 3}}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_with_its_key(tmp_path: Path, case: str) -> None:
    key, tables = BAD[case]
    with pytest.raises(TeamError) as caught:
        team_of(tmp_path, **tables)
    for text in (caught.value.text.zh, caught.value.text.en):
        assert key in text
        assert str(tmp_path) in text
        assert "hush" not in text


@pytest.mark.parametrize("key", ["server_metadata_url", "client_id", "client_secret"])
def test_what_is_missing_is_named(tmp_path: Path, key: str) -> None:
    oidc = {name: value for name, value in OIDC.items() if name != key}
    with pytest.raises(TeamError, match=rf"oidc\.{key}"):
        load_team(write(tmp_path, GOOD | {"oidc": oidc}))


@pytest.mark.parametrize("content", [b"[server", b"\xff\xfe", b"server = 1", b""])
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(TeamError, match=r"config\.toml"):
        load_team(path)
    with pytest.raises(TeamError):
        load_team(tmp_path / "none.toml")


def test_secrets_may_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "client.secret").write_text("from a file\n", "utf-8")
    monkeypatch.setenv("ATLAS_COOKIE", SECRET + "x")
    oidc = {name: OIDC[name] for name in ("server_metadata_url", "client_id")}
    ways = {"client_secret_file": "client.secret", "cookie_secret_env": "ATLAS_COOKIE"}
    team = load_team(write(tmp_path, GOOD | {"oidc": oidc | ways}))
    assert team.provider.client_secret.value == "from a file"
    assert team.provider.cookie_secret.value == SECRET + "x"
    monkeypatch.delenv("ATLAS_COOKIE")
    with pytest.raises(TeamError, match="cookie_secret_env"):
        load_team(tmp_path / "config.toml")


# --- roles

CLAIMS = {"sub": "u-1", "name": "甲", "email": "Jia@Example.org", "email_verified": True}
CLAIM = {"claim": "groups", "map": {"plan": "planner", "lead": "admin", "out": "none"}}


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["plan"], Role.PLANNER),
        (["lead", "plan"], Role.ADMIN),
        (["plan", "lead", "out"], Role.ADMIN),
        (["out"], None),
        (["other"], Role.VIEWER),
        ("plan", Role.PLANNER),
        ([], Role.VIEWER),
        (None, Role.VIEWER),
        ({"plan": True}, Role.VIEWER),
        ([["plan"]], Role.VIEWER),
        (["PLAN"], Role.VIEWER),
    ],
)
def test_the_greatest_role_of_the_values_of_the_claim(
    tmp_path: Path, groups: object, role: Role | None
) -> None:
    team = team_of(tmp_path, roles=CLAIM | {"default": "viewer"})
    found = team.person(CLAIMS | {"groups": groups})
    assert (found.role if found else None) == role


def test_a_path_leads_to_nested_claims(tmp_path: Path) -> None:
    team = team_of(tmp_path, roles={"claim": "realm.roles", "map": {"plan": "planner"}})
    found = team.person({"sub": "u", "realm": {"roles": ["plan"]}})
    assert found is not None
    assert found.role is Role.PLANNER
    assert team.person({"sub": "u", "realm": "plan"}) is None
    kept = team.kept_claims({"sub": "u", "realm": {"roles": ["plan", "secret"]}, "phone": "1"})
    assert kept == {"sub": "u", "name": "u", "realm.roles": ["plan"]}
    assert team.person(kept) is not None


LISTS = {
    "members.toml": '[ids]\n"u-1" = "viewer"\n"u-2" = "none"\n'
    '[emails]\n"jia@example.org" = "admin"\n"yi@example.org" = "steward"\n',
    "members.csv": "编号,邮箱,角色,备注\nu-1,,viewer,\nu-2,,none,x\n,JIA@example.org,admin,\n\n"
    ",yi@example.org,Steward,\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_the_list_goes_before_the_claim(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LISTS[name], "utf-8-sig" if name.endswith("csv") else "utf-8")
    team = team_of(tmp_path, roles=CLAIM | {"members": name, "default": "viewer"})

    def role(**claims: Any) -> Role | None:
        found = team.person({"groups": ["lead"]} | claims)
        return found.role if found else None

    assert role(sub="u-1") is Role.VIEWER  # the claim would give more
    assert role(sub="u-2") is None
    assert role(sub="u-1", email="jia@example.org", email_verified=True) is Role.VIEWER
    assert role(sub="u-9", email="Yi@Example.org", email_verified=True) is Role.STEWARD
    for verified in (False, "true", 1, None):
        found = role(sub="u-9", email="yi@example.org", email_verified=verified, groups=[])
        assert found is Role.VIEWER  # the default: the e-mail does not count


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.csv", "name,role\nx,viewer\n"),
        ("m.csv", "id,role\nx,king\n"),
        ("m.csv", "id,role\nx,viewer\nx,admin\n"),
        ("m.csv", "id,role\n,viewer\n"),
        ("m.csv", ""),
        ("m.toml", "[ids]\nx = 1\n"),
        ("m.toml", '[id]\nx = "viewer"\n'),
        ("m.toml", '[emails]\n"A@b.example" = "viewer"\n"a@B.example" = "admin"\n'),
    ],
)
def test_a_list_that_is_not_clear_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(TeamError, match=name):
        team_of(tmp_path, roles={"members": name})


def test_the_list_is_read_again_when_it_changes(tmp_path: Path) -> None:
    members = tmp_path / "members.toml"
    members.write_text('[ids]\n"u-1" = "admin"\n', "utf-8")
    team = team_of(tmp_path, roles={"members": "members.toml"})
    assert team.person(CLAIMS) is not None
    stamp = members.stat().st_mtime_ns
    members.write_text('[ids]\n"u-2" = "admin"\n', "utf-8")  # as long as before
    os.utime(members, ns=(stamp + 1, stamp + 1))
    assert team.person(CLAIMS) is None
    members.unlink()
    with pytest.raises(TeamError):
        team.person(CLAIMS | {"sub": "u-2"})


def test_a_name_is_shown_without_signs_that_hide(tmp_path: Path) -> None:
    team = team_of(tmp_path, roles={"default": "viewer"})
    found = team.person({"sub": "u", "name": "甲\u202e\n乙\u200b "})
    assert found is not None
    assert found.name == "甲乙"
    nameless = team.person({"sub": "u", "name": "\u200b", "preferred_username": 3})
    assert nameless is not None
    assert nameless.name == "u"


# --- commands


def test_the_example_is_understood(tmp_path: Path) -> None:
    printed = run("team", "example").stdout
    assert printed == example()
    (tmp_path / "config.toml").write_text(printed, "utf-8")
    (tmp_path / "client.secret").write_text("x", "utf-8")
    (tmp_path / "cookie.secret").write_text(SECRET, "utf-8")
    team = load_team(tmp_path / "config.toml")
    assert team.public_url == "https://atlas.example.org"
    # What stands behind a # is what holds without it.
    lines = [line.removeprefix("# ") for line in printed.splitlines()]
    for line in lines:
        if line.startswith(("listen", "port", "session_hours", "upload_mb", "token_idle_days")):
            key, _equals, value = line.partition(" = ")
            assert str(getattr(team, key)) == value.split("#")[0].strip().strip('"')


def test_check_says_what_was_understood_without_secrets(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.chmod(0o644)
    done = run("--lang", "en", "team", "check", path, "--json")
    assert done.exit_code == 0
    assert '"callback": "https://atlas.example.org/oauth2callback"' in done.stdout
    assert "hush" not in done.output
    assert SECRET not in done.output
    if os.name != "nt":
        assert "chmod 600" in done.stderr
        path.chmod(0o600)
        assert "chmod" not in run("--lang", "en", "team", "check", path).stderr
