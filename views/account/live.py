"""Live layers: under which address desktop programs find them, and how they are added."""

from __future__ import annotations

from urllib.parse import quote
from urllib.parse import urlsplit

import streamlit as st

from layers.live import LIVE_ROUTE
from layers.team.settings import team
from views import place
from views import who
from views.text import _


def show() -> None:
    """Show the address, and the steps by which QGIS and ArcGIS Pro show the layers."""
    st.caption(
        _(
            "QGIS and ArcGIS Pro can show the layers of this workspace as they are now, "
            "without a file, to read and not to change."
        )
    )
    st.code(_address(), language=None, wrap_lines=True)
    steps = [
        _("In QGIS open Layer › Data Source Manager › WFS / OGC API - Features and press New."),
        _("Paste the address above and choose the version OGC API - Features."),
        *(
            [
                _(
                    "Under Authentication choose Basic; any user name will do, and the password "
                    "is one of your tokens below."
                )
            ]
            if who.is_team()
            else []
        ),
        _("Connect, choose the layers and press Add."),
    ]
    st.markdown("\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)))
    st.caption(
        _(
            "In ArcGIS Pro: Insert › Connections › Server › New OGC API Server, with the same "
            "address."
        )
    )


def _address() -> str:
    """Return the whole address of the live layers, as this browser reaches the app."""
    district = place.current().name
    path = f"{LIVE_ROUTE}/{quote(district, safe='')}" if district else LIVE_ROUTE
    settings = team()
    if settings is not None:
        return settings.public_url + path
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{path}" if here.netloc else path
