"""The networks of a clinic: what is read of a text, who is inside, and what is said to who is not."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RefusedError
from app.people.networks import MOST_NETWORKS, elsewhere, is_inside, read_networks


def test_a_text_is_read_line_by_line() -> None:
    text = " 203.0.113.0/24\n\n2001:DB8:12::/48 , 198.51.100.7\n203.0.113.0/24"
    assert read_networks(text) == ("203.0.113.0/24", "2001:db8:12::/48", "198.51.100.7/32")
    assert read_networks(" \n ") == ()


@pytest.mark.parametrize(
    "line", ["203.0.113.0/33", "203.0.113.7/24", "clinic", "::/129", "10.0.0.0/8/8", "٣.0.0.0/8", "1e3"]
)
def test_a_line_that_is_no_network_is_named(line: str) -> None:
    with pytest.raises(RefusedError, match="is no network"):
        read_networks(f"203.0.113.0/24\n{line}")


@pytest.mark.parametrize("line", ["0.0.0.0/0", "::/0"])
def test_every_address_is_no_restriction(line: str) -> None:
    with pytest.raises(RefusedError, match="Leave the field empty"):
        read_networks(line)


def test_a_clinic_has_so_many_networks_at_most() -> None:
    lines = [f"10.0.{number}.0/24" for number in range(MOST_NETWORKS + 1)]
    assert len(read_networks("\n".join(lines[:-1]))) == MOST_NETWORKS
    with pytest.raises(RefusedError, match="at most"):
        read_networks("\n".join(lines))


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("203.0.113.9", ["203.0.113.0/24"], True),
        ("203.0.114.9", ["203.0.113.0/24"], False),
        ("::ffff:203.0.113.9", ["203.0.113.0/24"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("2001:db8:12::5", ["203.0.113.0/24", "2001:db8:12::/48"], True),
        ("2001:db8:13::5", ["203.0.113.0/24", "2001:db8:12::/48"], False),
        ("203.0.113.9, 10.0.0.1", ["203.0.113.0/24"], False),
        ("unix:", ["203.0.113.0/24"], False),
        ("", ["203.0.113.0/24"], False),
        (None, ["203.0.113.0/24"], False),
        (None, [], True),
        ("whatever", [], True),
    ],
)
def test_who_is_inside(address: str | None, networks: list[str], inside: object) -> None:
    assert is_inside(address, networks) is inside


@given(st.ip_addresses(), st.integers(1, 128))
def test_an_address_is_inside_its_own_network_and_no_other_half(address: object, length: int) -> None:
    found = ip_address(str(address))
    if getattr(found, "ipv4_mapped", None):
        return
    length = min(length, found.max_prefixlen)
    own = ip_network(f"{found}/{length}", strict=False)
    other = ip_network((int(own.network_address) ^ (1 << (own.max_prefixlen - length)), length))
    if other.version != own.version:
        return
    assert is_inside(str(found), [str(own)])
    assert not is_inside(str(found), [str(other)])


def test_who_is_outside_learns_what_to_do() -> None:
    assert "Connect to that network" in elsewhere("198.51.100.7")
    assert elsewhere("198.51.100.7").endswith("tell your manager this address: 198.51.100.7.")
    assert elsewhere(None).endswith("this address: unknown.")
