"""Whose data it is, under which licence, and how that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from layers.opendata.elements import Credit

OSM_DATASET = "OpenStreetMap"
OSM_LICENCE = "ODbL-1.0"
OSM_ATTRIBUTION = "© OpenStreetMap contributors"
OVERTURE_ATTRIBUTION = "© Overture Maps Foundation"

_OSM_SOURCE = "openstreetmap"
_OVERTURE_SOURCE = "overture"


def licence_of(dataset: str, told: str | None) -> str:
    """Return the licence of one source of an Overture object, empty if nothing says it.

    OpenStreetMap has one licence wherever its data goes. Nothing else is concluded from
    the name of a dataset.
    """
    if told:
        return told
    return OSM_LICENCE if dataset == OSM_DATASET else ""


def source_ids(credits_: tuple[Credit, ...]) -> str:
    """Return the field ``source`` of a row: ids of the datasets, joined by semicolons."""
    names = (
        _OSM_SOURCE
        if credit.dataset == OSM_DATASET
        else f"{_OVERTURE_SOURCE}:{credit.dataset}".replace(";", ",")
        for credit in credits_
    )
    return ";".join(dict.fromkeys(names))


def told_credits(credits_: tuple[Credit, ...]) -> str:
    """Return the field ``note`` of a row: dataset, object, version, time and licence."""
    return "；".join(dict.fromkeys(_told(credit) for credit in credits_))


def _told(credit: Credit) -> str:
    licence = credit.licence or "许可未说明"
    parts = (credit.dataset, credit.record, credit.time)
    return f"{' '.join(part for part in parts if part)}（{licence}）"


def attribution(datasets: set[str]) -> str:
    """Return the line of attribution for data of these datasets."""
    others = sorted(datasets - {OSM_DATASET})
    lines = [OSM_ATTRIBUTION] if OSM_DATASET in datasets else []
    if others:
        lines += [OVERTURE_ATTRIBUTION, *others]
    return ", ".join(lines)


def notice(datasets: set[str], licences: set[str]) -> Text:
    """Return what must be said wherever the data is shown or passed on."""
    credit = attribution(datasets)
    known = sorted(licences - {""})
    zh, en = f"数据来源：{credit}", f"Data: {credit}"
    if known:
        zh, en = f"{zh}；许可：{'、'.join(known)}", f"{en}; licence: {', '.join(known)}"
    if "" in licences:
        zh, en = f"{zh}；部分对象未说明许可", f"{en}; some objects name no licence"
    return Text(zh, en)
