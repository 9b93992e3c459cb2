"""Nothing inside is reached for a stranger or a model, and nothing tells what there is inside."""

import json
import socket
import ssl
import threading
import time
from typing import Any

import pytest

from playground.addresses import InternalHosts, is_public
from playground.client import Client
from playground.client.client import REFUSED_EVERY_S
from playground.errors import AddressRefused, PlaygroundError, TransportError
from playground.tools.builtin import Builtin, ToolFailed
from playground.tools.builtin.http_get_json import make_http_get_json
from tests.upstream import Script, Status, Upstream, scripts

# What each is: an address of a cloud's own host, a tunnel, a translation, a range that is nobody's on the internet.
INSIDE = {
    "192.0.0.192": "Oracle's metadata, in IANA's protocol assignments",
    "100.100.100.200": "Alibaba's metadata, in the shared address space",
    "168.63.129.16": "Azure's wire server",
    "169.254.170.2": "the metadata of a container at Amazon",
    "fd00:ec2::254": "Amazon's metadata",
    "fd20:ce::254": "Google's metadata",
    "0.1.2.3": "this network",
    "192.0.0.8": "IPv4 dummy address",
    "192.0.0.170": "NAT64 discovery",
    "192.88.99.1": "the relays of 6to4",
    "198.19.255.255": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "233.252.0.1": "multicast for documentation",
    "239.255.255.250": "multicast",
    "250.1.2.3": "reserved",
    "255.255.255.255": "broadcast",
    "2002:7f00:1::": "6to4 of 127.0.0.1",
    "2002:a9fe:a9fe::1": "6to4 of 169.254.169.254",
    "2002:5db8:d822::1": "6to4 of a public address: its relay is anybody",
    "2001:0:5db8:d822::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:80ff:fffe": "Teredo of 127.0.0.1",
    "64:ff9b::7f00:1": "NAT64 of 127.0.0.1",
    "64:ff9b::a9fe:a9fe": "NAT64 of 169.254.169.254",
    "64:ff9b:1::5db8:d822": "NAT64 of a network's own",
    "2606:4700::5efe:7f00:1": "ISATAP of 127.0.0.1",
    "2606:4700::200:5efe:c0a8:1": "ISATAP of 192.168.0.1",
    "::ffff:192.0.0.192": "mapped",
    "::ffff:0:7f00:1": "translated (SIIT)",
    "::ffff:0:5db8:d822": "translated (SIIT) of a public address",
    "::7f00:1": "compatible",
    "::5db8:d822": "compatible with a public address",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "2001:2::1": "benchmarks",
    "2001:10::1": "ORCHID",
    "100::1": "discard",
    "100:0:0:1::1": "dummy prefix",
    "5f00::1": "segment routing",
    "4000::1": "assigned to nobody",
    "ff02::1": "multicast",
    "fec0::1": "site-local",
    "fe80::1%eth0": "link-local",
}
PUBLIC = ("1.1.1.1", "93.184.216.34", "192.0.1.1", "2606:4700::1111", "2620:4f:8000::1", "64:ff9b::808:808")


@pytest.mark.parametrize("address", INSIDE)
def test_it_counts_as_inside(address: str) -> None:
    assert not is_public(address), INSIDE[address]


@pytest.mark.parametrize("address", PUBLIC)
def test_it_counts_as_public(address: str) -> None:
    assert is_public(address)


