"""A workspace carries its edition: it opens without the folder, and elsewhere."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.edition import catalogue_of
from layers.edition import load_sources
from layers.edition import open_edition
from layers.edition_files import write_copy
from layers.errors import CatalogueError
from layers.errors import WorkspaceError
from layers.startup import open_or_create
from layers.startup import renew_edition
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
extends = "bundled"
version = "{version}"
edition = "{edition}"
title_zh = "{title}"
title_en = "Hedong Atlas"
central_meridian = 117
[place]
name_zh = "河东区"
name_en = "Hedong District"
system_zh = "河东园"
system_en = "the Hedong Park"
[[layers]]
key = "operators"
file = "operators.csv"
"""


def made(
    folder: Path, *, version: str = "2026.2.1", edition: str = "hedong", title: str = "河东图谱"
) -> Path:
    folder.mkdir(exist_ok=True)
    text = HEAD.format(version=version, edition=edition, title=title)
    (folder / "catalogue.toml").write_text(text, encoding="utf-8")
    (folder / "operators.csv").write_text("operator_id,name\nOP1,甲\n", encoding="utf-8")
    (folder / "sources.csv").write_text("source_id,title_zh\ns1,来源一\n", encoding="utf-8")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found, _ = open_or_create(
        tmp_path / "ws", open_edition(made(tmp_path / "edition")), author="test"
    )
    return found


def test_it_opens_without_the_folder_and_in_another_place(
    workspace: Workspace, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "edition")
    moved = tmp_path / "elsewhere" / "ws"
    moved.parent.mkdir()
    workspace.path.rename(moved)
    found = catalogue_of(moved)
    assert (found.edition, found.title.zh) == ("hedong", "河东图谱")
    assert found.folder == moved / "edition"
    opened = Workspace.open(moved, found)
    assert opened.read("operators")["name"].tolist() == ["甲"]
    assert load_sources(found.folder)["title_zh"].tolist() == ["来源一"]
    # Only what is small is carried: the layers are in the workspace.
    assert {path.name for path in (moved / "edition").iterdir()} == {
        "catalogue.toml",
        "sources.csv",
    }


def test_the_bundled_edition_is_not_carried(tmp_path: Path) -> None:
    found, _ = open_or_create(tmp_path / "ws", load_catalogue(), author="test", empty=True)
    assert not (found.path / "edition").exists()
    assert catalogue_of(found.path) is load_catalogue()
    assert catalogue_of(tmp_path / "nothing") is load_catalogue()


def test_a_district_of_a_city_has_the_edition_of_the_city(tmp_path: Path) -> None:
    city, given = tmp_path / "city", open_edition(made(tmp_path / "edition"))
    district = city / "districts" / "900101"
    district.mkdir(parents=True)
    assert catalogue_of(district) is load_catalogue()
    write_copy(city, given)
    # Without its file, the folder above is no city.
    assert catalogue_of(district) is load_catalogue()
    (city / "city.json").write_text("{}", "utf-8")
    assert catalogue_of(district).edition == "hedong"
    assert catalogue_of(city).edition == "hedong"
    # A district that was put there from elsewhere keeps its own.
    write_copy(district, open_edition(made(tmp_path / "other", edition="other")))
    assert catalogue_of(district).edition == "other"


def test_a_workspace_of_another_edition_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="hedong"):
        Workspace.open(workspace.path, load_catalogue())
    other = open_edition(made(tmp_path / "other", edition="other"))
    with pytest.raises(WorkspaceError, match="hedong"):
        open_or_create(workspace.path, other, author="test")
    bundled, _ = open_or_create(tmp_path / "bundled", load_catalogue(), author="test", empty=True)
    with pytest.raises(WorkspaceError, match="yangpu"):
        open_or_create(bundled.path, other, author="test")


def test_a_lost_or_planted_copy_does_not_open_the_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    copy = workspace.path / "edition" / "catalogue.toml"
    text = copy.read_text("utf-8")
    copy.write_text(text.replace('"hedong"', '"yangpu"'), "utf-8")
    with pytest.raises(CatalogueError, match="自带图集"):
        catalogue_of(workspace.path)
    copy.unlink()
    with pytest.raises(WorkspaceError, match="hedong"):
        Workspace.open(workspace.path, catalogue_of(workspace.path))
    copy.symlink_to(tmp_path / "edition" / "catalogue.toml")
    with pytest.raises(CatalogueError, match="普通文件"):
        catalogue_of(workspace.path)


def changed_manifest(workspace: Workspace, **values: Any) -> None:
    path = workspace.path / "workspace.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**told, **values}), "utf-8")


@pytest.mark.parametrize("key", ["catalogue_version", "bundled_version"])
def test_one_written_with_a_newer_catalogue_is_refused(workspace: Workspace, key: str) -> None:
    changed_manifest(workspace, **{key: "2999.1.1"})
    with pytest.raises(WorkspaceError, match=r"2999\.1\.1"):
        Workspace.open(workspace.path, catalogue_of(workspace.path))


def test_one_written_with_an_older_program_is_opened_and_marked(workspace: Workspace) -> None:
    changed_manifest(workspace, bundled_version="2025.1.1")
    opened = Workspace.open(workspace.path, catalogue_of(workspace.path))
    frame = opened.read("operators")
    opened.commit("operators", frame, author="a", message="b")
    assert opened.info()["bundled_version"] == load_catalogue().version_text


def test_a_damaged_version_is_told(workspace: Workspace) -> None:
    changed_manifest(workspace, bundled_version="soon")
    with pytest.raises(WorkspaceError, match="已损坏"):
        Workspace.open(workspace.path, catalogue_of(workspace.path))


def test_a_newer_edition_replaces_the_copy_and_leaves_the_layers(
    workspace: Workspace, tmp_path: Path
) -> None:
    newer = made(tmp_path / "edition", version="2026.3.1", title="河东新图谱")
    (newer / "sources.csv").unlink()
    opened = renew_edition(Workspace.open(workspace.path, open_edition(newer)))
    assert opened.catalogue.title.zh == "河东新图谱"
    assert opened.catalogue.folder == workspace.path / "edition"
    assert load_sources(opened.catalogue.folder).empty
    assert opened.versions() == {"operators": 0}
    assert opened.info()["catalogue_version"] == "2026.3.1"
    assert not [p.name for p in workspace.path.iterdir() if p.name.startswith(".edition")]
    # The older one is now refused, and the copy stays.
    with pytest.raises(WorkspaceError, match=r"2026\.3\.1"):
        Workspace.open(workspace.path, open_edition(made(newer)))
    assert catalogue_of(workspace.path).version == (2026, 3, 1)


def test_the_same_version_does_not_replace_the_copy(workspace: Workspace, tmp_path: Path) -> None:
    same = open_edition(made(tmp_path / "edition", title="改过的名称"))
    opened = renew_edition(Workspace.open(workspace.path, same))
    assert opened.catalogue.title.zh == "河东图谱"


def test_nothing_is_left_of_a_workspace_whose_edition_cannot_be_copied(tmp_path: Path) -> None:
    folder = made(tmp_path / "edition")
    given = open_edition(folder)
    (folder / "scorecards.toml").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("x")
    with pytest.raises(CatalogueError, match=r"scorecards\.toml"):
        Workspace.create(tmp_path / "ws", given, author="test")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edition", "secret"]
