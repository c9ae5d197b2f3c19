"""Keeping a workspace: backups, checks, and clearing away what nobody needs any more."""

from __future__ import annotations
