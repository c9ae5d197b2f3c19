"""输出: sheets, chapters, and what was made before."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.startup import open_or_create

if TYPE_CHECKING:
    from pathlib import Path

SLOW_S = 180


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("output") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    return path


def _script() -> None:
    from views import output
    from views import store

    store.begin_run()
    output.render()


def opened(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, what: str, lang: str = "zh"
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    at = AppTest.from_function(_script, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    at.session_state["output_what"] = what
    return at.run()


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def only_file(at: AppTest) -> Path:
    found = re.search(r'href="/exports/([\w-]+)/', html(at))
    assert found
    path = ready_files().path(found.group(1))
    assert path is not None
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("what", ["layers", "sheet", "chapter"])
def test_every_part_runs_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, what: str, lang: str
) -> None:
    at = opened(monkeypatch, bundled, what, lang)
    assert not at.exception
    assert not at.error
    assert at.button


def test_a_sheet_is_previewed_and_made_with_what_the_planner_filled_in(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = opened(monkeypatch, bundled, "sheet")
    at.radio(key="sheet_kind:zh").set_value("park").run()
    at.selectbox(key="sheet_size").set_value("A4").run()
    at.text_input(key="sheet_field_unit").set_value("规划局").run()
    at.radio(key="sheet_format:zh").set_value("svg").run()
    assert not at.exception
    assert at.get("image")
    at.button(key="sheet_build").click().run()
    assert at.success
    text = only_file(at).read_text("utf-8")
    assert "规划局" in text
    assert 'width="595' in text or 'width="841' in text


def test_a_scale_that_does_not_fit_is_said_and_nothing_is_offered(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = opened(monkeypatch, bundled, "sheet")
    at.selectbox(key="sheet_scale:zh").set_value(1000).run()
    # Markdown of the page has the signs of the text behind a stroke.
    assert "1:1,000" in at.error[0].value.replace("\\", "")
    assert not [b for b in at.button if b.key == "sheet_build"]


def test_a_picture_of_a_sheet_has_300_dots_an_inch(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = opened(monkeypatch, bundled, "sheet")
    at.selectbox(key="sheet_size").set_value("A4").run()
    at.radio(key="sheet_format:zh").set_value("png").run()
    at.button(key="sheet_build").click().run()
    with Image.open(io.BytesIO(only_file(at).read_bytes())) as picture:
        assert sorted(picture.size) == pytest.approx([2480, 3508], abs=1)


def test_without_a_saved_plan_it_is_said_where_to_make_one(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = opened(monkeypatch, bundled, "sheet")
    at.radio(key="sheet_kind:zh").set_value("scenario").run()
    assert not at.exception
    assert "尚未保存" in at.info[0].value


def test_a_chapter_is_made_and_listed_among_recent_exports(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = opened(monkeypatch, bundled, "chapter")
    at.radio(key="chapter_kind:zh").set_value("zone").run()
    at.button(key="chapter_build").click().run()
    assert not at.exception
    assert not at.error
    assert only_file(at).read_bytes()[:2] == b"PK"
    assert re.search(r"zone_Z\d+_internal\.docx · \d\d:\d\d", html(at))


def test_a_hostile_template_is_refused(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    at = opened(monkeypatch, bundled, "chapter")
    at.file_uploader(key="chapter_template").set_value(
        ("template.docx", b"PK\x03\x04 not a document", "application/zip")
    ).run()
    at.button(key="chapter_build").click().run()
    assert not at.exception
    assert at.error
    assert "/exports/" not in html(at)


def test_an_empty_workspace_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "empty"
    open_or_create(path, load_catalogue(), author="test", empty=True)
    at = opened(monkeypatch, path, "layers")
    assert "atlas import" in at.info[0].value


@pytest.mark.parametrize(
    ("what", "audience"), [("layers", "export_audience"), ("sheet", "sheet_audience")]
)
def test_a_public_wish_stays_public_in_the_other_language(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, what: str, audience: str
) -> None:
    at = opened(monkeypatch, bundled, what)
    at.radio(key=f"{audience}:zh").set_value("public").run()
    at.session_state["lang"] = "en"
    at.run()
    assert at.radio(key=f"{audience}:en").value == "public"
    build = {"layers": "export_build", "sheet": "sheet_build"}[what]
    at.button(key=build).click().run()
    assert at.success
    assert "_public." in html(at)
    assert "_internal." not in html(at)
