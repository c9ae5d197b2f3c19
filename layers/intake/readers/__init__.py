"""Readers: a file as it is, by kind."""
