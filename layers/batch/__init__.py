"""Batch 批量计算: the functions of the pages, mapped over the districts of a city or country.

The steps, each on its own:

1. *inputs*: a workspace, a city, a folder of GeoParquet or PostGIS (:mod:`layers.batch.inputs`);
2. *staging*: every row goes to the district it belongs to (:mod:`layers.batch.staging`);
3. *plan*: the parks are put into partitions (:mod:`geo.batch`);
4. *tasks*: a partition is computed by the functions that the pages call
   (:mod:`layers.batch.commands`, :mod:`layers.batch.tasks`), here or on the workers of a
   cluster (:mod:`layers.batch.engine`), and kept under the hash of what it depends on
   (:mod:`layers.batch.ledger`);
5. *merging*: parts become the tables of all districts (:mod:`layers.batch.merging`), which
   can go back into a workspace (:mod:`layers.batch.results`).
"""
