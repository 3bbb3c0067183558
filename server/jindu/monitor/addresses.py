"""Where a webhook may be sent: to the addresses of the world, and of the inside only to networks that the settings name.

A name is looked up once for each try, every address of the answer is looked at, and the connection goes to an address that was
looked at, whatever the name says a moment later (DNS rebinding). Forms that hide an IPv4 address are opened first: IPv4 mapped
into IPv6, 6to4, NAT64; numbers such as 2130706433 or 0x7f.1 are what the system's resolver makes of them.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from .apart import apart

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

# Of the world by their number, and yet a host's own: what clouds answer with credentials; what Python does not count.
METADATA = ipaddress.ip_network("168.63.129.16/32")
RESERVED = (METADATA, ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("fec0::/10"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


class Refused(Exception):
    """The address is inside, or there is none. The text names no address: who set the webhook need not learn any."""


def parsed(text: str) -> Address:
    """An address as a resolver gives it. Raises `ValueError`."""
    return _opened(ipaddress.ip_address(text.partition("%")[0]))


def literal(host: str) -> Address | None:
    """The address that a host is, if it is one and not a name; also as the system reads numbers (1, 0x7f.1, 0177.0.0.1)."""
    with suppress(ValueError):
        return parsed(host.strip("[]"))
    with suppress(OSError, UnicodeEncodeError):
        return ipaddress.ip_address(socket.inet_aton(host))
    return None


def inside(address: Address) -> bool:
    """Whether an address is not of the world: loopback, private, link-local, reserved, multicast, unspecified, metadata."""
    return not address.is_global or address.is_multicast or address.is_reserved or _reserved(address)


def _reserved(address: Address) -> bool:
    return any(address in network for network in RESERVED)


def allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether something may be sent there; `networks` are those of the inside that are allowed."""
    return not inside(address) or any(address in network for network in networks)


def networks_of(names: Sequence[str]) -> list[Network]:
    return [ipaddress.ip_network(name, strict=False) for name in names]


async def checked(host: str, port: int, networks: Sequence[Network], resolve: Resolver) -> list[Address]:
    """The addresses of a host, each of them looked at; one that may not be sent to refuses all. Raises `Refused`."""
    try:
        found = [parsed(text) for text in await resolve(host, port)]
    except (OSError, UnicodeError, ValueError):
        raise Refused("the name has no address") from None
    if not found:
        raise Refused("the name has no address")
    if not all(allowed(address, networks) for address in found):
        raise Refused("the address is not one that may be sent to")
    return list(dict.fromkeys(found))


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The system's own, as it is configured. Raises `OSError`."""
    found = await apart(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), "resolver")
    return [str(entry[4][0]) for entry in found]


def _opened(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if hidden is not None:
        return hidden
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
