"""Layers in a PostGIS database: written with styles, versions and comments, and read again.

Everything goes through ADBC, whose driver speaks to the server with libpq and takes and
gives Arrow tables; it is imported only when a database is asked for.
"""
