"""Analysis on plain GeoDataFrames: no files, no network, no user interface.

The room reads like the methods chapter of a plan. Scatter, chapter by chapter:

:mod:`geo.crs`
    where things are, and how long and how large they are;
:mod:`geo.gcj`
    coordinates from web maps, brought back;
:mod:`geo.spaces`
    what a park holds;
:mod:`geo.sites`
    which of it is one place;
:mod:`geo.distance`, :mod:`geo.barriers`, :mod:`geo.network`, :mod:`geo.layout`
    what lies between the places, and how one walks there;
:mod:`geo.dispersion`, :mod:`geo.measures`
    how far apart, in how many pieces;
:mod:`geo.zones`
    how much of it is in the designated zones;
:mod:`geo.chance`, :mod:`geo.land`
    whether it is more compact than chance would have it;
:mod:`geo.flag`, :mod:`geo.reasons`
    the rule and the sentence that defends it;
:mod:`geo.scatter`
    all of it for all parks at once;
:mod:`geo.district`
    the parks beside each other, and what has changed.

More chapters stand on these: :mod:`geo.access` (how space is linked to campus, rail and
neighbourhood on foot), :mod:`geo.consolidation` (what could move where),
:mod:`geo.underuse` (which building space is underused, and how sure that is; with
:mod:`geo.matching`, which operator should see it) and :mod:`geo.scorecards` (how good
parks, incubators and operators are in their class). :mod:`geo.batch` says how a city is cut
into districts and partitions without a number depending on it, and adds them up again.

The formulas are in ``docs/methods.md``, ``docs/access.md``, ``docs/consolidation.md`` and
``docs/underuse.md``.
"""
