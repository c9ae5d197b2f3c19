"""The bundled edition of Yangpu: one file a layer, the catalogue and the sources."""
