"""三区联动: the layers brought to the rules of :mod:`geo.access`, and back with reasons."""

from __future__ import annotations

from layers.access.areas import AREA_TITLES
from layers.access.areas import walk_areas_of
from layers.access.causes import LEAST_M
from layers.access.changes import AccessChange
from layers.access.changes import compare_access
from layers.access.circle import Circle
from layers.access.circle import circle_tables
from layers.access.circle import circles
from layers.access.circle import fifteen_minutes
from layers.access.estimates import estimate_at_stake
from layers.access.estimates import estimates_dropped
from layers.access.flags import FLAG_COLUMNS
from layers.access.flags import flags_changed
from layers.access.gaps import GAP_TITLES
from layers.access.gaps import SET_TITLES
from layers.access.gaps import AccessGaps
from layers.access.gaps import gaps_of
from layers.access.inputs import ACCESS_LAYERS
from layers.access.inputs import Given
from layers.access.inputs import given_of
from layers.access.judged import Access
from layers.access.judged import access_district
from layers.access.judged import access_layer
from layers.access.judged import access_nearest
from layers.access.judged import access_of
from layers.access.judged import access_parks
from layers.access.objects import object_changes
from layers.access.remarks import access_remarks
from layers.access.saving import save_trial
from layers.access.titles import ACCESS_TITLE
from layers.access.titles import ACCESS_TITLES
from layers.access.titles import CHANGE_NAMES
from layers.access.titles import CHANGE_TITLES
from layers.access.titles import CIRCLE_TITLES
from layers.access.titles import CONDITION_NAMES
from layers.access.titles import DISTANCE_TITLES
from layers.access.titles import DWELLING_TITLES
from layers.access.titles import FLAG_CHANGE_TITLES
from layers.access.titles import GROUP_TITLES
from layers.access.titles import KEY_NAMES
from layers.access.titles import NEAREST_TITLES
from layers.access.titles import OBJECT_NAMES
from layers.access.titles import OBJECT_TITLES
from layers.access.titles import SHARE_CHANGE_TITLES
from layers.access.titles import SHARE_TITLES
from layers.access.titles import STATE_NAMES
from layers.access.titles import TABLE_TITLES
from layers.access.titles import WAY_NAMES
from layers.access.trial import TRIAL_LAYERS
from layers.access.trial import Trial
from layers.access.trial import TrialObject
from layers.access.trial import trial_remarks
from layers.access.trial import with_trial
from layers.access.words import BASIS_NAMES
from layers.access.words import COLUMN_TITLES
from layers.access.words import codes_in

__all__ = [
    "ACCESS_LAYERS",
    "ACCESS_TITLE",
    "ACCESS_TITLES",
    "AREA_TITLES",
    "BASIS_NAMES",
    "CHANGE_NAMES",
    "CHANGE_TITLES",
    "CIRCLE_TITLES",
    "COLUMN_TITLES",
    "CONDITION_NAMES",
    "DISTANCE_TITLES",
    "DWELLING_TITLES",
    "FLAG_CHANGE_TITLES",
    "FLAG_COLUMNS",
    "GAP_TITLES",
    "GROUP_TITLES",
    "KEY_NAMES",
    "LEAST_M",
    "NEAREST_TITLES",
    "OBJECT_NAMES",
    "OBJECT_TITLES",
    "SET_TITLES",
    "SHARE_CHANGE_TITLES",
    "SHARE_TITLES",
    "STATE_NAMES",
    "TABLE_TITLES",
    "TRIAL_LAYERS",
    "WAY_NAMES",
    "Access",
    "AccessChange",
    "AccessGaps",
    "Circle",
    "Given",
    "Trial",
    "TrialObject",
    "access_district",
    "access_layer",
    "access_nearest",
    "access_of",
    "access_parks",
    "access_remarks",
    "circle_tables",
    "circles",
    "codes_in",
    "compare_access",
    "estimate_at_stake",
    "estimates_dropped",
    "fifteen_minutes",
    "flags_changed",
    "gaps_of",
    "given_of",
    "object_changes",
    "save_trial",
    "trial_remarks",
    "walk_areas_of",
    "with_trial",
]
