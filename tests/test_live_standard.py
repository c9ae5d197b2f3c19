"""Every answer of the live layers holds what OGC API – Features and RFC 7946 want of it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely
import yaml
from jsonschema import Draft202012Validator
from pygeoapi.openapi import validate_openapi_document

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests import live_hand as hand
from tests import live_schemas as schemas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.team import Person

OWN = "ATLAS_OGC_SCHEMA"
"""The variable that names a copy of the standard's ogcapi-features-1.yaml."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
AXES = "http://www.opengis.net/def/crs/EPSG/0/4549"


@pytest.fixture(scope="module", autouse=True)
def _bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve the bundled edition: points, outlines, tables, sample rows and unknown places."""
    path = tmp_path_factory.mktemp("standard") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(path))
        patch.delenv("ATLAS_TEAM", raising=False)
        yield


def answers(person: Person) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield kind, address and content of an answer of every resource and layer."""
    yield "LANDING", "/ogc", hand.ask("/ogc", person=person).json()
    yield "CONFORMANCE", "/ogc/conformance", hand.ask("/ogc/conformance", person=person).json()
    listed = hand.ask("/ogc/collections", person=person).json()
    yield "COLLECTIONS", "/ogc/collections", listed
    assert len(listed["collections"]) > 8
    for collection in listed["collections"]:
        home = f"/ogc/collections/{collection['id']}"
        yield "COLLECTION", home, hand.ask(home, person=person).json()
        for part in ("schema", "queryables"):
            told = hand.ask(f"{home}/{part}", person=person).json()
            yield "SCHEMA", f"{home}/{part}", told
        page = hand.ask(f"{home}/items?limit=40", person=person).json()
        yield "ITEMS", f"{home}/items", page
        first = f"{home}/items/{page['features'][0]['id']}"
        yield "ITEM", first, hand.ask(first, person=person).json()
    for wrong in ("/ogc/none", "/ogc/collections/none", "/ogc/collections/zones/items?limit=0"):
        yield "EXCEPTION", wrong, hand.ask(wrong, person=person).json()


@pytest.mark.parametrize("person", [hand.VIEWER, hand.PLANNER], ids=["viewer", "planner"])
def test_every_answer_holds_its_schema(person: Person) -> None:
    for kind, address, content in answers(person):
        wrong = [error.message for error in _validator(kind).iter_errors(content)]
        assert not wrong, (address, wrong[:3])


def _validator(kind: str) -> Draft202012Validator:
    schema = getattr(schemas, kind)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_schemas_notice_what_is_wrong() -> None:
    """Each of these breaks one requirement: a schema that let it pass would be worth nothing."""
    good = hand.ask("/ogc/collections/zones/items?limit=1").json()
    feature = good["features"][0]
    for spoilt in (
        good | {"type": "Features"},
        good | {"timeStamp": "yesterday"},
        good | {"links": [one for one in good["links"] if one["rel"] != "self"]},
        good | {"crs": {"type": "name"}},
        good | {"numberMatched": "many"},
        good | {"features": [{k: v for k, v in feature.items() if k != "geometry"}]},
        good | {"features": [feature | {"geometry": {"type": "Point", "coordinates": [1]}}]},
        good | {"features": [feature | {"geometry": {"type": "Square", "coordinates": [1, 2]}}]},
    ):
        assert list(_validator("ITEMS").iter_errors(spoilt))


def test_the_values_hold_the_schema_of_the_layer() -> None:
    for collection in hand.ask("/ogc/collections").json()["collections"]:
        home = f"/ogc/collections/{collection['id']}"
        fields = hand.ask(f"{home}/schema").json()["properties"]
        features = hand.ask(f"{home}/items?limit=10000").json()["features"]
        assert features
        for feature in features:
            assert set(feature["properties"]) == set(fields) - {"geometry"}
            for name, value in feature["properties"].items():
                told = fields[name]
                assert value is None or isinstance(value, _TYPES[told["type"]]), (name, value)
                if value is not None and told.get("format") == "date":
                    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)), (name, value)
                assert "title" in told


def test_the_places_hold_rfc_7946() -> None:
    """Rings are closed and turn as they should, ids are there once, nothing is off the earth."""
    rings = 0
    for collection in hand.ask("/ogc/collections").json()["collections"]:
        features = hand.ask(f"/ogc/collections/{collection['id']}/items?limit=10000").json()
        names = [feature["id"] for feature in features["features"]]
        assert len(set(names)) == len(names)
        for feature in features["features"]:
            if feature["geometry"] is None:
                continue
            shape = shapely.geometry.shape(feature["geometry"])
            assert shapely.is_valid(shape), feature["id"]
            west, south, east, north = shape.bounds
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90
            for part in shapely.get_parts(shape):
                if part.geom_type == "Polygon":
                    rings += 1
                    assert part.exterior.is_ccw, feature["id"]
                    assert not any(hole.is_ccw for hole in part.interiors), feature["id"]
                    assert part.exterior.coords[0] == part.exterior.coords[-1]
    assert rings > 10


