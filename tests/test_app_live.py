"""The live layers over HTTP: what is answered, to whom, of which version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode

import pyproj
import pytest

from layers.audit import FOLDER
from tests import live_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
PARKS = "/ogc/collections/parks"
ITEMS = f"{PARKS}/items"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return hand.make_workspace(tmp_path_factory.mktemp("live") / "workspace")


@pytest.fixture(autouse=True)
def _at_home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace.path))
    monkeypatch.delenv("ATLAS_TEAM", raising=False)


def events(folder: Path, action: str) -> list[dict[str, Any]]:
    files = (folder / FOLDER).glob("*.jsonl")
    lines = [line for path in files for line in path.read_bytes().splitlines()]
    told = [json.loads(line) for line in lines]
    return [event for event in told if event.get("action") == action]


def test_a_client_finds_its_way_from_the_landing_page_to_a_feature() -> None:
    landing = hand.ask("/ogc").json()
    data = hand.link(landing, "data")
    assert data == f"{hand.HOST}/ogc/collections"
    (parks,) = [c for c in hand.ask(data).json()["collections"] if c["id"] == "parks"]
    items = hand.link(parks, "items")
    assert items is not None
    assert hand.ids(hand.ask(items)) == ["P1", "P2", "P3/3"]
    assert all(hand.ask(one["href"]).status_code == 200 for one in landing["links"])
    assert all(hand.ask(one["href"]).status_code == 200 for one in parks["links"])


def test_a_feature_has_its_fields_its_place_and_null_where_nothing_is_known() -> None:
    answer = hand.ask(f"{ITEMS}/P2")
    assert answer.headers["content-type"] == "application/geo+json"
    told = answer.json()
    assert told["geometry"] == {"type": "Point", "coordinates": [121.503386, 31.289962]}
    assert told["properties"]["name"] == "乙园"
    assert told["properties"]["floor_area_m2"] == 1200.5
    assert told["properties"]["operator"] is None
    assert told["properties"]["data_date"] == "2026-06-30"
    unplaced = hand.ask(f"{ITEMS}/{quote('P3/3', safe='')}").json()
    assert unplaced["id"] == "P3/3"
    assert unplaced["geometry"] is None


def test_a_table_without_places_is_a_collection_with_null_geometry() -> None:
    told = hand.ask("/ogc/collections/units/items").json()
    assert told["numberMatched"] == 5
    assert {feature["geometry"] for feature in told["features"]} == {None}
    assert "extent" not in hand.ask("/ogc/collections/units").json()


def test_marks_stand_at_the_rows_and_in_the_notice() -> None:
    told = hand.ask(ITEMS).json()
    assert [f["properties"]["data_mark"] for f in told["features"]] == ["示意", None, None]
    assert "示意" in told["atlas:notice"]
    carriers = hand.ask("/ogc/collections/carriers/items").json()
    assert carriers["features"][0]["properties"]["data_mark"] == "示例数据"


def test_a_layer_with_points_and_outlines_is_there_by_kind_too() -> None:
    listed = [c["id"] for c in hand.ask("/ogc/collections").json()["collections"]]
    assert listed == ["parks", "parks-point", "parks-polygon", "carriers", "units"]
    assert hand.ids(hand.ask("/ogc/collections/parks-point/items")) == ["P2"]
    assert hand.ids(hand.ask("/ogc/collections/parks-polygon/items")) == ["P1"]
    place = hand.ask("/ogc/collections/parks-polygon/schema").json()["properties"]["geometry"]
    assert place["format"] == "geometry-polygon-or-multipolygon"
    for wrong in ("parks-line", "parks-", "units-point", "parks-point-polygon", "nothing"):
        assert hand.ask(f"/ogc/collections/{wrong}/items").status_code == 404, wrong


def test_coordinates_stand_in_the_order_of_the_axes_of_the_system() -> None:
    lat_first = hand.ask(f"{ITEMS}/P2?crs={EPSG}4490")
    assert lat_first.headers["content-crs"] == f"<{EPSG}4490>"
    assert lat_first.json()["geometry"]["coordinates"] == [31.289962, 121.503386]
    assert hand.ask(f"{ITEMS}/P2").headers["content-crs"].endswith("CRS84>")
    north, east = hand.ask(f"{ITEMS}/P2?crs={EPSG}4549").json()["geometry"]["coordinates"]
    # Transverse Mercator on 120° E of GRS80, false easting 500 km, by hand of PROJ.
    wanted = pyproj.Proj("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80")(121.503386, 31.289962)
    assert (east, north) == pytest.approx(wanted, abs=0.001)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"bbox": "121.5,31.28,121.51,31.295"}, ["P2", "P3/3"]),
        ({"bbox": "121.50,31.30,121.51,31.31"}, ["P1", "P3/3"]),
        ({"bbox": "121.5,31.28,0,121.51,31.295,99"}, ["P2", "P3/3"]),
        ({"bbox": "31.28,121.5,31.295,121.51", "bbox-crs": f"{EPSG}4490"}, ["P2", "P3/3"]),
        ({"bbox": "0,0,1,1"}, ["P3/3"]),
        ({"bbox": "170,-10,-170,10"}, ["P3/3"]),
        ({"bbox": "100,-10,-170,40"}, ["P1", "P2", "P3/3"]),
        ({"datetime": "2026-03-31"}, ["P1", "P3/3"]),
        ({"datetime": "2026-06-30T12:00:00Z"}, ["P2", "P3/3"]),
        ({"datetime": "2026-04-01/.."}, ["P2", "P3/3"]),
        ({"datetime": "/2026-04-01"}, ["P1", "P3/3"]),
        ({"datetime": "../.."}, ["P1", "P2", "P3/3"]),
        ({"name": "乙园"}, ["P2"]),
        ({"park_class": "business", "floor_area_m2": "1200.5"}, ["P2"]),
        ({"floor_area_m2": ""}, []),
        ({"name": "' OR 1=1 --"}, []),
        ({"limit": "1"}, ["P1"]),
        ({"limit": "1", "offset": "2"}, ["P3/3"]),
        ({"offset": "99"}, []),
    ],
)
def test_what_is_asked_for_is_found(query: dict[str, str], found: list[str]) -> None:
    answer = hand.ask(f"{ITEMS}?{urlencode(query)}")
    assert hand.ids(answer) == found
    assert answer.json()["numberReturned"] == len(found)


def test_a_box_on_the_grid_is_no_box_in_degrees() -> None:
    """Five metres north of its edge means outside, also where the grid is turned by 0.8°."""
    x, y = pyproj.Proj("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80")(121.503386, 31.289962)
    wide = {"bbox-crs": f"{EPSG}4549", "crs": f"{EPSG}4549"}
    inside = f"{y - 5},{x - 9000},{y + 5},{x + 9000}"
    outside = f"{y + 5},{x - 9000},{y + 15},{x + 9000}"
    placed = "/ogc/collections/parks-point/items"
    assert hand.ids(hand.ask(f"{placed}?{urlencode({**wide, 'bbox': inside})}")) == ["P2"]
    assert hand.ids(hand.ask(f"{placed}?{urlencode({**wide, 'bbox': outside})}")) == []


def test_a_table_is_in_every_box_and_a_layer_without_days_at_any_time() -> None:
    """The requirements fc-bbox-response and fc-time-response, C."""
    assert len(hand.ids(hand.ask("/ogc/collections/units/items?bbox=0,0,1,1"))) == 5
    assert len(hand.ids(hand.ask("/ogc/collections/units/items?datetime=2020-01-01"))) == 5


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"filter": "name='x'"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "1e3"},
        {"limit": "true"},
        {"limit": "９"},
        {"limit": "9" * 4000},
        {"offset": "-1"},
        {"bbox": "1,2,3"},
        {"bbox": "nan,nan,nan,nan"},
        {"bbox": "1,9,2,inf"},
        {"bbox": "1,9,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": ""},
        {"bbox-crs": f"{EPSG}4490"},
        {"bbox": "1,2,3,4", "bbox-crs": f"{EPSG}9999999"},
        {"bbox": "1e300,1e300,2e300,2e300", "bbox-crs": f"{EPSG}4549"},
        {"crs": "file:///etc/passwd"},
        {"crs": f"{EPSG}3857"},
        {"datetime": "yesterday"},
        {"datetime": "2026-13-01"},
        {"datetime": "2026-01-02/2026-01-01"},
        {"datetime": "2026-01-01/2026-01-02/2026-01-03"},
        {"datetime": ""},
        {"properties": "name,nothing"},
        {"properties": ""},
        {"floor_area_m2": "many"},
        {"data_date": "soon"},
        {"atlas-version": "99"},
        {"atlas-version": "-1"},
        {"lang": "xx"},
        {"f": "html"},
        {"sortby": ""},
    ],
)
def test_what_means_nothing_is_refused_with_a_sentence(query: dict[str, str]) -> None:
    answer = hand.ask(f"{ITEMS}?{urlencode(query)}")
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["code"] == "InvalidParameterValue"
    assert 10 < len(told["description"]) < 1500
    assert answer.headers["content-type"] == "application/json"


def test_a_parameter_given_twice_is_refused() -> None:
    assert hand.ask(f"{ITEMS}?limit=1&limit=2").status_code == 400
    assert hand.ask(f"{ITEMS}/P1?limit=1").status_code == 400
    assert hand.ask("/ogc/collections?limit=1").status_code == 400


@pytest.mark.parametrize("path", ["/ogc/x", "/ogc/x/collections", f"{ITEMS}/none", "/ogc/a/b/c/d"])
def test_nothing_there_is_404(path: str) -> None:
    answer = hand.ask(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NotFound"


def test_only_the_fields_that_were_asked_for() -> None:
    told = hand.ask(f"{ITEMS}?properties=name,park_id").json()
    assert [list(f["properties"]) for f in told["features"]] == [["park_id", "name"]] * 3


def test_titles_follow_the_language() -> None:
    path = f"{PARKS}/queryables"
    chinese = hand.ask(path).json()["properties"]["floor_area_m2"]
    assert chinese["title"].endswith("(m²)")
    assert chinese["x-ogc-unit"] == "m²"
    english = {"Accept-Language": "fr;q=0.9, en-GB;q=0.8, zh;q=0.1"}
    assert hand.ask(PARKS, headers=english).json()["title"] == "Parks"
    assert hand.ask(f"{PARKS}?lang=zh-CN", headers=english).json()["title"] == "园区"
    assert hand.ask(PARKS).json()["title"] == "园区"
    assert "no value" in hand.ask(f"{ITEMS}?limit=x&lang=en").json()["description"]


def test_a_browser_gets_json_and_no_page_with_scripts() -> None:
    answer = hand.ask("/ogc", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.headers["content-type"] == "application/json"
    assert "<" not in answer.text


def test_no_link_leads_to_another_host() -> None:
    for path in ("/ogc", "/ogc/collections", PARKS, ITEMS, f"{ITEMS}/P1", "/ogc/openapi"):
        told = hand.ask(path).text
        named = {part.split("/")[2] for part in told.split('"') if part.startswith("http")}
        assert named <= {"127.0.0.1:8501", "www.opengis.net"}, path


def test_further_pages_are_of_the_version_of_the_first(tmp_path: Path) -> None:
    workspace = hand.make_workspace(tmp_path / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(workspace.path))
        first = hand.ask(f"{ITEMS}?limit=2")
        assert hand.ids(first) == ["P1", "P2"]
        # An import between the pages: P1 goes, a new park comes before P2.
        rows = [{"park_id": "P0", "name": "新园"}, *hand.PARKS[1:]]
        assert hand.commit(workspace, "parks", rows) == 1
        following = hand.link(first.json(), "next")
        assert following is not None
        second = hand.ask(following)
        assert hand.ids(second) == ["P3/3"]
        assert second.json()["atlas:version"] == 0
        before = hand.link(second.json(), "prev")
        assert before is not None
        assert hand.ids(hand.ask(before)) == ["P1", "P2"]
        anew = hand.ask(ITEMS)
        assert hand.ids(anew) == ["P0", "P2", "P3/3"]
        assert anew.json()["atlas:version"] == 1
        assert anew.headers["etag"] != hand.ask(f"{ITEMS}?atlas-version=0").headers["etag"]


def test_an_answer_that_is_known_is_not_sent_again() -> None:
    first = hand.ask(ITEMS)
    tag = first.headers["etag"]
    assert first.headers["last-modified"].endswith("GMT")
    again = hand.ask(ITEMS, headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = [
        hand.ask(f"{ITEMS}?limit=2", headers={"If-None-Match": tag}),
        hand.ask(ITEMS, person=hand.VIEWER, headers={"If-None-Match": tag}),
        hand.ask(f"{ITEMS}?lang=en", headers={"If-None-Match": tag}),
    ]
    assert [answer.status_code for answer in other] == [200, 200, 200]


def test_a_viewer_gets_the_public_copy() -> None:
    """Internal layers and fields, few firms and exact places stay with the planners."""
    viewer, planner = (
        hand.ask("/ogc/collections/carriers/items", person=person).json()["features"]
        for person in (hand.VIEWER, hand.PLANNER)
    )
    assert planner[0]["properties"]["tax_wan"] == 12.5
    assert planner[0]["properties"]["tenants"] == 2
    assert "tax_wan" not in viewer[0]["properties"]
    assert viewer[0]["properties"]["tenants"] is None
    assert viewer[0]["properties"]["leased_area_m2"] is None
    assert viewer[1]["properties"]["tenants"] == 9
    assert planner[1]["geometry"]["coordinates"] == [121.5123456, 31.3054321]
    assert viewer[1]["geometry"]["coordinates"] == [121.5123, 31.3054]
    north, east = hand.ask(
        f"/ogc/collections/carriers/items/C2?crs={EPSG}4549", person=hand.VIEWER
    ).json()["geometry"]["coordinates"]
    wanted = pyproj.Proj("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80")(121.5123, 31.3054)
    assert (east, north) == pytest.approx(wanted, abs=0.001)


def test_a_viewer_is_refused_what_is_internal() -> None:
    carriers = "/ogc/collections/carriers"
    for path in (
        "/ogc/collections/units",
        "/ogc/collections/units/items",
        "/ogc/collections/units/items/U1",
        "/ogc/collections/units/schema",
        "/ogc/collections/units/queryables",
        f"{carriers}/items?properties=tax_wan",
        f"{carriers}/items?tax_wan=12.5",
    ):
        answer = hand.ask(path, person=hand.VIEWER)
        assert (answer.status_code, answer.json()["code"]) == (403, "Forbidden"), path
        assert hand.ask(path, person=hand.PLANNER).status_code == 200, path
    for path in (
        "/ogc/collections",
        "/ogc/openapi",
        f"{carriers}/schema",
        f"{carriers}/queryables",
    ):
        told = hand.ask(path, person=hand.VIEWER).text
        assert '"units"' not in told, path
        assert "tax_wan" not in told, path
        assert "tax_wan" in hand.ask(f"{carriers}/schema", person=hand.PLANNER).text


def test_internal_data_does_not_stay_on_a_computer() -> None:
    held = hand.ask(ITEMS, person=hand.PLANNER).headers["cache-control"]
    public = hand.ask(ITEMS, person=hand.VIEWER).headers["cache-control"]
    assert (held, public) == ("no-store", "private, no-cache")
    assert "Authorization" in hand.ask(ITEMS).headers["vary"]


def test_the_audit_knows_once_an_hour_who_read_which_version(tmp_path: Path) -> None:
    workspace = hand.make_workspace(tmp_path / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(workspace.path))
        for path in (f"{ITEMS}?limit=1", f"{ITEMS}?limit=1&offset=1", f"{ITEMS}/P1"):
            hand.ask(path, person=hand.PLANNER)
        hand.ask(ITEMS, person=hand.VIEWER)
        hand.ask("/ogc/collections/units/items", person=hand.VIEWER)
        hand.ask("/ogc/collections")
    read = events(workspace.path, "live")
    assert [(e["person_id"], e["role"], e["layers"]) for e in read] == [
        ("p-planner", "planner", {"parks": 0}),
        ("p-viewer", "viewer", {"parks": 0}),
    ]
    assert [e["detail"]["audience"] for e in read] == ["internal", "public"]
    (refused,) = events(workspace.path, "refused")
    assert refused["person_id"] == "p-viewer"
    assert refused["subject"] == "/ogc/collections/units/items"


def test_an_audit_that_cannot_be_written_keeps_nobody_from_looking(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = hand.make_workspace(tmp_path / "workspace")
    (workspace.path / FOLDER).write_text("a file where the folder should be")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(workspace.path))
        assert hand.ids(hand.ask(ITEMS, person=hand.PLANNER)) == ["P1", "P2", "P3/3"]
    assert "audit could not be written" in caplog.text


def test_a_damaged_layer_is_said_without_naming_a_folder(tmp_path: Path) -> None:
    workspace = hand.make_workspace(tmp_path / "workspace")
    for path in (workspace.path / "parks").glob("*.parquet"):
        path.write_bytes(b"not a table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(workspace.path))
        answer = hand.ask(ITEMS)
        assert answer.status_code == 500
        assert str(tmp_path) not in answer.text
        assert "parks" in answer.json()["description"]
        assert hand.ids(hand.ask("/ogc/collections/carriers/items")) == ["C1", "C2"]
        listed = hand.ask("/ogc/collections").json()["collections"]
        assert [one["id"] for one in listed] == ["carriers", "units"]


def test_what_was_asked_does_not_go_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        hand.ask(f"{ITEMS}?name=秘密&limit=1")
        hand.ask(f"{ITEMS}?crs=秘密")
        hand.ask(f"{ITEMS}/秘密")
    assert "秘密" not in caplog.text


def test_nothing_can_be_written() -> None:
    for path in (ITEMS, f"{ITEMS}/P1"):
        assert "GET" in hand.allowed(path)
        assert not {"POST", "PUT", "PATCH", "DELETE"} & hand.allowed(path)
