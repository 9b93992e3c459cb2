"""A visitor's Custom URL reaches no inside address, whatever stands for it; the operator's and one's own do."""

import secrets
import socket
from typing import Any

import httpx
import psutil
import pytest
from pydantic import SecretStr

from playground.addresses import InternalHosts, is_loopback, is_public
from playground.app.context import Context
from playground.app.form.form import Form
from playground.auth.visitors import COOKIE
from playground.backends import Phase
from playground.client import Client
from playground.errors import AddressRefused, ConnectFailed, PlaygroundError
from playground.web.app import create_api
from playground.wire.events import Failed
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import ThreadedUpstream, Upstream
from tests.web.opened import ADA, BEN, EVERYWHERE, USERS, context_of, log_in, served

INSIDE = """127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1
    100.100.100.200 0.0.0.0 192.0.0.1 192.0.2.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe 64:ff9b::7f00:1 64:ff9b:1::1
    2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
    fec0::1 ff02::1 ff0e::1 2001:db8::1 100::1 localhost 2130706433 0x7f000001 2002:808:808::"""
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 ::ffff:8.8.8.8 64:ff9b::808:808 2606:4700::1111"


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_inside_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_one_of_the_internet_is(address: str) -> None:
    assert is_public(address)


def test_this_machines_own_addresses_are_inside_even_where_they_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"eth0": [type("Address", (), {"address": "93.184.216.34"})()]}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: own)
    assert not is_public("93.184.216.34")
    assert is_public("93.184.216.35")


@pytest.mark.parametrize("host", ["testserver", "0.0.0.0", "::", "", "127.0.0.1.nip.io", "localhost.example"])  # noqa: S104
def test_what_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_the_operators_networks_are_allowed() -> None:
    hosts = InternalHosts.parse("10.1.2.0/24, GPU-box.lan,fd00::/8")
    assert [hosts.allows(address) for address in ("10.1.2.3", "fd00::1", "8.8.8.8")] == [True] * 3
    assert [hosts.allows(address) for address in ("10.1.3.3", "127.0.0.1", "nonsense")] == [False] * 3
    assert hosts.holds_name("http://gpu-box.LAN:8000/v1")
    assert not hosts.holds_name("http://gpu-box.lan.example/v1")
    assert not hosts.holds_name("http://gpu-box.lan@example.org/v1")
    assert not hosts.holds_name("http://[::1/v1")


SPELLINGS = (
    "127.0.0.1 localhost LOCALHOST 2130706433 0x7f000001 017700000001 127.1 0177.0.0.1 0.0.0.0 127.0.0.2 "
    "[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001] 127.0.0.1. user@127.0.0.1 ①②⑦.0.0.1"
).split()


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_connects(upstream: Upstream, host: str) -> None:
    client = Client(allow_address=is_public)
    error = await _error(client, f"http://{host}:{upstream.port}/v1")
    await client.aclose()
    assert isinstance(error, ConnectFailed | AddressRefused)
    assert upstream.connections == 0


async def _error(client: Client, base_url: str) -> PlaygroundError | None:
    body = ChatRequest.parse({"model": "m", "messages": [{"role": "user", "content": "hello"}]})
    events = [event async for event in client.events(prepare(body, Target(base_url)))]
    return events[-1].error if isinstance(events[-1], Failed) else None


async def test_a_refusal_is_told_in_words(upstream: Upstream) -> None:
    client = Client(allow_address=is_public)
    error = await _error(client, upstream.base_url)
    await client.aclose()
    assert isinstance(error, AddressRefused)
    assert "PLAYGROUND_INTERNAL_HOSTS" in error.advice
    assert error.url == f"{upstream.base_url}/chat/completions"


