"""Addresses and folders in the settings: read into one form, and refused where they are unsafe."""

from __future__ import annotations

import re
from ipaddress import ip_address
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team.reading import Table

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is this computer's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def public_url(table: Table, key: str) -> str:
    """Return the public address of the server in its one form, without a slash at its end."""
    text = table.text(key).strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise table.error(key, "不是有效的网址", "is no address") from None
    wrapped = f"[{host}]" if ":" in host else host
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in {"http", "https"} or not _HOST_NAME.fullmatch(wrapped) or not plain:
        zh = "应为不带路径的网址，例如 https://atlas.example.org"
        raise table.error(key, zh, "must be like https://atlas.example.org, without a path")
    if parts.scheme == "http" and not is_loopback(host):
        zh = "应以 https:// 开头：登录凭据不得在网络上明文传输"
        raise table.error(key, zh, "must begin with https://, to protect the sign-in")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{wrapped}" + ("" if port in {None, usual} else f":{port}")


def address(table: Table, key: str, default: str) -> str:
    """Return an IP address."""
    text = table.text(key, default).strip()
    try:
        return str(ip_address(text))
    except ValueError:
        zh, en = "应为 IP 地址，例如 127.0.0.1", "must be an IP address, like 127.0.0.1"
        raise table.error(key, zh, en) from None


def networks(table: Table, key: str, default: list[str]) -> tuple[str, ...]:
    """Return addresses and networks; every address at once is refused."""
    found = []
    for text in table.texts(key, default):
        try:
            network = ip_network(text.strip())
        except ValueError:
            zh, en = f"“{text}”不是 IP 地址或网段", f"'{text}' is no address or network"
            raise table.error(key, zh, en) from None
        if network.prefixlen == 0:
            zh, en = "不能信任所有地址", "must not trust every address"
            raise table.error(key, zh, en)
        found.append(str(network) if network.num_addresses > 1 else str(network.network_address))
    if not found:
        raise table.error(key, "至少填写一个地址", "must name one address at least")
    return tuple(found)


def folder(table: Table, key: str) -> Path | None:
    """Return a folder, counted from that of the settings file; None if none is named."""
    text = table.text(key, "")
    return (table.path.parent / text).absolute() if text else None
