"""Profiles: what was decided for the files of one source, to be used again.

A profile is a small JSON file in the folder ``profiles`` of the workspace. It
holds names only: which heading is which field, units, the name of a coordinate
system. Parameters of a coordinate system are never kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import chain
from itertools import count
from typing import TYPE_CHECKING
from typing import Any

from layers.aside import made_aside
from layers.errors import Text
from layers.errors import UsageError
from layers.findings import finding
from layers.intake.columns import LEFT_OUT
from layers.intake.columns import PLACES
from layers.intake.columns import normalise
from layers.intake.units import stated_unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.choices import Choices
    from layers.intake.run import IntakeResult
    from layers.issues import Issue

FOLDER = "profiles"
"""Name of the folder within a workspace."""

_FORMAT = 1
_MAX_BYTES = 1_000_000
_MAX_NAME = 80
_MAX_HEADINGS = 2000
_MAX_TEXT = 500
# So many headings of the profile must be in a file to be of the same source [J].
_FOUND_AGAIN = 0.9
# And so many headings of the file must be known to the profile, or it knows too little [J].
_KNOWN = 0.8

_CRS = re.compile(r"EPSG:[0-9]{4,6}|GCJ02|BD09|CGCS2000|WGS84|")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_NOT_IN_FILES = re.compile(r"[^\w-]+")
_ENDING = ".json"
_AUTO = "auto"
_TEXTS = ("name", "layer", "crs", "encoding", "part", "author", "time")


@dataclass(frozen=True, slots=True)
class Profile:
    """What was decided for the files of one source.

    Attributes
    ----------
    name
        What people call it.
    layer
        Key of the layer.
    headings
        Headings of the file it was made with.
    mapping
        Heading → field, key of :data:`layers.intake.columns.PLACES`, or
        ``"-"`` for a column that is left out.
    units
        Field → unit in which the column is written.
    meanings
        Field → text of a cell → what it stands for.
    crs
        Name of the coordinate system: ``EPSG:n``, ``GCJ02``, ``BD09``,
        ``CGCS2000``, ``WGS84``, or empty; never its parameters.
    encoding
        Encoding of a text file; empty to find it out.
    part
        Sheet or layer of the file; empty for the one that looks like data.
    swap
        Whether the two coordinates stand in the other order; ``None`` to find out.
    author
        Who saved it.
    time
        When it was saved, ISO 8601.
    """

    name: str
    layer: str
    headings: tuple[str, ...]
    mapping: Mapping[str, str] = dataclass_field(default_factory=dict)
    units: Mapping[str, str] = dataclass_field(default_factory=dict)
    meanings: Mapping[str, Mapping[str, str]] = dataclass_field(default_factory=dict)
    crs: str = ""
    encoding: str = ""
    part: str = ""
    author: str = ""
    time: str = ""
    swap: bool | None = None

    @property
    def signature(self) -> frozenset[str]:
        """The headings without width, case, blanks and units."""
        return _signature(self.headings)

    def mapping_for(self, headings: Iterable[str]) -> dict[str, str]:
        """Return the mapping with the headings as they are spelled in another file."""
        known = {normalise(heading): target for heading, target in self.mapping.items()}
        exact = {h: self.mapping.get(h, known.get(normalise(h))) for h in headings}
        return {heading: target for heading, target in exact.items() if target is not None}


@dataclass(frozen=True, slots=True)
class ProfileList:
    """The profiles of a folder.

    Attributes
    ----------
    profiles
        Those that can be used, by name.
    issues
        One warning a file that cannot be used.
    """

    profiles: tuple[Profile, ...]
    issues: tuple[Issue, ...]


class Profiles:
    """The profiles of a workspace.

    Parameters
    ----------
    folder
        Where their files lie, usually ``<workspace>/profiles``; it is made
        when the first one is saved.
    catalogue
        Says which layers and fields there are.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue

    def save(self, profile: Profile) -> Path:
        """Write a profile, over an older one of the same name.

        Raises
        ------
        UsageError
            If it has no usable name, names what the catalogue does not have,
            or has anything but the name of a coordinate system.
        ExportError
            If it cannot be written.
        """
        problem = self._problem(profile)
        if problem is not None:
            raise UsageError(
                Text(
                    f"导入方案“{profile.name}”不能保存：{problem.zh}",
                    f"the profile '{profile.name}' cannot be saved: {problem.en}",
                )
            )
        path = self._path(profile.name)
        content = {
            "format": _FORMAT,
            **{name: getattr(profile, name) for name in _TEXTS},
            "swap": profile.swap,
            "headings": [*profile.headings],
            "mapping": dict(profile.mapping),
            "units": dict(profile.units),
            "meanings": {name: dict(known) for name, known in profile.meanings.items()},
        }
        with made_aside(path, "profile.json") as made:
            text = json.dumps(content, ensure_ascii=False, indent=1)
            made.write_text(text + "\n", encoding="utf-8", newline="\n")
        return path

    def load(self, name: str) -> Profile:
        """Return the profile called `name`.

        Raises
        ------
        UsageError
            If there is none, or its file is damaged or does not fit the catalogue.
        """
        path = self._path(name)
        if not _is_own_file(path):
            known = ", ".join(p.name for p in self.list().profiles) or "—"
            raise UsageError(
                Text(
                    f"没有名为“{name}”的导入方案；现有：{known}",
                    f"there is no profile '{name}'; there are: {known}",
                )
            )
        read = self._read(path)
        if isinstance(read, Text):
            raise UsageError(
                Text(
                    f"导入方案“{name}”无法使用：{read.zh}；请删除后重新保存",
                    f"the profile '{name}' cannot be used: {read.en}; delete it and save it again",
                )
            )
        return read

    def find(self, name: str) -> Profile | None:
        """Return the profile called `name`; ``None`` if there is none that can be used."""
        path = self._path(name)
        read = self._read(path) if _is_own_file(path) else None
        return read if isinstance(read, Profile) else None

    def free_name(self, name: str, headings: Iterable[str], layer: str) -> str:
        """Return a name under which nothing that was decided for other files is lost.

        Parameters
        ----------
        name
            The name that is wished for.
        headings, layer
            What the new profile is for.

        Returns
        -------
        str
            `name` if no profile is called so, or one for the same layer and headings;
            else `name` with the first number from 2 of which that is true.
        """
        own = (layer, _signature(headings))
        tails = (f" {number}" for number in count(2))
        numbered = (name[: _MAX_NAME - len(tail)] + tail for tail in tails)
        return next(
            wished
            for wished in chain([name], numbered)
            if (there := self.find(wished)) is None or (there.layer, there.signature) == own
        )

    def list(self) -> ProfileList:
        """Return all profiles by name; damaged ones are left out and reported."""
        profiles: list[Profile] = []
        issues: list[Issue] = []
        for path in self._files():
            read = self._read(path)
            if isinstance(read, Profile):
                profiles.append(read)
                continue
            issues.append(
                finding(
                    "profile_damaged",
                    layer="",
                    file=path.name,
                    file_name=path.name,
                    problem_zh=read.zh,
                    problem_en=read.en,
                )
            )
        return ProfileList(tuple(sorted(profiles, key=lambda p: p.name)), tuple(issues))

    def delete(self, name: str) -> bool:
        """Delete the profile called `name`, damaged or not; ``False`` if there is none."""
        path = self._path(name)
        if not _is_own_file(path):
            return False
        path.unlink()
        return True

    def matching(self, headings: Iterable[str], layer: str) -> Profile | None:
        """Return the profile that a file with these headings was most likely decided with.

        At least nine of ten headings of the profile must be there, and it must know at
        least eight of ten headings of the file. The one whose headings agree most wins,
        then the one that was saved last.
        """
        there = _signature(headings)
        best: tuple[float, float, str] | None = None
        found: Profile | None = None
        for profile in self.list().profiles:
            signature = profile.signature
            if profile.layer != layer or not signature:
                continue
            common = len(signature & there)
            share, known = common / len(signature), common / max(len(there), 1)
            rank = (share, common / len(signature | there), profile.time)
            alike = share >= _FOUND_AGAIN and known >= _KNOWN
            if alike and (best is None or rank > best):
                best, found = rank, profile
        return found

    def _files(self) -> tuple[Path, ...]:
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(p for p in self._folder.glob(f"*{_ENDING}") if _is_own_file(p)))

    def _path(self, name: str) -> Path:
        """Return where the profile called `name` lies; no name leads out of the folder."""
        plain = unicodedata.normalize("NFC", name)
        # The hash tells names apart that differ in case or in signs only.
        tail = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        stem = _NOT_IN_FILES.sub("-", plain)[:30].strip("-")
        return self._folder / f"{stem or 'profile'}-{tail}{_ENDING}"

    def _read(self, path: Path) -> Profile | Text:
        """Return the profile in a file, or what is wrong with the file."""
        try:
            if path.stat().st_size > _MAX_BYTES:
                return Text("文件过大", "the file is too large")
            raw = json.loads(path.read_text(encoding="utf-8"))
            profile = _profile(raw)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            return Text(f"文件已损坏（{type(error).__name__}）", f"the file is damaged ({error})")
        if self._path(profile.name).name != path.name:
            return Text("文件名与方案名不符", "the file is not called as its profile")
        return self._problem(profile) or profile

    def _problem(self, profile: Profile) -> Text | None:
        """Return what keeps a profile from being used, or ``None``."""
        if not profile.name.strip() or len(profile.name) > _MAX_NAME:
            return Text(f"名称须为 1–{_MAX_NAME} 字", f"a name has 1 to {_MAX_NAME} characters")
        if _NO_NAME.search(profile.name):
            return Text("名称含控制字符", "the name has control characters")
        if _too_much(profile):
            return Text("表头过多或过长", "there are too many headings, or too long ones")
        if not _CRS.fullmatch(profile.crs):
            return Text(
                "坐标系只能写名称（EPSG:n、GCJ02、BD09、CGCS2000、WGS84），不保存参数",
                "a coordinate system is kept by name only (EPSG:n, GCJ02, BD09, CGCS2000, WGS84)",
            )
        if profile.layer not in self._catalogue.keys:
            return Text(f"没有图层 {profile.layer}", f"there is no layer {profile.layer}")
        return _unknown_names(profile, self._catalogue.layer(profile.layer))


