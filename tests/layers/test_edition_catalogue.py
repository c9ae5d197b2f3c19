"""An edition that says only what is its own, and how much of a foreign one is believed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.edition import load_sources
from layers.edition import open_edition
from layers.edition_files import MOST_BYTES
from layers.edition_files import edition_file
from layers.errors import CatalogueError
from layers.scorecards import load_scorecards
from layers.sheet import load_template
from layers.style import layer_style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """
extends = "bundled"
version = "2026.2.1"
edition = "hedong"
title_zh = "河东园图谱"
title_en = "Hedong Atlas"
central_meridian = 117
"""
PLACE = """
[place]
name_zh = "河东区"
name_en = "Hedong District"
system_zh = "河东园"
system_en = "the Hedong Park"
"""


def made(folder: Path, text: str = "", head: str = HEAD) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "catalogue.toml").write_text(head + PLACE + text, encoding="utf-8")
    return folder


def test_what_is_not_said_is_bundled(tmp_path: Path) -> None:
    bundled, own = load_catalogue(), open_edition(made(tmp_path / "e"))
    assert (own.edition, own.version, own.central_meridian) == ("hedong", (2026, 2, 1), 117.0)
    assert own.base_version == bundled.version
    assert own.keys == bundled.keys
    assert own.groups == bundled.groups
    assert own.layer("carriers").fields == bundled.layer("carriers").fields
    # The bundled files are of another place.
    assert {spec.file for spec in own.layers} == {""}


def test_texts_name_the_place_of_the_edition(tmp_path: Path) -> None:
    own = open_edition(made(tmp_path / "e"))
    assert own.layer("district").title.zh == "河东区界"
    assert own.layer("district").description.en.startswith("Outline of Hedong District")
    template = load_template(own.folder)
    assert template.kinds["district"].title.zh == "河东园空间分布图"
    assert template.kinds["district"].title.en == "Spaces of the Hedong Park"
    assert template.kinds["park"].title.zh.endswith("{name}")


def test_the_bundled_edition_names_its_own_place() -> None:
    bundled = load_catalogue()
    assert bundled.layer("district").title.zh == "杨浦区界"
    assert load_template(bundled.folder).kinds["district"].title.zh == "杨浦园空间分布图"
    assert load_template(bundled.folder).crs == "EPSG:4549"


def test_choices_layers_and_fields_are_matched_by_name(tmp_path: Path) -> None:
    text = """
[choices]
belt = [{ value = "北带", title_zh = "北带", title_en = "North" }]
[[layers]]
key = "zones"
file = "zones.geojson"
title_en = "Quarters"
visible = false
fields = [
  { name = "name", aliases = ["片区"] },
  { name = "grade", type = "text", title_zh = "等级", title_en = "Grade", choices = "belt" },
]
[layers.style]
kind = "single"
"""
    own, base = open_edition(made(tmp_path / "e", text)), load_catalogue()
    zones, before = own.layer("zones"), base.layer("zones")
    assert [c.value for c in zones.field("belt").choices] == ["北带"]
    assert (zones.file, zones.title.en, zones.title.zh) == ("zones.geojson", "Quarters", "功能区")
    assert (zones.visible, before.visible) == (False, True)
    assert zones.field("name").aliases == ("片区",)
    assert zones.field("name").required == before.field("name").required
    assert zones.field_names == (*before.field_names, "grade")
    assert zones.order == before.order


def test_a_new_layer_is_added_behind_the_others(tmp_path: Path) -> None:
    text = """
