"""A team on one server: who somebody is, what he may do, and the settings of the server."""

from __future__ import annotations

from layers.team.people import ALONE
from layers.team.people import Audience
from layers.team.people import Person
from layers.team.people import Right
from layers.team.people import Role

__all__ = ["ALONE", "Audience", "Person", "Right", "Role"]