def _signature(headings: Iterable[str]) -> frozenset[str]:
    return frozenset(map(normalise, headings))


def _too_much(profile: Profile) -> bool:
    texts = [
        *(getattr(profile, name) for name in _TEXTS),
        *profile.headings,
        *(text for pair in profile.mapping.items() for text in pair),
        *(text for pair in profile.units.items() for text in pair),
        *(text for m in profile.meanings.values() for pair in m.items() for text in pair),
    ]
    lists = (profile.headings, profile.mapping, profile.units, *profile.meanings.values())
    most = max(map(len, lists))
    return most > _MAX_HEADINGS or max(map(len, texts)) > _MAX_TEXT


def _unknown_names(profile: Profile, spec: LayerSpec) -> Text | None:
    targets = {*spec.field_names, *PLACES, *LEFT_OUT}
    for target in profile.mapping.values():
        if target not in targets:
            return Text(f"图层没有字段 {target}", f"the layer has no field {target}")
    for name, unit in profile.units.items():
        if not spec.has_field(name) or stated_unit(unit, spec.field(name)).kind != "same":
            return Text(f"单位“{unit}”不能用于 {name}", f"'{unit}' is no unit for {name}")
    for name in profile.meanings:
        if not spec.has_field(name):
            return Text(f"图层没有字段 {name}", f"the layer has no field {name}")
    return None


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _profile(raw: Any) -> Profile:  # noqa: ANN401 -- what JSON gives
    """Return the profile that JSON holds.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is not the shape of a profile.
    """
    if not isinstance(raw, dict) or raw.get("format") != _FORMAT:
        msg = f"no profile of format {_FORMAT}"
        raise ValueError(msg)
    headings = raw["headings"]
    if not isinstance(headings, list) or len(headings) > _MAX_HEADINGS:
        msg = "headings"
        raise TypeError(msg)
    texts = {name: _text(raw[name]) for name in _TEXTS}
    return Profile(
        headings=tuple(_text(heading) for heading in headings),
        mapping=_pairs(raw["mapping"]),
        units=_pairs(raw["units"]),
        meanings=_meanings(raw.get("meanings", {})),
        # Older files do not say it.
        swap=_choice(raw.get("swap")),
        **texts,
    )


