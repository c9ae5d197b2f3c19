"""Small fonts of a document: every character has a shape, or the printers' mark, never a box."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

import data
from layers import faces
from layers import fonts
from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.fonts import Face
from layers.fonts import FontMissingError
from layers.fonts import TextFont
from layers.fonts import cjk_face
from layers.fonts import embed_in_svg
from layers.fonts import fitted
from layers.fonts import register
from layers.fonts import text_font

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(next(iter(data.__path__)))
LOCALE = DATA.parent / "layers" / "locale"
FACTORY = "\U0001f3ed"  # an emoji that no typeface with outlines has
RARE = "\U00020bb7"  # 𠮷, beyond the first plane
TITLE = "杨浦区科技园区空间分布图"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(faces.ENVIRONMENT, raising=False)
    searched = (faces._installed, faces._chosen, faces._has_chinese)
    for each in searched:
        each.cache_clear()
    yield
    for each in searched:
        each.cache_clear()


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> TextFont:
    return text_font([TITLE, f"厂房{FACTORY}{RARE}"], tmp_path_factory.mktemp("fonts"))


def _shipped_text() -> str:
    """Return what the product itself can draw: its sentences, titles, codes and names."""
    parts = [path.read_text(encoding="utf-8") for path in LOCALE.glob("*.po")]
    parts += [path.read_text(encoding="utf-8") for path in DATA.glob("*.toml")]
    parts += [path.read_text(encoding="utf-8-sig") for path in DATA.glob("*.csv")]
    for path in DATA.glob("*.geojson"):
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        parts += [json.dumps(one["properties"], ensure_ascii=False) for one in features]
    parts += [spec.title.zh for spec in load_catalogue().layers]
    return "".join(parts)


def _shapes(path: Path) -> dict[str, int]:
    """Return every character of a font file and the number of contours it is drawn with."""
    with TTFont(path) as made:
        glyphs = made["glyf"]
        return {chr(c): glyphs[name].numberOfContours for c, name in made.getBestCmap().items()}


def _found(made: TextFont, weight: str) -> Path:
    """Return the file that matplotlib would draw with."""
    from matplotlib.font_manager import FontProperties

    wanted = FontProperties(family=made.family, weight=weight)
    return Path(str(fontManager.findfont(wanted, fallback_to_default=False)))


def test_everything_the_product_says_has_a_shape(tmp_path: Path) -> None:
    text = _shipped_text()
    made = text_font([text], tmp_path)
    assert len(set(text)) > 1_000
    assert not made.missing
    for path in (made.regular, made.bold):
        shapes = _shapes(path)
        wanted = {char for char in text if not char.isspace() and char.isprintable()}
        assert {char for char in wanted if shapes.get(char, 0) < 1} == set()
        assert path.stat().st_size < 400_000


@pytest.mark.parametrize("style", ["regular", "bold"])
def test_a_file_is_truetype_and_has_the_characters_asked_for(font: TextFont, style: str) -> None:
    path = {"regular": font.regular, "bold": font.bold}[style]
    with TTFont(path) as made:
        assert "glyf" in made
        assert "CFF " not in made
        assert made["name"].getBestFamilyName() == "Atlas Sans"
        assert made["OS/2"].usWeightClass == {"regular": 400, "bold": 700}[style]
        # The licence of the typeface asks that its notices stay with it.
        assert made["name"].getDebugName(0)
    chinese = {
        char for char in _shapes(path) if "\u4e00" <= char <= "\u9fff" or char >= "\U00020000"
    }
    assert chinese == set(TITLE + "厂房" + RARE)
    assert set("Ab 1,~，。㎡〓−") <= set(_shapes(path))
    assert path.stat().st_size < 100_000


def test_the_two_weights_are_drawn_differently(font: TextFont) -> None:
    def area(path: Path) -> float:
        with TTFont(path) as made:
            glyph = made["glyf"][made.getBestCmap()[ord("杨")]]
            return float((glyph.xMax - glyph.xMin) * (glyph.yMax - glyph.yMin))

    assert area(font.bold) != area(font.regular)


def test_an_outline_is_the_one_of_the_typeface_within_a_thousandth_of_the_em(
    font: TextFont,
) -> None:
    from fontTools.pens.areaPen import AreaPen
    from fontTools.pens.boundsPen import BoundsPen

    with TTFont(font.regular) as made, faces.open_face(cjk_face()) as whole:
        for char in "杨图分Q&8":
            found: list[tuple[float, tuple[float, ...]]] = []
            for opened in (made, whole):
                glyphs = opened.getGlyphSet()
                name = opened.getBestCmap()[ord(char)]
                bounds, area = BoundsPen(glyphs), AreaPen(glyphs)
                glyphs[name].draw(bounds)
                glyphs[name].draw(area)
                scale = 1000 / opened["head"].unitsPerEm
                found.append((abs(area.value) * scale**2, tuple(v * scale for v in bounds.bounds)))
                found[-1] += (glyphs[name].width * scale,)  # type: ignore[assignment]
            small, large = found
            assert small[0] == pytest.approx(large[0], rel=0.01)
            assert small[1] == pytest.approx(large[1], abs=1.5)
            assert small[2] == pytest.approx(large[2], abs=0.5)  # type: ignore[misc]


def test_outer_contours_run_clockwise_as_truetype_wants(font: TextFont) -> None:
    from fontTools.pens.areaPen import AreaPen

    with TTFont(font.regular) as made:
        glyphs = made.getGlyphSet()
        pen = AreaPen(glyphs)
        glyphs[made.getBestCmap()[ord("厂")]].draw(pen)
    assert pen.value < 0


def test_a_character_that_no_typeface_has_becomes_the_mark_of_printers(font: TextFont) -> None:
    assert font.missing == {FACTORY}
    assert fitted(f"厂房{FACTORY}{RARE}", font) == f"厂房〓{RARE}"


def test_a_character_that_was_not_announced_is_marked_and_not_drawn_as_a_box(
    font: TextFont,
) -> None:
    assert fitted("杨浦龘", font) == "杨浦〓"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u22125 °", "\u22125 °"),
        ("a\u00a0b\u202fc\u2009d", "a b c d"),
        ("杨\u200d浦\ufeff区\ufe0f", "杨浦区"),
        ("\u202e杨浦\u202c", "杨浦"),
        ("第一行\n浦", "〓〓〓\n浦"),
        ("浦\x00\x07", "浦"),
        ("\ud800浦", "〓浦"),
        ("", ""),
    ],
)
def test_signs_without_a_shape_of_their_own(font: TextFont, text: str, shown: str) -> None:
    assert fitted(text, font) == shown


def test_hostile_text_makes_a_font_all_the_same(tmp_path: Path) -> None:
    made = text_font(
        ["\ud800\x00\u202e\ufe0f\n\t杨", "", "\U0010ffff\ufffe"], tmp_path / "new" / "folder"
    )
    assert fitted("杨\ud800\U0010ffff", made) == "杨〓〓"
    assert {"\ud800", "\U0010ffff"} <= made.missing
    assert not made.missing & {"\x00", "\u202e", "\ufe0f", "\n", "\t"}


def test_equal_text_gives_equal_bytes_in_any_order(tmp_path: Path) -> None:
    one = text_font(["杨浦", "空间", "杨"], tmp_path / "one")
    two = text_font(iter(["空间杨浦"]), tmp_path / "two")
    assert one.family == two.family
    assert one.regular.name == two.regular.name
    assert one.regular.read_bytes() == two.regular.read_bytes()
    assert one.bold.read_bytes() == two.bold.read_bytes()


def test_other_text_gets_another_name_so_that_two_drawings_never_mix(tmp_path: Path) -> None:
    one, two = text_font(["杨浦"], tmp_path), text_font(["虹口"], tmp_path)
    assert one.family != two.family
    assert one.regular != two.regular
    register(one)
    register(two)
    for made in (one, two):
        for weight, path in (("normal", made.regular), ("bold", made.bold)):
            assert _found(made, weight).read_bytes() == path.read_bytes()


def test_a_document_is_drawn_although_the_same_one_was_finished_and_cleared_away(
    tmp_path: Path,
) -> None:
    for name in ("first", "second"):
        made = text_font(["杨浦"], tmp_path / name)
        register(made)
    content = made.bold.read_bytes()
    for name in ("first", "second"):
        shutil.rmtree(tmp_path / name)
        assert _found(made, "bold").read_bytes() == content
    assert sum(entry.name == made.family for entry in fontManager.ttflist) == 2


def test_fonts_of_long_ago_are_forgotten(
    font: TextFont, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "MOST_REGISTERED", 1)
    register(font)
    other = text_font(["虹口"], tmp_path)
    register(other)
    ours = {entry.name for entry in fontManager.ttflist if entry.name.startswith("Atlas Sans")}
    assert ours == {other.family}
    register(font)
    assert _found(font, "normal").read_bytes() == font.regular.read_bytes()


def _drawing(path: Path, made: TextFont) -> None:
    settings: Any = {
        "font.family": made.family,
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "atlas",
    }
    with rc_context(settings):
        figure = Figure(figsize=(6, 2))
        figure.text(0.1, 0.6, fitted(TITLE, made))
        figure.text(0.1, 0.3, fitted("厂房", made), weight="bold")
        key = "CreationDate" if path.suffix == ".pdf" else "Date"
        figure.savefig(path, metadata={key: None})


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_the_text_of_a_pdf_can_be_selected_and_its_fonts_are_embedded(
    font: TextFont, tmp_path: Path
) -> None:
    register(font)
    _drawing(tmp_path / "map.pdf", font)

    def said(*command: str) -> str:
        done = subprocess.run(  # noqa: S603 - poppler's own programs
            command, capture_output=True, check=True, cwd=tmp_path
        )
        assert done.stderr == b""
        return done.stdout.decode("utf-8")

    text = said("pdftotext", "-enc", "UTF-8", "map.pdf", "-")
    assert TITLE in text
    assert "厂房" in text
    rows = said("pdffonts", "map.pdf").splitlines()[2:]
    assert {re.sub(r"^[A-Z]{6}\+", "", row.split()[0]) for row in rows} == {
        "AtlasSans-Regular",
        "AtlasSans-Bold",
    }
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)


def test_a_drawing_is_the_same_file_twice(font: TextFont, tmp_path: Path) -> None:
    register(font)
    for ending in ("pdf", "svg"):
        for name in ("a", "b"):
            _drawing(tmp_path / f"{name}.{ending}", font)
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_an_svg_carries_both_weights_and_keeps_its_text(font: TextFont, tmp_path: Path) -> None:
    import base64

    from defusedxml import ElementTree

    register(font)
    path = tmp_path / "map.svg"
    _drawing(path, font)
    embed_in_svg(path, font)
    text = path.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert TITLE in text
    found = re.findall(r"font-family:'([^']+)';font-weight:(\d+).*?base64,([^)]+)\)", text)
    assert [(family, weight) for family, weight, _ in found] == [
        (font.family, "400"),
        (font.family, "700"),
    ]
    assert base64.b64decode(found[0][2]) == font.regular.read_bytes()
    assert base64.b64decode(found[1][2]) == font.bold.read_bytes()
    # The text elements ask for the name that the rules declare.
    assert f"'{font.family}'" in text.split("</style>", 1)[1]


def test_a_file_that_is_no_svg_of_matplotlib_is_refused(font: TextFont, tmp_path: Path) -> None:
    path = tmp_path / "other.svg"
    path.write_text("<svg/>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"`path`.*style element"):
        embed_in_svg(path, font)
    assert path.read_text(encoding="utf-8") == "<svg/>"


def test_without_a_typeface_the_remedy_is_told_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    with pytest.raises(FontMissingError) as caught:
        text_font(["杨浦"], tmp_path)
    for lang in ("zh", "en"):
        said = caught.value.text.get(lang)
        for word in ("fonts-noto-cjk", "Windows", "macOS", "SimHei", "ATLAS_FONT"):
            assert word in said
    assert "中文字体" in caught.value.text.zh
    assert not list(tmp_path.iterdir())


def test_western_typefaces_are_no_chinese_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    western = faces._signs(bold=False).path
    monkeypatch.setattr(faces, "_LEAST_BYTES", 0)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [str(western)])
    with pytest.raises(FontMissingError):
        cjk_face()


def test_a_damaged_font_of_the_system_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = cjk_face()
    whole = good.path.read_bytes()
    (tmp_path / "a.ttc").write_bytes(whole[:200_000])
    (tmp_path / "b.ttf").write_bytes(b"\x00\x01\x00\x00" + bytes(5_000))
    (tmp_path / "c.otf").write_bytes(b"no font at all")
    found = [*map(str, sorted(tmp_path.iterdir())), str(tmp_path / "none.ttf"), str(good.path)]
    faces._installed.cache_clear()
    monkeypatch.setattr(faces, "_LEAST_BYTES", 0)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: found)
    assert cjk_face() == good


@pytest.mark.parametrize(
    "content", [None, b"", b"nonsense", b"ttcf" + bytes(100), b"OTTO" + bytes(64)]
)
def test_a_broken_file_in_the_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "字体.ttf"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("ATLAS_FONT", str(path))
    with pytest.raises(FontMissingError, match="ATLAS_FONT") as caught:
        cjk_face(bold=True)
    assert str(path) in caught.value.text.zh
    assert str(path) in caught.value.text.en


def test_a_folder_or_a_western_font_in_the_variable_is_no_chinese_font(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (tmp_path, faces._signs(bold=False).path):
        monkeypatch.setenv("ATLAS_FONT", str(path))
        with pytest.raises(FontMissingError, match="ATLAS_FONT"):
            cjk_face()


def test_the_variable_comes_before_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, font: TextFont
) -> None:
    named = text_font([faces._PROBE + "龘"], tmp_path)
    monkeypatch.setenv("ATLAS_FONT", str(named.bold))
    chosen = cjk_face()
    assert chosen.path == named.bold
    faces._installed.cache_clear()
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    # What the named file lacks is then missing.
    assert text_font(["龘虹"], tmp_path / "small").missing >= {"虹"}
    assert font.family != named.family


def test_bold_and_serif_faces_are_told_apart() -> None:
    sans, bold = cjk_face(), cjk_face(bold=True)
    assert isinstance(sans, Face)
    assert not sans.bold
    assert bold.family == sans.family
    serif = cjk_face(serif=True)
    assert serif.family in {*faces.SERIF, *faces.SANS}


def test_the_order_of_preference_decides_and_not_the_order_of_the_folders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def there(family: str, weight: int) -> faces._Found:
        return faces._Found(Face(Path(family), 0, family, bold=weight >= 600), weight)

    families = ["WenQuanYi Zen Hei", "SimSun", "SimHei", "Microsoft YaHei"]
    found = (
        *(there(family, 400) for family in families),
        there("Microsoft YaHei", 290),
        there("Microsoft YaHei", 700),
    )
    monkeypatch.setattr(faces, "_installed", lambda: found)
    monkeypatch.setattr(faces, "_has_chinese", lambda _face: True)
    assert cjk_face() == Face(Path("Microsoft YaHei"), 0, "Microsoft YaHei", bold=False)
    assert cjk_face(bold=True).bold
    assert cjk_face(serif=True).family == "SimSun"
    # A family of one weight serves as both.
    monkeypatch.setattr(faces, "_installed", lambda: (there("SimHei", 400),))
    assert cjk_face(bold=True).family == "SimHei"


def test_a_face_that_may_not_be_embedded_is_never_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free = text_font([faces._PROBE], tmp_path)
    for bits in (0x0002, 0x0100):
        with TTFont(free.regular) as made:
            made["OS/2"].fsType = bits
            made.save(tmp_path / "closed.ttf")
        faces._chosen.cache_clear()
        monkeypatch.setenv("ATLAS_FONT", str(tmp_path / "closed.ttf"))
        with pytest.raises(FontMissingError):
            cjk_face()


def test_the_error_travels_between_processes() -> None:
    import pickle

    error = FontMissingError(Text("无", "none"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert again.text == error.text
