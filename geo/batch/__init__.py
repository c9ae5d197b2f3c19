"""Many districts at once: what is computed together, and how the parts become one.

The analyses themselves know nothing of this: they are called with the tables of one
district, as for a single one, and never with more.

:mod:`geo.batch.scopes`
    which district every row belongs to;
:mod:`geo.batch.plan`, :mod:`geo.batch.tiles`
    which parks are computed together;
:mod:`geo.batch.partials`, :mod:`geo.batch.exact`
    sums of parts that are, to the last bit, the sum of the whole;
:mod:`geo.batch.clusters`
    walking clusters of a whole city, tile by tile.
"""
