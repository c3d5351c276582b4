"""`prvipe serve`: what it refuses to begin with, and that it begins and ends."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prvipe.cli.serve import _tell
from prvipe.index import PoseIndex
from prvipe.poses import Poses

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

TOKEN = "f4Xw0c-9SkQz_3hYtR7e"

Run = Callable[..., Any]


@pytest.fixture
def library(tmp_path: Path, keypoints: Any) -> Path:
    """An index of six poses."""
    index = PoseIndex.create("small")
    index.add(Poses(keypoints, None, "coco13"))
    index.save(tmp_path / "few.pvi")
    return tmp_path / "few.pvi"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_others_are_not_let_in_unasked(prvipe: Run, library: Path, host: str) -> None:
    done = prvipe("serve", library, "--host", host, "--port", 0)
    assert (done.code, done.out) == (2, "")
    assert "--token-file" in done.err
    assert "--insecure" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--media", "nowhere"], "--media nowhere: no such folder"),
        (["--token-file", "nowhere"], "nowhere: cannot be read"),
        (["--allowed-host", "http://x"], "--allowed-host http://x"),
        (["--host", "nobody.invalid"], "no such address"),
        (["--host", "192.0.2.1", "--insecure", "--port", "0"], "no address of this machine"),
        (["--token", TOKEN], "No such option"),
    ],
)
def test_what_it_refuses(prvipe: Run, library: Path, arguments: list[str], said: str) -> None:
    done = prvipe("serve", library, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_taken_port(prvipe: Run, library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = prvipe("serve", library, "--port", port)
    assert (done.code, done.out) == (2, "")
    assert f"--port {port}: another program listens there" in done.err


def test_what_is_no_library(prvipe: Run, tmp_path: Path, library: Path) -> None:
    done = prvipe("serve", tmp_path / "none.pvi", "--port", 0)
    assert (done.code, done.out) == (2, "")
    assert "none.pvi" in done.err
    twice = prvipe("serve", library, library, "--port", 0)
    assert twice.code == 2
    assert "two libraries are called few" in twice.err


@pytest.mark.parametrize("source", ["/home/ana/videos/cam01.mp4", "videos/cam01.mp4"])
@pytest.mark.parametrize(
    ("host", "token", "names"),
    [("127.0.0.1", None, ()), ("0.0.0.0", TOKEN, ()), ("0.0.0.0", TOKEN, ("poses.example",))],
)
def test_what_others_see_and_call_it_is_said(
    host: str,
    token: str | None,
    names: tuple[str, ...],
    source: str,
    keypoints: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from prvipe.service.libraries import Libraries
    from prvipe.web.settings import settings_for

    index = PoseIndex.create("small")
    index.add(Poses(keypoints, None, "coco13", {"source": [source] * len(keypoints)}))
    index.save(tmp_path / "few.pvi")
    with Libraries.open([tmp_path / "few.pvi"]) as served:
        _tell(served, settings_for(host, token=token, allowed_hosts=names))
    said = capsys.readouterr().err
    assert "few: 6 poses" in said
    assert (f"as {source}; an index that is built with relative names" in said) == (
        token is not None and source.startswith("/")
    )
    assert ("--allowed-host NAME" in said) == (token is not None and not names)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_when_told(
    library: Path, tmp_path: Path, sign: signal.Signals
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    token_file.chmod(0o600)
    command = [sys.executable, "-m", "prvipe", "serve", str(library), "--port", "0"]
    command += ["--token-file", str(token_file), "--access-log"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert httpx.get(f"{address}v1/libraries?secret=1", timeout=60).status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        listed = httpx.get(f"{address}v1/libraries", headers=bearer, timeout=60)
        assert listed.status_code == 200
        described = Path(f"/proc/{process.pid}/cmdline")
        if described.exists():
            assert TOKEN.encode() not in described.read_bytes()
        process.send_signal(sign)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "few: 6 poses" in said
    assert "GET /v1/libraries 200" in said
    assert TOKEN not in said
    assert "secret" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client", "httptools"])
def test_the_extra_is_named_where_it_is_missing(
    prvipe: Run, library: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    done = prvipe("serve", library, "--port", 0)
    assert (done.code, done.out) == (2, "")
    assert 'pip install "prvipe[serve]"' in done.err
