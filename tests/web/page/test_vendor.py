"""The built file of the page: as recorded, the same when built again, and harmless."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import prvipe

PAGE = Path(prvipe.__file__).parent / "web" / "page"
VENDOR = PAGE / "vendor"
WEB = Path(__file__).resolve().parents[3] / "web"

pytestmark = pytest.mark.skipif(not WEB.is_dir(), reason="no folder web/ (not a checkout)")


def recorded_hash() -> str:
    """What web/SHA256SUMS says of three.js."""
    value, name = (WEB / "SHA256SUMS").read_text().split()
    assert name == "three.js"
    return value


def test_shipped_file_is_the_recorded_one() -> None:
    assert hashlib.sha256((VENDOR / "three.js").read_bytes()).hexdigest() == recorded_hash()


def test_licence_lies_beside_it() -> None:
    licence = (VENDOR / "three.LICENSE.txt").read_text()
    assert "MIT License" in licence
    assert "three.js authors" in licence
    assert "@license" in (VENDOR / "three.js").read_text()[:200]


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node to build with")
    if not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("web/node_modules is missing: run `npm ci` in web/")
    subprocess.run([node, "build.js", str(tmp_path)], cwd=WEB, check=True, timeout=60)
    assert (tmp_path / "three.js").read_bytes() == (VENDOR / "three.js").read_bytes()
    assert (tmp_path / "three.LICENSE.txt").read_bytes() == (
        VENDOR / "three.LICENSE.txt"
    ).read_bytes()


def test_versions_are_exact_and_checked_by_hash() -> None:
    wanted = json.loads((WEB / "package.json").read_text())
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in package for name, package in locked.items() if name)


def test_lock_file_names_no_host() -> None:
    assert "://" not in (WEB / "package-lock.json").read_text()


def test_nothing_in_it_needs_a_looser_policy() -> None:
    text = (VENDOR / "three.js").read_text()
    assert "eval(" not in text
    assert "new Function" not in text
    # The one address is the name of a namespace, which is never fetched.
    assert set(re.findall(r"https?://[^\"'` )]+", text)) == {"http://www.w3.org/1999/xhtml"}


def test_only_what_is_used_is_built() -> None:
    built = set(re.findall(r"\b[A-Z]\w+(?=,\n|\s})", (WEB / "three.js").read_text()))
    used = " ".join(path.read_text() for path in (PAGE / "app" / "overlay3d").glob("*.js"))
    assert built == {name for name in built if re.search(rf"\b{name}\b", used)}