def test_the_extent_holds_all_features() -> None:
    for collection in hand.ask("/ogc/collections").json()["collections"]:
        features = hand.ask(f"/ogc/collections/{collection['id']}/items?limit=10000").json()
        placed = [f["geometry"] for f in features["features"] if f["geometry"] is not None]
        if not placed:
            assert "spatial" not in collection.get("extent", {})
            continue
        shapes = [shapely.geometry.shape(geometry) for geometry in placed]
        (box,) = collection["extent"]["spatial"]["bbox"]
        assert box == pytest.approx(shapely.total_bounds(shapes).tolist(), abs=1e-7)


def test_every_page_together_is_the_layer() -> None:
    whole = hand.ids(hand.ask("/ogc/collections/units/items?limit=10000"))
    found: list[str] = []
    at: str | None = f"/ogc/collections/units/items?limit=400&crs={AXES}&properties=unit_id"
    while at is not None:
        page = hand.ask(at)
        found += hand.ids(page)
        at = hand.link(page.json(), "next")
    assert found == whole == sorted(set(whole))
    assert len(whole) > 1000


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_definition_is_openapi_and_names_what_there_is(lang: str) -> None:
    told = hand.ask(f"/ogc/openapi?lang={lang}").json()
    assert validate_openapi_document(told)
    assert not re.findall(r'"\$ref": ?"[^#]', hand.ask("/ogc/openapi").text)
    listed = {c["id"] for c in hand.ask("/ogc/collections").json()["collections"]}
    named = {path.split("/")[2] for path in told["paths"] if path.startswith("/collections/")}
    assert named == listed
    limit = told["components"]["parameters"]["limit"]["schema"]
    page = hand.ask("/ogc/collections/units/items").json()
    assert page["numberReturned"] == limit["default"]
    most = hand.ask("/ogc/collections/units/items?limit=99999")
    assert len(hand.ids(most)) <= limit["maximum"]
    operations = [way["get"]["operationId"] for way in told["paths"].values()]
    assert len(set(operations)) == len(operations)


def test_every_path_of_the_definition_answers_with_its_type() -> None:
    told = hand.ask("/ogc/openapi").json()
    for path, way in told["paths"].items():
        at = path
        if "{featureId}" in path:
            layer = path.split("/")[2]
            at = path.format(featureId=hand.ids(hand.ask(f"/ogc/collections/{layer}/items"))[0])
        answer = hand.ask(f"/ogc{at}")
        assert answer.status_code == 200, at
        (kind,) = way["get"]["responses"]["200"]["content"]
        assert answer.headers["content-type"] == kind, at


@pytest.fixture(scope="module")
def standard() -> Mapping[str, Any]:
    """Return the schemas of the standard itself, which its licence keeps out of the project."""
    named = os.environ.get(OWN)
    if not named:
        address = "schemas.opengis.net/ogcapi/features/part1/1.0/openapi/ogcapi-features-1.yaml"
        pytest.skip(
            f"NOT CHECKED WITH THE STANDARD'S OWN SCHEMAS: name a copy of {address} in {OWN}"
        )
    told: Mapping[str, Any] = yaml.safe_load(Path(named).read_text("utf-8"))
    found = _plain(told["components"])
    assert isinstance(found, dict)
    return found


def _plain(value: Any) -> Any:
    """Return OpenAPI 3.0 as JSON Schema: ``nullable`` is a choice there."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _plain(part) for name, part in value.items() if name != "nullable"}
    return {"oneOf": [{"type": "null"}, plain]} if value.get("nullable") is True else plain


_NAMES = {
    "LANDING": "landingPage",
    "CONFORMANCE": "confClasses",
    "COLLECTIONS": "collections",
    "COLLECTION": "collection",
    "ITEMS": "featureCollectionGeoJSON",
    "ITEM": "featureGeoJSON",
    "EXCEPTION": "exception",
}


def test_every_answer_holds_the_schemas_of_the_standard(standard: Mapping[str, Any]) -> None:
    checked = set()
    for kind, address, content in answers(hand.PLANNER):
        if kind in _NAMES:
            wanted = {"$ref": f"#/components/schemas/{_NAMES[kind]}", "components": standard}
            wrong = [e.message for e in Draft202012Validator(wanted).iter_errors(content)]
            assert not wrong, (address, wrong[:3])
            checked.add(kind)
    assert checked == set(_NAMES)
