"""The tests; a package, since a library (pygeoapi) installs one of the same name."""
