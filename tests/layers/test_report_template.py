from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from layers.errors import ExportUsageError
from layers.report.vetting import vet_template
from tests.layers import report_hand as hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_RELS = "word/_rels/document.xml.rels"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _template(path: Path, build: Callable[[Any], None]) -> Path:
    document: Any = docx.Document()
    build(document)
    document.save(str(path))
    return path


def _rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Change the parts of a document on disk."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def _lines(*lines: str) -> Callable[[Any], None]:
    def build(document: Any) -> None:
        for line in lines:
            document.add_paragraph(line)

    return build


def test_placeholders_are_replaced_wherever_they_stand(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.styles["Normal"].font.name = "FangSong"
        document.sections[0].header.paragraphs[0].text = "规划局　{{marks}}"
        cut = document.add_paragraph()
        cut.add_run("专题：{{ti").bold = True
        cut.add_run("tle}} 编制 {{ date ")
        cut.add_run("}}。")
        document.add_paragraph("{{text：scatter}}", style="List Bullet")
        document.add_paragraph("{{table:parks}}")
        cell = document.add_table(rows=1, cols=2).rows[0].cells
        cell[0].text, cell[1].text = "{{subject}}", "{{figure:district}}"
        document.add_paragraph("{{sources}}")

    path = tmp_path / "out.docx"
    hand.write(path, template=_template(tmp_path / "t.docx", build))
    document = hand.opened(path)
    texts = hand.texts(path)
    assert "专题：杨浦区科技园区空间现状专题 编制 2026-11-26。" in texts
    assert not any("{{" in text for text in texts)
    header = document.sections[0].header.paragraphs[0].text
    assert header.startswith("规划局　内部资料 注意保管")
    assert document.styles["Normal"].font.name == "FangSong"
    first = next(p for p in document.paragraphs if p.text.startswith("专题"))
    assert first.runs[0].bold
    bullets = [p for p in document.paragraphs if p.style.name == "List Bullet"]
    assert bullets
    assert bullets[0].text.startswith("按规则")
    # A table that the template has not is named by its title.
    assert "“未判绿的园区及理由”（本文未附）" in bullets[0].text
    assert hand.grid(path, "园区分类汇总")[0][0] == "园区类别"
    assert len(hand.grid(path, "数据来源")) > 10
    assert len(list(document.element.body.iter(qn("a:blip")))) == 1


def test_numbers_go_on_from_the_captions_of_the_template(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        caption = document.add_paragraph("表 ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), r" SEQ 表 \* ARABIC ")
        caption._p.append(field)
        document.add_paragraph("{{table:zones}}")
        document.add_paragraph("{{table:parks}}")

    path = tmp_path / "out.docx"
    hand.write(path, template=_template(tmp_path / "t.docx", build))
    texts = hand.texts(path)
    assert "表 2　功能区" in texts
    assert "表 3　园区分类汇总" in texts


def test_a_template_without_marks_gets_them_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "out.docx"
    hand.write(path, template=_template(tmp_path / "t.docx", _lines("第一行", "{{title}}")))
    assert hand.texts(path)[0].startswith("内部资料 注意保管")


def test_an_unknown_placeholder_is_named_with_its_paragraph_and_what_there_is(
    tmp_path: Path,
) -> None:
    template = _template(tmp_path / "t.docx", _lines("见 {{tabel:parks}} 一表"))
    with pytest.raises(ExportUsageError) as caught:
        hand.write(tmp_path / "out.docx", template=template)
    for said in ("{{tabel:parks}}", "见 {{tabel:parks}} 一表", "table:parks", "text:scatter"):
        assert said in caught.value.text.zh
        assert said in caught.value.text.en
    assert not (tmp_path / "out.docx").exists()


@pytest.mark.parametrize("line", ["见{{table:parks}}", "{{table:parks}}{{table:zones}}"])
def test_a_table_stands_alone_in_its_paragraph(tmp_path: Path, line: str) -> None:
    template = _template(tmp_path / "t.docx", _lines(line))
    with pytest.raises(ExportUsageError, match="须独占正文中的一段"):
        hand.write(tmp_path / "out.docx", template=template)


def test_a_map_is_drawn_for_the_room_of_the_template(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        from docx.shared import Mm

        section = document.sections[0]
        section.page_width, section.left_margin, section.right_margin = Mm(150), Mm(25), Mm(25)
        document.add_paragraph("{{figure:district}}")

    path = tmp_path / "out.docx"
    hand.write(path, template=_template(tmp_path / "t.docx", build))
    (shape,) = hand.opened(path).inline_shapes
    assert shape.width.mm == pytest.approx(100.0, abs=0.1)


def test_equal_templates_give_equal_bytes(tmp_path: Path) -> None:
    template = _template(tmp_path / "t.docx", _lines("{{title}}", "{{table:parks}}"))
    first, second = tmp_path / "a.docx", tmp_path / "b.docx"
    hand.write(first, template=template)
    hand.write(second, template=template)
    assert first.read_bytes() == second.read_bytes()


def _link(kind: str, target: str, mode: str = "External") -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        entry = f'<Relationship Id="rX" Type="{_OFFICE}/{kind}" Target="{target}"'
        entry += f' TargetMode="{mode}"/></Relationships>'
        parts[_RELS] = parts[_RELS].replace(b"</Relationships>", entry.encode())

    return change


def _in_body(xml: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        name = "word/document.xml"
        parts[name] = parts[name].replace(b"<w:body>", b"<w:body>" + xml.encode(), 1)

    return change


def _part(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.update({name: data})


def _macro_type(parts: dict[str, bytes]) -> None:
    name = "[Content_Types].xml"
    parts[name] = parts[name].replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )


HOSTILE = {
    "picture elsewhere": _link("image", "https://example.org/a.png"),
    "attached template": _link("attachedTemplate", "file:///x.dotm"),
    "attached template inside": _link("attachedTemplate", "x.dotx", "Internal"),
    "share": _link("hyperlink", "file://server/share"),
    "macros": _part("word/vbaProject.bin", b"x"),
    "object": _part("word/embeddings/oleObject1.bin", b"x"),
    "macro type": _macro_type,
    "entities": _part("word/a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    "doctype": _part("word/a.xml", b"<!DOCTYPE a><a/>"),
    "bomb": _part("word/a.bin", bytes(30_000_000)),
    "broken": _part("word/a.xml", b"<a>"),
    "command": _in_body('<w:p><w:fldSimple w:instr="DDEAUTO c:\\\\x"/></w:p>'),
    "cut command": _in_body(
        "<w:p><w:r><w:instrText>INCLUDE</w:instrText></w:r>"
        "<w:r><w:instrText>PICTURE x</w:instrText></w:r></w:p>"
    ),
    "chunk": _in_body('<w:altChunk xmlns:r="urn:x" r:id="rX"/>'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_that_could_do_harm_is_refused(tmp_path: Path, name: str) -> None:
    template = _rewritten(_template(tmp_path / "t.docx", _lines("{{title}}")), HOSTILE[name])
    with pytest.raises(ExportUsageError, match=r"不能使用模板 t\.docx"):
        hand.write(tmp_path / "out.docx", template=template)
    assert not (tmp_path / "out.docx").exists()


@pytest.mark.parametrize("name", ["t.docm", "t.dotx", "t.txt", "missing.docx"])
def test_what_is_no_document_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "missing.docx":
        _template(path, _lines("{{title}}"))
    with pytest.raises(ExportUsageError):
        vet_template(path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.docx"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(ExportUsageError, match="已损坏"):
        vet_template(path)


def test_an_ordinary_link_is_let_through(tmp_path: Path) -> None:
    template = _rewritten(
        _template(tmp_path / "t.docx", _lines("{{title}}")),
        _link("hyperlink", "https://www.shyp.gov.cn/"),
    )
    hand.write(tmp_path / "out.docx", template=template)
    assert "杨浦区科技园区空间现状专题" in hand.texts(tmp_path / "out.docx")


@pytest.mark.parametrize(("kind", "subject"), [("district", ""), ("park", "S21"), ("zone", "Z06")])
def test_the_guide_lists_every_placeholder(tmp_path: Path, kind: str, subject: str) -> None:
    template = _template(tmp_path / "t.docx", _lines("{{?}}"))
    with pytest.raises(ExportUsageError) as caught:
        hand.write(tmp_path / "out.docx", kind, subject, template=template)
    offered = caught.value.text.en.rsplit("there are: ", 1)[1].split(", ")
    guide = (hand.CATALOGUE.folder.parent / "docs" / "chapter.zh-CN.md").read_text("utf-8")
    assert len(offered) > 15
    for name in offered:
        _kind, _colon, key = name.rpartition(":")
        assert f"`{key}`" in guide or f"{{{{{name}}}}}" in guide or f"`{name}`" in guide, name
