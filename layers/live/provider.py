"""The plug-in through which pygeoapi asks a snapshot; only pygeoapi imports this module.

pygeoapi reads and checks the general parameters, and says what is in the answer; the
features themselves are written by :mod:`layers.live.writing` and put in afterwards, because
the library would make a Python object of every vertex and transform every feature alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from pygeoapi.provider.base import BaseProvider
from pygeoapi.provider.base import ProviderItemNotFoundError

from layers.live.describing import field_schema

if TYPE_CHECKING:
    from layers.live.asking import Query
    from layers.live.snapshots import Snapshot


@dataclass
class Question:
    """One request on its way through the library.

    Attributes
    ----------
    snapshot
        What is asked.
    lang
        In which language titles are.
    query
        What is asked of a list, ``None`` for one item or a description.
    rows
        Filled in: the numbers of the rows of the answer.
    """

    snapshot: Snapshot
    lang: str
    query: Query | None = None
    rows: np.ndarray[Any, Any] | None = None


class LiveProvider(BaseProvider):  # type: ignore[misc] # the library has no types
    """Answers for one request; ``data`` of its settings is the :class:`Question`."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self.question: Question = provider_def["data"]
        self.get_fields()

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with their schemas."""
        fields = self.question.snapshot.fields.values()
        self._fields = {field.name: field_schema(field, self.question.lang) for field in fields}
        return self._fields

    def query(self, **_asked: Any) -> dict[str, Any]:  # noqa: ANN401 - the library's own
        """Choose the rows; what was asked is in the question, read more strictly."""
        query = self.question.query
        assert query is not None  # a list is asked with a query
        found = query.rows(self.question.snapshot)
        self.question.rows = found[query.offset : query.offset + query.limit]
        return {
            "type": "FeatureCollection",
            "features": [],
            "numberMatched": len(found),
            "numberReturned": len(self.question.rows),
        }

    def get(self, identifier: str, **_asked: Any) -> dict[str, Any]:  # noqa: ANN401 - the library's own
        """Choose one row.

        Raises
        ------
        ProviderItemNotFoundError
            If there is none.
        """
        row = self.question.snapshot.rows_by_id.get(identifier)
        if row is None:
            raise ProviderItemNotFoundError
        self.question.rows = np.array([row])
        return {"type": "Feature", "id": identifier, "properties": {}, "geometry": None}