[[layers]]
key = "wells"
title_zh = "水井"
title_en = "Wells"
description_zh = "水井"
description_en = "Wells"
geometry = ["point"]
group = "context"
order = 15
id_field = "id"
name_field = "id"
fields = [{ name = "id", type = "text", title_zh = "编码", title_en = "Id", unique = true }]
"""
    own = open_edition(made(tmp_path / "e", text))
    assert own.keys == (*load_catalogue().keys, "wells")


BROKEN = [
    ("extends", HEAD.replace('"bundled"', '"other"'), "", "extends"),
    ("missing", HEAD.replace("central_meridian = 117", ""), "", "central_meridian"),
    ("unknown", HEAD, "[colours]\nred = 1\n", "colours"),
    ("twice", HEAD, '[[layers]]\nkey = "zones"\n[[layers]]\nkey = "zones"\n', "zones"),
    ("no key", HEAD, '[[layers]]\ntitle_zh = "x"\n', "key"),
    ("no table", HEAD, "[layers]\na = 1\n", "layers"),
    ("half a layer", HEAD, '[[layers]]\nkey = "wells"\n', "title_zh"),
    ("unknown choices", HEAD, _ := (
        '[[layers]]\nkey = "zones"\nfields = [{ name = "belt", choices = "nothing" }]\n'
    ), "nothing"),
    ("colours of the old choices", HEAD, "[choices]\nbelt = []\n".replace("[]", (
        '[{ value = "北", title_zh = "北", title_en = "N" }]'
    )), "zones.style"),
    ("meridian", HEAD.replace("117", "1170"), "", "central_meridian"),
    ("no number", HEAD.replace("117", "nan"), "", "central_meridian"),
    ("name", HEAD.replace('"hedong"', '"../x"'), "", "edition"),
    ("version", HEAD.replace("2026.2.1", "new"), "", "new"),
    ("no text", HEAD.replace('"2026.2.1"', "2026"), "", "catalogue.toml"),
    ("bounds", HEAD, "bounds = [1, 2, 3]\n", "bounds"),
    ("turned bounds", HEAD, "bounds = [118, 39, 117, 40]\n", "bounds"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "text", "named"), [case[1:] for case in BROKEN],
                         ids=[case[0] for case in BROKEN])  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, head: str, text: str, named: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        open_edition(made(tmp_path / "e", text, head))
    assert named in refused.value.text.zh
    assert named in refused.value.text.en


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../secret.csv", "a/b.csv", r"..\\secret.csv", "..", "C:\\\\x.csv"]
)
def test_a_layer_cannot_name_a_file_elsewhere(tmp_path: Path, file: str) -> None:
    text = f'[[layers]]\nkey = "units"\nfile = "{file}"\n'
    with pytest.raises(CatalogueError, match="units"):
        open_edition(made(tmp_path / "e", text))


@pytest.mark.parametrize("key", ["../x", "edition", "drafts", "UNITS", "a b", ""])
def test_a_layer_cannot_be_called_like_a_folder_of_the_workspace(tmp_path: Path, key: str) -> None:
    text = (
        f'[[layers]]\nkey = "{key}"\ntitle_zh = "x"\ntitle_en = "x"\ndescription_zh = "x"\n'
        'description_en = "x"\ngeometry = []\ngroup = "context"\norder = 1\nid_field = "id"\n'
        'name_field = "id"\nfields = [{ name = "id", type = "text", title_zh = "x",'
        ' title_en = "x" }]\n'
    )
    with pytest.raises(CatalogueError):
        open_edition(made(tmp_path / "e", text))


def test_an_edition_cannot_pose_as_the_bundled_one(tmp_path: Path) -> None:
    head = HEAD.replace("hedong", load_catalogue().edition)
    with pytest.raises(CatalogueError, match="自带图集"):
        open_edition(made(tmp_path / "e", head=head))
    assert open_edition(EDITION_DIR) is load_catalogue()


def test_an_edition_that_stands_alone_must_have_every_layer(
    make_catalogue: Callable[..., object], tmp_path: Path
) -> None:
    make_catalogue()
    with pytest.raises(CatalogueError, match="extends"):
        open_edition(tmp_path / "edition0")


def test_a_whole_catalogue_stands_alone(tmp_path: Path) -> None:
    text = (EDITION_DIR / "catalogue.toml").read_text("utf-8")
    (tmp_path / "catalogue.toml").write_text(
        text.replace('edition = "yangpu"', 'edition = "copy"'), "utf-8"
    )
    assert open_edition(tmp_path).base_version == ()
    assert open_edition(tmp_path).keys == load_catalogue().keys


def test_no_catalogue_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="找不到"):
        open_edition(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CatalogueError, match="找不到"):
        open_edition(tmp_path / "file")


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"a = ", b"a = " + b"[" * 5000])
def test_a_damaged_catalogue_is_told(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "catalogue.toml").write_bytes(damage)
    with pytest.raises(CatalogueError, match="无法读取"):
        open_edition(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "e")
    (folder / "sources.csv").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(CatalogueError, match="过大"):
        load_sources(folder)
    (folder / "catalogue.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(CatalogueError, match="过大"):
        open_edition(folder)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("operator_id,name\nOP1,甲\n", "utf-8")
    folder = made(tmp_path / "e", '[[layers]]\nkey = "operators"\nfile = "list.csv"\n')
    (folder / "list.csv").symlink_to(secret)
    (folder / "sources.csv").symlink_to(secret)
    edition = load_edition(open_edition(folder))
    assert edition.tables["operators"].empty
    assert [(i.layer, i.code) for i in edition.issues] == [("operators", "file_unreadable")]
    with pytest.raises(CatalogueError, match="普通文件"):
        load_sources(folder)
    # Within the folder a link is a file like any other.
    (folder / "list.csv").unlink()
    (folder / "real.csv").write_bytes(secret.read_bytes())
    (folder / "list.csv").symlink_to("real.csv")
    assert len(load_edition(open_edition(folder)).tables["operators"]) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = made(tmp_path / "e")
    os.mkfifo(folder / "scorecards.toml")
    with pytest.raises(CatalogueError, match="普通文件"):
        load_scorecards(folder)


def test_own_scorecards_sheets_and_colours_come_before_the_bundled_ones(tmp_path: Path) -> None:
    folder = made(tmp_path / "e")
    assert edition_file(folder, "landuse.csv") == EDITION_DIR / "landuse.csv"
    assert load_scorecards(folder) == load_scorecards()
    own = (EDITION_DIR / "scorecards.toml").read_text("utf-8")
    own = own.replace('version = "scorecards-2026.1"', 'version = "hedong-1"')
    (folder / "scorecards.toml").write_text(own, "utf-8")
    assert load_scorecards(folder).version == "hedong-1"
    (folder / "landuse.csv").write_text("code,name_zh,color\n01,耕地,#123456\n", "utf-8")
    style = layer_style(open_edition(folder).layer("landuse"), folder)
    assert [(c.value, c.symbol.fill) for c in style.classes] == [("01", "#123456")]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    folder = made(tmp_path / "e")
    assert open_edition(folder).title.zh == "河东园图谱"
    made(folder, head=HEAD.replace("河东园图谱", "河东新区图谱"))
    assert open_edition(folder).title.zh == "河东新区图谱"


def test_sheets_extend_the_bundled_ones_in_the_grid_of_the_place(tmp_path: Path) -> None:
    folder = made(tmp_path / "e")
    assert load_template(folder).crs == "EPSG:4548"  # CGCS2000, 3° zone of 117° E
    (folder / "sheets.toml").write_text(
        'extends = "bundled"\n[kinds.park]\ntitle_zh = "{place}：{name}"\nmargin_m = 40\n', "utf-8"
    )
    own, base = load_template(folder), load_template(EDITION_DIR)
    assert own.kinds["park"].title.zh == "河东区：{name}"
    assert (own.kinds["park"].margin_m, own.kinds["park"].least_m) == (40.0, 500.0)
    assert own.kinds["zone"] == base.kinds["zone"]
    assert (own.crs, own.scales, own.sizes) == ("EPSG:4548", base.scales, base.sizes)
    (folder / "sheets.toml").write_text('extends = "bundled"\ncrs = "EPSG:4547"\n', "utf-8")
    assert load_template(folder).crs == "EPSG:4547"


@pytest.mark.parametrize("text", ['extends = "other"', "kinds = 3", 'version = "1"'])
def test_wrong_sheets_are_told(tmp_path: Path, text: str) -> None:
    folder = made(tmp_path / "e")
    (folder / "sheets.toml").write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=r"sheets\.toml"):
        load_template(folder)
