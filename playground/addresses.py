"""Which network addresses are this machine's or an inside network's, and may not be reached for a stranger.

This is the only place that decides it. What is special comes from IANA's registries of special-purpose addresses
(<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>)
as netaddr and Python's own `ipaddress` know them; an address must be globally reachable by both, since either may be
older than the registries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import urlsplit

from playground.errors import InvalidSetting

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
UNICAST = IPv6Network("2000::/3")  # RFC 4291: all of IPv6 that is routed on the internet today
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
# RFC 5214: the last 64 bits of an address that leads through a tunnel to the IPv4 address in the last 32.
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
NOT_PUBLIC: tuple[Network, ...] = (
    IPv4Network("168.63.129.16"),  # public by its number, yet answered by Azure's own host to its guests
    IPv4Network("192.88.99.0/24"),  # RFC 7526: once the relays of 6to4, whoever they may be today
    IPv6Network("3fff::/20"),  # RFC 9637: documentation; newer than netaddr 1.3 and Python 3.11
)


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

    Not public: loopback, private, link-local (the clouds' metadata), shared, reserved, documentation, multicast, what
    is not an address, the tunnels 6to4 and Teredo, and other IPv6 forms with such an IPv4 address inside (mapped,
    NAT64, ISATAP).
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not all(_is_reachable(one) for one in _forms(found)):
        return False
    return str(found) not in _own_addresses()  # a service that a firewall hides from outside answers us on these


def _is_reachable(address: Address) -> bool:
    """Whether the registries say that it is reachable from everywhere."""
    if address.is_multicast or any(address in network for network in NOT_PUBLIC):
        return False
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    from netaddr import IPAddress  # 60 ms that no command needs before it asks for an address

    return address.is_global and bool(IPAddress(str(address)).is_global())


def _forms(address: Address) -> Sequence[Address]:
    """What must be reachable: the IPv4 address that it stands for, else the address itself and what it carries."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in NAT64:
        return (last,)
    return (address, last) if int(address) >> 32 & 0xFFFF_FFFF in ISATAP else (address,)


def _own_addresses() -> set[str]:
    import psutil  # as above

    return {entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries}


@dataclass(frozen=True, slots=True)
class InternalHosts:
    """The inside hosts and networks that the operator opens to visitors: `PLAYGROUND_INTERNAL_HOSTS`."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Names, addresses and networks, separated by commas: `gpu-box.lan, 10.1.2.0/24`.

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
                        f"PLAYGROUND_INTERNAL_HOSTS: {entry!r} is not a name, address or network.",
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

    def addresses_of(self, host: str) -> Callable[[str], bool]:
        """Which IP addresses may be connected to for a host that the operator has listed elsewhere.

        An address stands for itself and `localhost` for this machine. A name stands for public addresses; for inside
        ones only where this list has it, or them: whoever answers for a name can make it mean any address.
        """
        plain = host.lower().strip("[]")
        if plain == "localhost":
            return is_loopback
        if plain in self.names:
            return lambda _: True
        try:
            meant = ip_address(plain)
        except ValueError:
            return self.allows
        return lambda address: ip_address(address.partition("%")[0]) == meant
