"""Checks across rows and layers."""
