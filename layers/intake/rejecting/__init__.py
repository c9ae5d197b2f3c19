"""Rejected rows, in the sender's own form."""
