"""Who may be let in without a token, what makes a token, and where a server listens."""

import os
import socket
import sys
from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.web.server import address_of, drop_newcomers, listen
from prvipe.web.settings import is_loopback, require_token, settings_for
from prvipe.web.tokens import find_token, is_readable_by_others

TOKEN = "f4Xw0c-9SkQz_3hYtR7e"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.1"])
def test_this_machine_alone_needs_no_token(host: str) -> None:
    settings = settings_for(host, token=None)
    assert settings.may_be_called(host)
    assert not settings.may_be_called("10.0.0.1")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])
def test_any_other_address_needs_a_token(host: str) -> None:
    with pytest.raises(InputError, match="--token-file"):
        settings_for(host, token=None)
    assert settings_for(host, token=TOKEN).token == TOKEN
    assert settings_for(host, token=None, insecure=True).token is None


def test_names_by_which_it_is_called() -> None:
    settings = settings_for("192.0.2.1", token=TOKEN, allowed_hosts=["Poses.Example.", "::1"])
    called = [settings.may_be_called(name) for name in ("192.0.2.1", "poses.example", "192.0.2.2")]
    assert called == [True, True, False]
    everywhere = settings_for("0.0.0.0", token=TOKEN)
    assert everywhere.may_be_called("192.0.2.2")
    assert not everywhere.may_be_called("poses.example")


@pytest.mark.parametrize("name", ["http://poses.example", "poses.example:80", "a b", "", "*"])
def test_what_is_no_host_name(name: str) -> None:
    with pytest.raises(InputError, match="--allowed-host"):
        settings_for("127.0.0.1", token=None, allowed_hosts=[name])


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 32, "ab" * 16, "x" * 2_000, TOKEN + " y", TOKEN + "é"]
)
def test_tokens_that_could_be_guessed_or_not_sent(token: str) -> None:
    with pytest.raises(InputError) as refused:
        require_token(token)
    assert not token or token not in str(refused.value)
    assert "openssl rand" in str(refused.value)


def test_an_address_of_nobody() -> None:
    with pytest.raises(InputError, match="no such address"):
        is_loopback("nobody.invalid")


def test_the_token_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRVIPE_TOKEN", raising=False)
    file = tmp_path / "token"
    file.write_text(f"  {TOKEN}\n")
    file.chmod(0o600)
    assert find_token(file) == TOKEN
    assert not is_readable_by_others(file)
    file.chmod(0o644)
    assert is_readable_by_others(file)
    assert find_token(None) is None
    with pytest.raises(InputError, match="cannot be read"):
        find_token(tmp_path / "none")
    file.write_text("x" * 5_000)
    with pytest.raises(InputError, match="more than a token"):
        find_token(file)


def test_the_token_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRVIPE_TOKEN", TOKEN)
    assert find_token(None) == TOKEN
    assert "PRVIPE_TOKEN" not in os.environ  # what is started later need not know it
    monkeypatch.setenv("PRVIPE_TOKEN", TOKEN)
    with pytest.raises(InputError, match="one of the two"):
        find_token(tmp_path / "token")


def test_a_taken_port() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert address_of(first) == f"http://127.0.0.1:{port}/"
        with pytest.raises(InputError, match=f"--port {port}: another program"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine() -> None:
    with pytest.raises(InputError, match="no address of this machine"):
        listen("192.0.2.1", 0)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_ipv6() -> None:
    try:
        listening = listen("::1", 0)
    except InputError:
        pytest.skip("no IPv6 here")
    with listening:
        assert address_of(listening).startswith("http://[::1]:")


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")
def test_those_who_came_in_time_are_let_in_and_nobody_else() -> None:
    with listen("127.0.0.1", 0) as listening:
        place = listening.getsockname()
        with socket.create_connection(place, 5), socket.socket() as late:
            drop_newcomers(listening)
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.connect(place)
            accepted, _ = listening.accept()
            accepted.close()
