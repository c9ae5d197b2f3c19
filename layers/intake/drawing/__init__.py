"""The reader of CAD drawings (DXF)."""
