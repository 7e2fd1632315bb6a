"""The networks in which a clinic's people sit exams: reading what was entered, and telling who is inside; pure."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.errors import RefusedError

MOST_NETWORKS = 20


def read_networks(text: str) -> tuple[str, ...]:
    """Return the networks of a text, one a line, as CIDR in their shortest spelling; a single address is one too.

    RefusedError names the line that is none.
    """
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if len(lines) > MOST_NETWORKS:
        raise RefusedError(f"Enter at most {MOST_NETWORKS} networks.")
    return tuple(dict.fromkeys(_network(line) for line in lines))


def is_inside(address: str | None, networks: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the networks; without networks every one does, no address in none."""
    asked = [ip_network(one) for one in networks]
    if not asked:
        return True
    found = _address(address or "")
    return found is not None and any(found in one for one in asked)


def elsewhere(address: str | None) -> str:
    """Return what to do for somebody outside of the networks in which an exam is sat."""
    return (
        "This exam is sat in your clinic's network, and this device is outside of it. Connect to that network and try "
        f"again. If you are there, tell your manager this address: {shown_address(address)}."
    )


def shown_address(address: str | None) -> str:
    """Return an address as people read it, or "unknown"."""
    found = _address(address or "")
    return str(found) if found else "unknown"


def _network(line: str) -> str:
    try:
        network = ip_network(line)
    except ValueError as error:
        raise RefusedError(
            f"{line[:60]} is no network. Write it as 203.0.113.0/24 or 2001:db8:12::/48, with nothing after the prefix."
        ) from error
    if network.prefixlen == 0:
        raise RefusedError(f"{network} is every address. Leave the field empty to let exams be sat anywhere.")
    return str(network)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A server that listens on both sorts tells an IPv4 visitor in IPv6's spelling.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
