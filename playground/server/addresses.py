"""Which network addresses are this machine's or an inside network's, and may not be reached for a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import urlsplit

import psutil

from playground.errors import InvalidSetting

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
UNICAST = IPv6Network("2000::/3")  # RFC 4291: all of IPv6 that is routed on the internet today
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
# Public by their number, yet answered by the cloud's own host to its guests: Azure's wire server.
NOT_PUBLIC = frozenset({ip_address("168.63.129.16")})


def is_loopback(host: str) -> bool:
    """Whether a server that listens on `host` is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, and none of this machine's own.

    Not public: loopback, private, link-local (the clouds' metadata), shared, reserved, multicast, what is no
    address, and IPv6 forms that carry such an IPv4 address inside (mapped, 6to4, Teredo, NAT64).
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not all(_is_routed(one) for one in _forms(found)):
        return False
    return str(found) not in _own_addresses()  # a service that a firewall hides from outside answers us on these


def _is_routed(address: Address) -> bool:
    if address in NOT_PUBLIC or (isinstance(address, IPv6Address) and address not in UNICAST):
        return False
    return address.is_global and not address.is_multicast


def _forms(address: Address) -> Sequence[Address]:
    """The IPv4 addresses that it stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if address in NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return (address,)


def _own_addresses() -> set[str]:
    return {entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries}


@dataclass(frozen=True, slots=True)
class InternalHosts:
    """The inside hosts and networks that the operator opens to visitors: `PLAYGROUND_INTERNAL_HOSTS`."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Names, addresses and networks, with commas between: `gpu-box.lan, 10.1.2.0/24`.

        Raises:
            InvalidSetting: an entry with a port, a path or a scheme.
        """
        names, networks = set(), []
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not all(label.replace("-", "").replace("_", "").isalnum() for label in entry.split(".")):
                    raise InvalidSetting(
                        f"PLAYGROUND_INTERNAL_HOSTS: {entry!r} is no name, address or network.",
                        advice="Write it without a port: gpu-box.lan, 10.1.2.3 or 10.1.2.0/24.",
                    ) from None
                names.add(entry)
        return cls(frozenset(names), tuple(networks))

    def holds_name(self, url: str) -> bool:
        """Whether the host in `url` is named in the list."""
        try:
            name = urlsplit(url).hostname
        except ValueError:
            return False
        return name in self.names

    def allows(self, address: str) -> bool:
        """Whether a visitor's request may connect to this IP address."""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network for network in self.networks) or is_public(address)
