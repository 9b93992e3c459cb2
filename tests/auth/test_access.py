"""When the app starts, and who may do what in it."""

from typing import Any

import pytest
from pydantic import SecretStr

from playground.auth.access import Access, Role
from playground.auth.passwords import PasswordHash, Users
from playground.errors import InvalidSetting
from playground.settings import Settings
from tests.cli.running import playground
from tests.web.opened import ADA, EVERYWHERE, USERS, context_of


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "192.168.1.5", "example.org", "testserver", "127.0.0.1.nip.io"])
def test_open_to_others_it_does_not_start_without_a_login(host: str) -> None:
    with pytest.raises(InvalidSetting, match="no login") as caught:
        context_of(host=host)
    assert "PLAYGROUND_USERS" in caught.value.advice
    assert "PLAYGROUND_OPEN_WITHOUT_LOGIN" in caught.value.advice


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_loopback_whoever_has_the_token_is_an_administrator(host: str) -> None:
    access = context_of(host=host).access
    assert (access.opened, access.users) == (False, None)
    assert access.token
    token = access.token.get_secret_value()
    assert len(token) == 32
    for visitor in (None, "anything", token, access.ids.issue()):
        assert access.role(visitor) is Role.USER
        assert not access.may_run_programs(visitor)
        assert access.reaches_inside(visitor)
    for wrong in ("", token[:-1], f"{token} ", "é"):
        assert access.begin(wrong) is None
    administrator = access.begin(token)
    assert access.role(administrator) is Role.ADMIN
    assert access.may_run_programs(administrator)
    assert access.owner(administrator) == access.owner(access.begin(token))


@pytest.mark.parametrize("more", [{"users": USERS}, {"open_without_login": True}])
def test_where_others_reach_it_there_is_no_token(more: dict[str, Any]) -> None:
    access = context_of(**more).access
    assert (access.opened, access.token) == (True, None)
    assert access.begin("") is None
    with pytest.raises(InvalidSetting, match="PLAYGROUND_TOKEN"):
        context_of(token=SecretStr("chosen-by-the-operator"), **more)


def test_a_token_that_is_set_is_the_token() -> None:
    token = SecretStr("chosen-by-the-operator")
    assert context_of(token=token).access.begin("chosen-by-the-operator")
    with pytest.raises(InvalidSetting, match="shorter than 16"):
        context_of(token=SecretStr("short"))


@pytest.mark.parametrize("name", ["hosts", "trusted_proxies"])
def test_a_proxys_settings_want_a_login(name: str) -> None:
    with pytest.raises(InvalidSetting, match=f"PLAYGROUND_{name.upper()} is set"):
        context_of(None, **{name: "10.0.0.5"})


def test_the_command_says_what_to_set_and_opens_no_port() -> None:
    ran = playground("serve", "--host", EVERYWHERE, "--port", "0", PLAYGROUND_EMBEDDED="false")
    assert (ran.status, ran.out) == (2, "")
    assert "PLAYGROUND_USERS=name:password" in ran.err


def test_with_a_login_only_its_administrators_are() -> None:
    access = context_of(host=EVERYWHERE, users=USERS, admins="ada").access
    assert access.users
    ada, ben = (access.users.check(name, f"the-password-of-{name}") for name in ("ada", "ben"))
    assert ada
    assert ben
    assert access.role(access.sessions.begin(ada)) is Role.ADMIN
    assert access.role(access.sessions.begin(ben)) is Role.USER
    assert access.role("made up") is access.role(None) is access.role("") is Role.USER


def test_opened_without_a_login_nobody_is() -> None:
    access = context_of(host=EVERYWHERE, open_without_login=True).access
    assert access.opened
    for visitor in ("anything", access.ids.issue()):
        assert access.role(visitor) is Role.USER
        assert not access.reaches_inside(visitor)


def test_on_loopback_too_as_behind_a_proxy() -> None:
    access = context_of(open_without_login=True).access
    assert access.opened
    assert not access.reaches_inside(access.ids.issue())


def test_users_on_loopback_want_a_login_too_as_behind_a_proxy() -> None:
    assert context_of(users=USERS).access.opened


@pytest.mark.parametrize(
    ("users", "admins", "match"),
    [
        ("ada", "", "entry 1"),
        (f"ada:{ADA},:secret-word", "", "entry 2"),
        ("ada:", "", "entry 1"),
        ("ada:short", "", "ada is shorter than 8"),
        (f"ada:{ADA},ada:{ADA}", "", "twice"),
        (f"ada:{ADA}", "ada, eve", "eve"),
        ("", "eve", "eve"),
        (" , ", "", "empty"),
        ("ada:scrypt:16384:8:1:AAAA", "", "hash of ada"),
        ("ada:scrypt:16385:8:1:AAAA:" + "A" * 43, "", "hash of ada"),  # no power of two
        ("ada:scrypt:1048576:8:1:AAAA:" + "A" * 43, "", "hash of ada"),  # 1 GiB for each login
        ("ada:scrypt:0:0:0:AAAA:" + "A" * 43, "", "hash of ada"),
        ("ada:scrypt:16384:8:1:AA*A:" + "A" * 43, "", "hash of ada"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_and_not_repeated(users: str, admins: str, match: str) -> None:
    with pytest.raises(InvalidSetting, match=match) as caught:
        Access.from_settings(Settings.model_construct(users=SecretStr(users), admins=admins))
    said = f"{caught.value} {caught.value.advice}"
    assert ADA not in said
    assert "secret-word" not in said


def test_a_hash_takes_the_place_of_a_password() -> None:
    ran = playground("hash-password", stdin=b"correct horse, battery\n")
    assert ran.status == 0
    users = Users.parse(f"ada:{ran.out.strip()}")
    assert users.check("ada", "correct horse, battery")
    assert not users.check("ada", "correct horse, battery\n")
    assert not users.check("eve", "correct horse, battery")
    assert "correct" not in ran.out + repr(users)


def test_two_hashes_of_one_password_differ() -> None:
    assert str(PasswordHash.of(ADA)) != str(PasswordHash.of(ADA))


def test_a_short_password_is_not_hashed() -> None:
    assert playground("hash-password", stdin=b"short\n").status == 2


@pytest.mark.parametrize("hosts", ["http://gpu-box", "gpu-box:8000", "10.0.0.0/99", "10.0.0.1/24", "a b", "*"])
def test_an_inside_host_with_more_than_a_name_is_refused(hosts: str) -> None:
    with pytest.raises(InvalidSetting, match="PLAYGROUND_INTERNAL_HOSTS"):
        context_of(internal_hosts=hosts)


def test_a_frame_ancestor_cannot_add_to_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_FRAME_ANCESTORS", "https://a.example; script-src *")
    with pytest.raises(InvalidSetting, match="PLAYGROUND_FRAME_ANCESTORS"):
        Settings.from_environment()
