"""Who is let in, from where, and what browsers are told."""

import re
from collections.abc import Callable

import httpx
import pytest

from prvipe.web.security import HEADERS
from prvipe.wire.libraries import FacetBody

TOKEN = "f4Xw0c-9SkQz_3hYtR7e"
WRONG = "f4Xw0c-9SkQz_3hYtR7f"

Client = httpx.Client
MakeClient = Callable[..., Client]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:1", "localhost", "LOCALHOST:8765", "[::1]:8765", "localhost."],
)
def test_names_of_this_machine_are_its_own(client: Client, host: str) -> None:
    assert client.get("/v1/libraries", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", ""),
        *("127.0.0.1:x", "127.0.0.1@evil.example", "evil.example#127.0.0.1", "[::1", "2130706433"),
        *("127.0.0.1/", "localhost evil.example", "127.0.0.1,evil.example"),
    ],
)
def test_any_other_name_is_refused(client: Client, host: str) -> None:
    """A page elsewhere may let its own name lead to this address: DNS rebinding."""
    for path in ("/v1/libraries", "/", "/healthz", "/nothing"):
        answer = client.get(path, headers={"Host": host})
        assert (answer.status_code, answer.json()["status"]) == (403, 403)


def test_names_that_were_allowed(make_client: MakeClient) -> None:
    client = make_client(hosts=frozenset({"poses.example"}), any_address=False)
    assert client.get("/healthz", headers={"Host": "poses.example:443"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "192.168.0.7"}).status_code == 403
    anywhere = make_client(any_address=True)
    assert anywhere.get("/healthz", headers={"Host": "192.168.0.7"}).status_code == 200
    assert anywhere.get("/healthz", headers={"Host": "poses.example"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_sites_change_and_ask_nothing(client: Client, headers: dict[str, str]) -> None:
    for path in ("/v1/search", "/v1/session", "/v1/libraries/moves/reload", "/v1/read?filename=a"):
        assert client.post(path, headers=headers, json={}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {
            "Origin": "http://evil.example",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        },
    ],
)
@pytest.mark.parametrize("path", ["/v1/libraries", "/v1/libraries/moves/map", "/metrics"])
def test_other_sites_start_no_work_unseen(
    client: Client, headers: dict[str, str], path: str
) -> None:
    """A picture of another page may have any address, though that page cannot read the answer."""
    for method in ("GET", "HEAD"):
        assert client.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/libraries", "/v1/openapi.json"])
def test_links_on_other_sites_can_be_followed(client: Client, path: str) -> None:
    headers = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert client.get(path, headers=headers).status_code == 200
    assert client.post("/v1/search", headers=headers, json={"rows": [0]}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8765"},
        {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_its_own_page_and_programs_do(client: Client, headers: dict[str, str]) -> None:
    asked = client.post("/v1/search", headers=headers, json={"rows": [0]})
    assert asked.status_code == 200
    assert client.get("/v1/libraries", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/v1/libraries", 200),
        ("GET", "/v1/libraries/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/v1/search", 405),
        ("POST", "/v1/search", 415),
        ("GET", "/v1/libraries/moves/poses", 422),
    ],
)
def test_every_answer_has_the_headers(client: Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, headers={"Content-Type": "text/plain"}, content=b"")
    assert answer.status_code == status
    for name, value in HEADERS:
        assert answer.headers[name.decode()] == value.decode()
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


def test_the_policy_lets_in_no_script_but_our_own(client: Client) -> None:
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in client.get("/").headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:", str(policy))


def test_an_unexpected_error_has_the_headers_and_tells_nothing(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    client = make_client()
    monkeypatch.setattr("prvipe.web.routes.libraries._describe", fail)
    answer = client.get("/v1/libraries")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/v1/libraries", "/nothing"])
def test_a_server_that_stops_says_so_once_and_closes(make_client: MakeClient, path: str) -> None:
    client = make_client()
    client.app.state.services.lifecycle.stopping = True
    answer = client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers.get_list("connection") == ["close"]


def test_an_answer_that_is_wrong_is_no_mistake_of_who_asks(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    monkeypatch.setattr(
        "prvipe.web.routes.libraries._describe_columns",
        lambda _: FacetBody.model_validate({"range": ["no number"]}),
    )
    answer = client.get("/v1/libraries/moves")
    assert answer.status_code == 500
    assert "a mistake in the server" in answer.json()["detail"]
    assert client.post("/v1/search", json={"k": "no number"}).status_code == 422


@pytest.mark.parametrize("path", ["/v1/libraries", "/metrics", "/v1/openapi.json", "/v1/nothing"])
def test_with_a_token_nothing_is_had_without(make_client: MakeClient, path: str) -> None:
    client = make_client(token=TOKEN)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    wrong = client.get(path, headers=bearer(WRONG))
    assert wrong.status_code == 401
    assert WRONG not in wrong.text
    assert client.get(path, headers=bearer(TOKEN)).status_code == (404 if "noth" in path else 200)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} x", "Bearer é"]
)
def test_what_is_no_token(make_client: MakeClient, header: str) -> None:
    client = make_client(token=TOKEN)
    given = {"Authorization": header.encode("latin-1")}
    assert client.get("/v1/libraries", headers=given).status_code == 401


def test_page_and_health_need_no_token_and_tell_nothing(make_client: MakeClient) -> None:
    client = make_client(token=TOKEN)
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/").status_code in (200, 404)
    assert client.get(f"/v1/libraries?token={TOKEN}").status_code == 401


def test_many_wrong_tokens_have_to_wait(make_client: MakeClient) -> None:
    client = make_client(token=TOKEN)
    tried = [f"{WRONG}{number}" for number in range(12)]
    statuses = [client.get("/metrics", headers=bearer(each)).status_code for each in tried]
    assert statuses == [401] * 10 + [429] * 2
    refused = client.get("/metrics", headers=bearer(TOKEN))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert client.post("/v1/session", json={"token": TOKEN}).status_code == 429


def test_a_program_with_an_old_token_locks_nobody_out(make_client: MakeClient) -> None:
    """Others may come from the same address, as through a router."""
    client = make_client(token=TOKEN)
    statuses = {client.get("/metrics", headers=bearer(WRONG)).status_code for _ in range(30)}
    assert statuses == {401}
    assert client.get("/metrics", headers=bearer(TOKEN)).status_code == 200
    assert client.post("/v1/session", json={"token": TOKEN}).status_code == 204


def test_a_session_in_place_of_the_token(make_client: MakeClient) -> None:
    client = make_client(token=TOKEN)
    assert client.post("/v1/session", json={"token": WRONG}).status_code == 401
    begun = client.post("/v1/session", json={"token": TOKEN})
    assert begun.status_code == 204
    cookie = begun.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert client.get("/v1/libraries").status_code == 200
    kept = client.cookies["prvipe_session"]
    assert len(kept) >= 40
    assert client.delete("/v1/session").status_code == 204
    client.cookies.set("prvipe_session", kept)
    assert client.get("/v1/libraries").status_code == 401


def test_over_https_the_cookie_stays_there(make_client: MakeClient) -> None:
    client = make_client("https://127.0.0.1", token=TOKEN)
    assert "Secure" in client.post("/v1/session", json={"token": TOKEN}).headers["set-cookie"]


def test_sessions_end(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.web.sessions.SESSION_SECONDS", -1)
    client = make_client(token=TOKEN)
    assert client.post("/v1/session", json={"token": TOKEN}).status_code == 204
    assert client.get("/v1/libraries").status_code == 401


@pytest.mark.parametrize("cookie", ["prvipe_session=", "prvipe_session=x", ";;=", "a=b\x7f", "é"])
def test_cookies_of_no_session(make_client: MakeClient, cookie: str) -> None:
    client = make_client(token=TOKEN)
    sent = {"Cookie": cookie.encode("latin-1")}
    assert client.get("/v1/libraries", headers=sent).status_code == 401


@pytest.mark.parametrize("other", ['a={"b":1}', "a=b c", "=", "@x", "é=é"])
def test_cookies_of_others_on_the_same_host_do_no_harm(make_client: MakeClient, other: str) -> None:
    """Browsers send them along: to them a host is one, whatever the port."""
    client = make_client(token=TOKEN)
    client.post("/v1/session", json={"token": TOKEN})
    own = client.cookies["prvipe_session"]
    client.cookies.clear()
    sent = {"Cookie": f"{other}; prvipe_session={own}".encode("latin-1")}
    assert client.get("/v1/libraries", headers=sent).status_code == 200


def test_a_session_is_no_help_to_another_site(make_client: MakeClient) -> None:
    client = make_client(token=TOKEN)
    client.post("/v1/session", json={"token": TOKEN})
    elsewhere = {"Origin": "http://evil.example"}
    assert client.post("/v1/search", json={"rows": [0]}, headers=elsewhere).status_code == 403


def test_the_token_is_in_no_log(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    client = make_client(token=TOKEN)
    client.get("/v1/libraries", headers=bearer(TOKEN))
    client.get(f"/v1/libraries?token={TOKEN}", headers=bearer(WRONG))
    client.post("/v1/session", json={"token": TOKEN})
    ours = [record for record in caplog.records if record.name.startswith("prvipe")]
    assert any("/v1/libraries 200" in record.getMessage() for record in ours)
    assert not any(TOKEN in record.getMessage() for record in ours)