def _choice(raw: Any) -> bool | None:  # noqa: ANN401 -- what JSON gives
    if raw is not None and not isinstance(raw, bool):
        msg = "neither yes nor no"
        raise TypeError(msg)
    return raw


def _pairs(raw: Any) -> dict[str, str]:  # noqa: ANN401 -- what JSON gives
    if not isinstance(raw, dict) or len(raw) > _MAX_HEADINGS:
        msg = "no table of names"
        raise TypeError(msg)
    return {_text(name): _text(value) for name, value in raw.items()}


def _meanings(raw: Any) -> dict[str, dict[str, str]]:  # noqa: ANN401 -- what JSON gives
    if not isinstance(raw, dict) or len(raw) > _MAX_HEADINGS:
        msg = "no table of fields"
        raise TypeError(msg)
    return {_text(name): _pairs(known) for name, known in raw.items()}


def _text(raw: Any) -> str:  # noqa: ANN401 -- what JSON gives
    if not isinstance(raw, str) or len(raw) > _MAX_TEXT:
        msg = "no text"
        raise TypeError(msg)
    return raw


def profile_of(
    name: str,
    result: IntakeResult,
    choices: Choices,
    headings: Iterable[str],
    *,
    layer: str,
    author: str,
    time: str,
) -> Profile:
    """Return what was decided for a file, to be saved.

    All columns that were used are remembered, also those that were known by their
    names; a later catalogue may know other names.

    Parameters
    ----------
    name
        What the profile is to be called.
    result, choices
        What became of the file, and what was decided.
    headings
        Headings of the file.
    layer, author, time
        See :class:`Profile`.
    """
    used = {**result.columns.fields, **result.columns.places}
    left_out = {h: LEFT_OUT[-1] for h, target in choices.mapping.items() if target in LEFT_OUT}
    return Profile(
        name=name,
        layer=layer,
        headings=tuple(headings),
        mapping={**{heading: target for target, heading in used.items()}, **left_out},
        units=dict(choices.units),
        meanings={field: dict(known) for field, known in choices.meanings.items()},
        # What was chosen by itself is remembered by its name.
        crs=(result.crs if choices.crs == _AUTO else choices.crs) or "",
        encoding=choices.encoding or "",
        part=choices.part,
        swap=choices.swap,
        author=author,
        time=time,
    )