async def test_a_name_with_several_inside_addresses_is_refused_as_one(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve(monkeypatch, [["127.0.0.1", "10.0.0.1", "169.254.169.254"]])
    client = Client(allow_address=is_public)
    error = await _error(client, f"http://many.example:{upstream.port}/v1")
    await client.aclose()
    assert isinstance(error, AddressRefused)
    assert "10.0.0.1" not in str(error.to_dict())


async def test_a_name_that_means_another_address_the_second_time_gains_nothing(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _resolve(monkeypatch, [["127.0.0.2"], ["127.0.0.1"]])
    url = f"http://rebound.example:{upstream.port}/v1"
    for kind in (ConnectFailed, AddressRefused):  # nobody listens on the address that is allowed
        client = Client(allow_address="127.0.0.2".__eq__)
        assert type(await _error(client, url)) is kind
        await client.aclose()
    assert asked == ["rebound.example"] * 2
    assert upstream.connections == 0


def _resolve(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[str]:
    """A name server that gives these answers in turn; the names it was asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        addresses = answers[len(asked) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


async def test_an_allowed_address_is_reached(upstream: Upstream) -> None:
    client = Client(allow_address="127.0.0.1".__eq__)
    assert await _error(client, upstream.base_url) is None
    await client.aclose()


async def test_a_proxy_of_the_environment_does_not_choose_the_address(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", upstream.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    client = Client(allow_address="127.0.0.1".__eq__)
    assert isinstance(await _error(client, "http://10.255.255.1:9/v1"), AddressRefused)
    assert isinstance(await _error(client, "http://127.0.0.1:1/v1"), ConnectFailed)
    await client.aclose()
    assert upstream.connections == 0


def ask(context: Context, url: str, name: str = "ben", password: str = BEN) -> PlaygroundError | None:
    """Send with that Custom URL through the real route, logged in where there is a login; what went wrong."""
    conversation = secrets.token_hex(16)
    form = {"conversation": conversation, "backend": "custom", "custom_url": url, "model": "m", "message": "hello"}
    with served(create_api(context)) as address, httpx.Client(base_url=address) as client:
        if context.access.users:
            log_in(client, name, password)
        else:
            client.cookies.set(COOKIE, context.access.ids.issue())
        cookie = client.cookies[COOKIE]
        assert client.post("/gradio_api/exchange", json=form).status_code == 200
    last = context.conversation(conversation, cookie).last
    assert last
    return last.error


def test_a_user_reaches_no_inside_address_and_an_administrator_does(threaded_upstream: ThreadedUpstream) -> None:
    opened: dict[str, Any] = {"host": EVERYWHERE, "users": USERS, "admins": "ada"}
    assert isinstance(ask(context_of(**opened), threaded_upstream.base_url), AddressRefused)
    assert threaded_upstream.connections == 0
    assert ask(context_of(**opened), threaded_upstream.base_url, "ada", ADA) is None
    assert threaded_upstream.connections == 1


def test_opened_without_a_login_nobody_reaches_one(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(host=EVERYWHERE, open_without_login=True)
    assert isinstance(ask(context, threaded_upstream.base_url), AddressRefused)
    assert threaded_upstream.connections == 0


def test_an_administrators_open_connection_is_not_taken_over(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(host=EVERYWHERE, users=USERS, admins="ada")
    form = {"conversation": "c" * 20, "backend": "custom", "custom_url": threaded_upstream.base_url, "message": "hello"}
    with served(create_api(context)) as address:
        for name, password, requests in (("ada", ADA, 1), ("ben", BEN, 1), ("ada", ADA, 2)):
            with httpx.Client(base_url=address) as client:
                log_in(client, name, password)
                client.post("/gradio_api/exchange", json=form)
            assert len(threaded_upstream.requests) == requests
    assert threaded_upstream.connections == 1  # ada's second request used it again; ben's did not


@pytest.mark.parametrize("hosts", ["127.0.0.0/8", "127.0.0.1", "localhost, 10.0.0.0/8"])
def test_hosts_that_the_operator_names_are_reached(threaded_upstream: ThreadedUpstream, hosts: str) -> None:
    host = "localhost" if "localhost" in hosts else "127.0.0.1"
    context = context_of(InternalHosts.parse(hosts).allows, host=EVERYWHERE, users=USERS, internal_hosts=hosts)
    assert ask(context, f"http://{host}:{threaded_upstream.port}/v1") is None


def test_the_operators_own_custom_url_is_reached_with_its_key(threaded_upstream: ThreadedUpstream) -> None:
    key = SecretStr("sk-of-the-operator")
    base = threaded_upstream.base_url
    context = context_of(host=EVERYWHERE, users=USERS, custom_base_url=base, custom_api_key=key)
    for url in ("", base, f" {base}/ "):
        assert ask(context, url) is None
    assert {request.header("authorization") for request in threaded_upstream.requests} == {"Bearer sk-of-the-operator"}


def test_the_operators_key_does_not_go_where_a_visitor_says(threaded_upstream: ThreadedUpstream) -> None:
    settings: dict[str, Any] = {
        "host": EVERYWHERE,
        "users": USERS,
        "admins": "ada",
        "custom_api_key": SecretStr("sk-of-the-operator"),
        "internal_hosts": "127.0.0.1",
    }
    context = context_of("127.0.0.1".__eq__, **settings)
    for url in (threaded_upstream.base_url, f"{threaded_upstream.base_url}/../v1"):
        ask(context, url)
    assert {request.header("authorization") for request in threaded_upstream.requests} == {None}
    assert ask(context_of("127.0.0.1".__eq__, **settings), threaded_upstream.base_url, "ada", ADA) is None
    assert threaded_upstream.requests[-1].header("authorization") == "Bearer sk-of-the-operator"


def test_the_default_custom_url_is_nobodys_choice() -> None:
    context = context_of(host=EVERYWHERE, users=USERS)
    form = Form(backend="custom")
    assert context.client_for(form, "someone") is context.public_client
    assert context.client_for(Form(backend="custom", custom_url="http://127.0.0.1:8000/v1"), "someone") is (
        context.public_client
    )
    assert context.client_for(Form(backend="therouter"), "someone") is context.client


def test_on_ones_own_machine_every_address_is_reached(threaded_upstream: ThreadedUpstream) -> None:
    assert ask(context_of(), threaded_upstream.base_url) is None


async def test_looking_how_a_backend_is_is_guarded_too(upstream: Upstream) -> None:
    context = context_of(host=EVERYWHERE, users=USERS)
    state = await context.state(Form(backend="custom", custom_url=upstream.base_url), "someone")
    await context.public_client.aclose()
    assert (state.phase, upstream.connections) == (Phase.UNREACHABLE, 0)
    assert "may not be reached" in state.words