# Two answers would tell which inside names exist


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each name means, in turn; the last meaning stays. A name that is not here has no address."""
    meanings: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: Any, *more: Any, **named: Any) -> list[Any]:
        if not host.endswith(".example"):
            return list(real(host, port, *more, **named))
        if host not in meanings:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        time.sleep(0.25)  # an inside name server takes its time: another than for a name that is not there
        address = meanings[host].pop(0) if len(meanings[host]) > 1 else meanings[host][0]
        if ":" in address:
            return [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return meanings


async def refusal(client: Client, url: str) -> tuple[PlaygroundError, float]:
    start = time.perf_counter()
    with pytest.raises(TransportError) as caught:
        await client.get_json(f"{url}/models")
    return caught.value, time.perf_counter() - start


async def test_an_inside_name_and_a_name_that_is_none_are_told_alike(
    upstream: Upstream, names: dict[str, list[str]]
) -> None:
    names |= {"db-01.corp.example": ["127.0.0.1"], "metadata.corp.example": ["192.0.0.192"]}
    client = Client(allow_address=is_public)
    told = []
    for name in ("db-01.corp.example", "db-02.corp.example", "metadata.corp.example", "db-01.corp.example"):
        times = []
        for _ in range(3):  # a busy machine may be late once
            error, took_s = await refusal(client, f"http://{name}:{upstream.port}/v1")
            told.append((type(error), json.dumps(error.to_dict()).replace(name, "NAME")))
            times.append(took_s % REFUSED_EVERY_S)
        assert min(times) < 0.2, f"{name} is told apart by its time"
    await client.aclose()
    assert len(set(told)) == 1, told
    assert told[0][0] is AddressRefused
    assert upstream.connections == 0


async def test_a_name_with_other_addresses_too_is_told_no_differently(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(_: str, port: int, *__: Any, **___: Any) -> list[Any]:
        both = ("127.0.0.3", "127.0.0.1")  # the first may be asked, and nobody listens there
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)) for address in both]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    client = Client(allow_address="127.0.0.3".__eq__)
    error, _ = await refusal(client, f"http://both.example:{upstream.port}/v1")
    await client.aclose()
    assert isinstance(error, AddressRefused)
    assert "127.0.0.1" not in json.dumps(error.to_dict())
    assert upstream.connections == 0


# A model's URL


def getter(upstream: Upstream, *hosts: str, internal: str = "") -> Builtin:
    listed = [f"{host}:{upstream.port}" for host in hosts]
    return make_http_get_json(listed, internal=InternalHosts.parse(internal), timeout_s=20)


@pytest.mark.parametrize("meaning", ["127.0.0.1", "::1", "192.0.0.192", "10.0.0.1", "169.254.169.254"])
async def test_a_listed_name_that_turns_inside_is_not_asked(
    upstream: Upstream, names: dict[str, list[str]], meaning: str
) -> None:
    upstream.on("/secret", scripts.json_body({"secret": 1}))
    names["api.example"] = [meaning]
    with pytest.raises(ToolFailed, match="no address that may be reached") as caught:
        await getter(upstream, "api.example").call({"url": f"http://api.example:{upstream.port}/secret"})
    assert meaning not in str(caught.value)
    assert upstream.connections == 0


async def test_a_redirect_to_a_listed_name_that_turns_inside_is_not_followed(
    upstream: Upstream, names: dict[str, list[str]]
) -> None:
    names["api.example"] = ["127.0.0.1"]
    there = f"http://api.example:{upstream.port}/secret"
    upstream.on("/here", Script((Status(302, (("location", there), ("content-length", "0"))),)))
    upstream.on("/secret", scripts.json_body({"secret": 1}))
    tool = getter(upstream, "127.0.0.1", "api.example")
    with pytest.raises(ToolFailed, match="no address that may be reached"):
        await tool.call({"url": f"{upstream.origin}/here"})
    assert [request.path for request in upstream.requests] == ["/here"]


async def test_a_name_that_means_another_address_at_each_redirect_is_checked_each_time(
    upstream: Upstream, names: dict[str, list[str]]
) -> None:
    names["api.example"] = ["127.0.0.1", "10.255.255.1"]
    upstream.on("/here", Script((Status(302, (("location", "/there"), ("content-length", "0"))),)))
    tool = getter(upstream, "api.example", internal="127.0.0.0/8")
    with pytest.raises(ToolFailed, match="no address that may be reached"):
        await tool.call({"url": f"http://api.example:{upstream.port}/here"})
    assert [request.path for request in upstream.requests] == ["/here"]


async def test_no_proxy_chooses_the_address(
    upstream: Upstream, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["api.example"] = ["10.0.0.1"]
    monkeypatch.setenv("http_proxy", upstream.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(ToolFailed):
        await getter(upstream, "api.example").call({"url": f"http://api.example:{upstream.port}/x"})
    assert upstream.connections == 0


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("127.0.0.1", ""),
        ("localhost", ""),
        ("box.example", "box.example"),
        ("box.example", "127.0.0.0/8"),
    ],
)
async def test_an_inside_host_that_the_operator_named_on_purpose_is_asked(
    upstream: Upstream, names: dict[str, list[str]], host: str, internal: str
) -> None:
    names["box.example"] = ["127.0.0.1"]
    upstream.on("/data", scripts.json_body({"a": 1}))
    tool = getter(upstream, host, internal=internal)
    assert await tool.call({"url": f"http://{host}:{upstream.port}/data"}) == {"a": 1}


def test_an_address_stands_for_itself_alone() -> None:
    allowed = InternalHosts().addresses_of("[fd00::5]")
    assert [allowed(one) for one in ("fd00::5", "fd00:0::5", "fd00::6", "8.8.8.8")] == [True, True, False, False]
    local = InternalHosts().addresses_of("localhost")
    assert [local(one) for one in ("127.0.0.1", "::1", "10.0.0.1")] == [True, True, False]


async def test_the_checks_at_each_redirect_do_not_read_the_certificates_again(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(self: ssl.SSLContext, *given: Any, **named: Any) -> None:
        read.append(threading.current_thread().name)
        load(self, *given, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    for path, there in (("/1", "/2"), ("/2", "/3"), ("/3", "/data")):
        upstream.on(path, Script((Status(302, (("location", there), ("content-length", "0"))),)))
    upstream.on("/data", scripts.json_body(1))
    tool = getter(upstream, "127.0.0.1")
    for _ in range(2):
        assert await tool.call({"url": f"{upstream.origin}/1"}) == 1
    assert len(read) == 1
    assert threading.main_thread().name not in read  # it takes 30 ms and more, which other visitors would wait
