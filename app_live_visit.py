"""One request to the live layers: who asks, in which language, for what; and the record of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any

from app_live_standard import Service
from layers.audit import Action
from layers.audit import Door
from layers.audit import Event
from layers.audit import journal_of
from layers.errors import AtlasError
from layers.live import LIVE_ROUTE
from layers.live import place_of
from layers.live import shelf
from layers.live.asking import FORMAT
from layers.live.asking import LANG
from layers.live.asking import pinned
from layers.live.describing import LANGUAGES
from layers.live.describing import collection_of
from layers.live.refusals import bad_value
from layers.live.refusals import no_collection
from layers.live.refusals import no_right
from layers.live.snapshots import collection_parts
from layers.live.systems import live_systems
from layers.paths import default_path
from layers.team import ALONE
from layers.team.settings import team
from layers.workspace import ABSENT

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from starlette.requests import Request

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.live import LivePlace
    from layers.live import LiveRefusal
    from layers.live import Snapshot
    from layers.live.kept import Kind
    from layers.live.provider import Question
    from layers.live.snapshots import Extent
    from layers.live.systems import LiveSystem
    from layers.team import Person

_LOG = logging.getLogger("atlas")
_PROVIDER = "layers.live.provider.LiveProvider"
_FORBIDDEN = 403
_MOST_TOLD = 10_000
# A new process may write the same version otherwise.
_PROCESS = secrets.token_hex(8)


class Visit:
    """A request on its way to an answer.

    Parameters
    ----------
    request
        The request; the gate of a team server has put the person into its scope.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.given = request.query_params.multi_items()
        self.lang = language_of(request)
        self.district: str = request.path_params.get("district", "")
        person = request.scope.get("atlas.person", ALONE)
        self.person: Person = person

    def check(self) -> None:
        """Refuse a language or format that there is not.

        Raises
        ------
        LiveRefusal
            400 for either.
        """
        told = dict(self.given)
        if LANG in told and _known_language(told[LANG]) is None:
            raise bad_value(LANG, told[LANG], "可用：zh, en", "use zh or en")
        if told.get(FORMAT, "json") != "json":
            raise bad_value(FORMAT, told[FORMAT], "只提供 json", "there is json only")

    @cached_property
    def root(self) -> str:
        """Address of the live layers, as whoever asks knows this server."""
        settings = team()
        if settings is not None:
            return settings.public_url + LIVE_ROUTE
        return f"{self.request.url.scheme}://{self.request.url.netloc}{LIVE_ROUTE}"

    @property
    def base(self) -> str:
        """Address of the landing page of the workspace."""
        return f"{self.root}/{self.district}" if self.district else self.root

    @cached_property
    def place(self) -> LivePlace:
        """The workspace."""
        return place_of(self.district)

    @property
    def service(self) -> Service:
        """What writes the documents."""
        return Service(self.base, self.place.title, self.lang)

    @property
    def systems(self) -> dict[str, LiveSystem]:
        """The systems that can be asked for."""
        return live_systems(self.place.workspace.catalogue.central_meridian)

    def collections(self) -> list[tuple[LayerSpec, Kind]]:
        """Return the layers that the person may see and that hold data, with their parts.

        A layer with several kinds of places is there as a whole, and by kind. One that
        is damaged is left out.
        """
        catalogue = self.place.workspace.catalogue
        found: list[tuple[LayerSpec, Kind]] = []
        for key, version in self.place.workspace.versions().items():
            spec = catalogue.layer(key)
            if not self.person.sees(spec):
                continue
            try:
                kinds = self._extent(key, version).kinds
            except AtlasError as error:
                self.log(error)  # the others are there nevertheless
                continue
            found.append((spec, ""))
            found += [(spec, kind) for kind in kinds if len(kinds) > 1]
        return found

    def fields(self, spec: LayerSpec) -> list[FieldSpec]:
        """Return the fields that the person may see."""
        return [field for field in spec.fields if self.person.sees(spec, field)]

    def collection(self) -> tuple[LayerSpec, Kind]:
        """Return the layer that the address names, and of which kind of places.

        Raises
        ------
        LiveRefusal
            404 if there is none or it has no data, 403 if the person may not see it.
        """
        name = self.request.path_params["layer"]
        parts = collection_parts(name)
        workspace = self.place.workspace
        if parts is None or parts[0] not in workspace.catalogue.keys:
            raise no_collection(name)
        key, kind = parts
        spec = workspace.catalogue.layer(key)
        if not self.person.sees(spec):
            raise no_right(key)
        if workspace.version(key) == ABSENT or (kind and kind not in spec.geometry):
            raise no_collection(name)
        return spec, kind

    def question(self) -> Question:
        """Return the layer that the address names, in the version that it asks for.

        Raises
        ------
        LiveRefusal
            As :meth:`collection`, and 400 if there is no such version.
        """
        from layers.live.provider import Question  # imports the library

        spec, kind = self.collection()
        workspace = self.place.workspace
        version = pinned(dict(self.given), workspace.version(spec.key))
        found = shelf().snapshot(workspace, spec.key, version, self.person.audience, kind)
        return Question(found, self.lang)

    def resource(
        self, spec: LayerSpec, kind: Kind, question: Question | None = None
    ) -> dict[str, Any]:
        """Return a layer as the library wants it."""
        workspace = self.place.workspace
        if question is None:
            extent = self._extent(spec.key, workspace.version(spec.key), kind)
        else:
            extent = question.snapshot.extent
        groups = {group.key: group.title for group in workspace.catalogue.groups}
        return collection_of(
            spec,
            kind,
            extent,
            self.systems.values(),
            group=groups[spec.group],
            lang=self.lang,
            provider={"name": _PROVIDER, "data": question},
        )

    def _extent(self, key: str, version: int, kind: Kind = "") -> Extent:
        return shelf().extent(self.place.workspace, key, version, self.person.audience, kind)

    def asked_resource(self, question: Question) -> dict[str, Any]:
        """Return the one resource of a question."""
        snapshot = question.snapshot
        resource = self.resource(snapshot.spec, snapshot.kind, question)
        return {snapshot.collection: resource}

    def tag(self, snapshot: Snapshot) -> str:
        """Return the tag of the answer: the same for the same version, audience and question.

        It is a weak one, because the answer says when it was given.
        """
        what = (
            _PROCESS,
            snapshot.identity,
            snapshot.collection,
            snapshot.version,
            snapshot.audience,
            self.place.workspace.catalogue.version_text,
            self.base,
            self.lang,
            self.request.path_params.get("item"),
            self.given,
        )
        return f'W/"{hashlib.sha256(repr(what).encode()).hexdigest()[:32]}"'

    def has(self, tag: str) -> bool:
        """Tell whether whoever asks has the answer of a tag already (RFC 9110, 13.1.2)."""
        said = self.request.headers.get("if-none-match", "")
        tags = {part.strip() for part in said.split(",")}
        return "*" in tags or tag in tags or tag.removeprefix("W/") in tags

    def tell_seen(self, snapshot: Snapshot) -> None:
        """Record that a version was read, once an hour and person: not every page of it."""
        hour = dt.datetime.now(dt.UTC).strftime("%Y%m%d%H")
        name = (snapshot.identity, snapshot.key, snapshot.version, snapshot.audience, hour)
        event = self._event(
            Action.LIVE,
            layers={snapshot.key: snapshot.version},
            detail={"audience": snapshot.audience, "rows": snapshot.extent.rows},
        )
        self._tell(name, self.place.workspace.path, event)

    def tell_refusal(self, refusal: LiveRefusal) -> None:
        """Record that somebody asked for what his role may not see, once an hour."""
        if refusal.status != _FORBIDDEN:
            return
        hour = dt.datetime.now(dt.UTC).strftime("%Y%m%d%H")
        path = self.request.url.path
        event = self._event(Action.REFUSED, subject=path[:200])
        self._tell((path, hour), default_path(), event)

    def log(self, error: AtlasError) -> None:
        """Put what went wrong into the log."""
        _LOG.error("a live layer cannot be read: %s", error.text.en)

    def _event(self, action: Action, **rest: Any) -> Event:  # noqa: ANN401 - members of an event
        person = self.person
        return Event(action, Door.LIVE, person.person_id, person.name, person.role.value, **rest)

    def _tell(self, name: tuple[Hashable, ...], folder: Path, event: Event) -> None:
        if not _TOLD.is_new((folder, self.person.person_id, *name)):
            return
        try:
            journal_of(folder).record(event)
        except AtlasError as error:
            # Looking is recorded as well as can be; nobody is kept from it.
            _LOG.warning("the audit could not be written: %s", error.text.en)


def language_of(request: Request) -> str:
    """Return ``zh`` or ``en``: what the address says, else what the program prefers."""
    asked = _known_language(request.query_params.get(LANG, ""))
    if asked is not None:
        return asked
    said = request.headers.get("accept-language", "")
    wishes = [part.partition(";q=") for part in said.replace(" ", "").split(",")]
    ranked = sorted(wishes, key=lambda wish: -_weight(wish[2]))
    found = (_known_language(name) for name, _, weight in ranked if _weight(weight) > 0)
    return next((lang for lang in found if lang), next(iter(LANGUAGES)))


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _known_language(text: str) -> str | None:
    name = text.replace("_", "-").partition("-")[0].lower()
    return name if name in LANGUAGES else None


class _Told:
    """What was recorded already in this process, the latest of it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: OrderedDict[Hashable, None] = OrderedDict()

    def is_new(self, name: Hashable) -> bool:
        """Remember a name; tell whether it was not known."""
        with self._lock:
            if name in self._names:
                return False
            self._names[name] = None
            while len(self._names) > _MOST_TOLD:
                self._names.popitem(last=False)
            return True


_TOLD = _Told()
