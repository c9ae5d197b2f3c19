"""Texts of the map's own controls, handed to its scripts as data."""

from __future__ import annotations

from views.text import _


def texts() -> dict[str, str]:
    """Return the translated texts by the keys that the scripts use."""
    return _tools() | _editing() | _sizes() | _warnings()


def _tools() -> dict[str, str]:
    return {
        "home": _("Show the whole area"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "crs": _("CGCS2000, longitude and latitude"),
        "copy_link": _("Copy a link to this picture"),
        "link_copied": _("Link copied"),
        "link_failed": _("The browser does not allow copying; copy the address bar instead."),
        "print": _("Print this page"),
        "counted": _("{n} objects; zoom in to see them"),
        "measure_distance": _("Measure a distance"),
        "measure_area": _("Measure an area"),
    }


def _editing() -> dict[str, str]:
    return {
        "edit_title_point": _("Draw a point"),
        "edit_title_line": _("Draw a line"),
        "edit_title_polygon": _("Draw an area"),
        "edit_title_edit": _("Correct the shape"),
        "edit_title_split": _("Split"),
        "edit_hint_point": _("Click the map to place the point."),
        "edit_hint_line": _("Click to add points; double click to finish."),
        "edit_hint_polygon": _(
            "Click to add corners; double click or click the first corner to finish."
        ),
        "edit_hint_edit": _(
            "Drag a corner to move it, a small dot to insert one; right-click a corner to "
            "remove it."
        ),
        "edit_hint_split": _(
            "Draw a line right across the highlighted shape; double click to finish."
        ),
        "edit_finish": _("Finish (Enter)"),
        "edit_undo": _("Undo a step (Ctrl+Z)"),
        "edit_redo": _("Redo a step (Ctrl+Y)"),
        "edit_snap": _("Snap to corners and edges (hold Alt to pause)"),
        "edit_cancel": _("Give up (Esc)"),
        "edit_show_help": _("Help on mouse and keyboard"),
        "help": f"{_help_mouse()}\n{_help_keyboard()}",
        "edit_corner": _("Corner {n} of {total}; arrow keys move it, Delete removes it"),
        "edit_insert": _("Insert a corner after corner {n}"),
    }


def _help_mouse() -> str:
    return _(
        "Mouse: a click places a corner, dragging moves the map, a double click finishes. Drag a "
        "corner to move it, or the small dot on an edge to insert one. Alt+click or right-click "
        "removes a corner. Hold Alt to place without snapping."
    )


def _help_keyboard() -> str:
    return _(
        "Keyboard: Tab to the map; arrow keys move it under the cross-hair. Enter places a corner "
        "there; Enter again at the same place, or at the first corner, finishes. Tab to a corner: "
        "arrow keys move it (with Shift: ten pixels), Delete removes it; Enter on a small dot "
        "inserts a corner. Ctrl+Z or Backspace undoes, Ctrl+Y redoes, Esc gives up."
    )


def _sizes() -> dict[str, str]:
    return {
        "edit_segment": _("Last segment"),
        "edit_total": _("Total length"),
        "edit_area": _("Area"),
        "edit_perimeter": _("Perimeter"),
        "unit_m": "m",
        "unit_km": "km",
        "unit_ha": _("ha"),
        "unit_m2": "m²",
        "unit_mu": _("mu"),
    }


def _warnings() -> dict[str, str]:
    return {
        "edit_too_few_point": _("The shape needs at least one point."),
        "edit_too_few_line": _("A line needs at least two different points."),
        "edit_too_few_polygon": _("An area needs at least three different corners."),
        "edit_crossing": _(
            "The outline crosses or touches itself at the red ring and cannot be finished. Move "
            "or remove a corner there."
        ),
        "edit_hole_outside": _(
            "A hole lies outside its area and the shape cannot be finished. Move the hole back "
            "inside."
        ),
        "edit_not_editable": _("There is no shape here that can be edited on the map."),
    }
