"""The built site: complete, without warnings, and nothing in it is loaded from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pages import ROOT, pages

LARGEST_PICTURE = 150_000

_LOADING = {
    **{"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"},
    **{"audio": "src", "embed": "src", "object": "data", "link": "href", "form": "action"},
}
_NOT_LOADED = {"canonical", "next", "prev", "edit", "alternate"}


class _Loads(HTMLParser):
    """Collects what a browser fetches for a page, besides the page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "link" and set((values.get("rel") or "").split()) & _NOT_LOADED:
            return
        if address := values.get(_LOADING.get(tag, "")):
            self.addresses.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error."""
    pytest.importorskip("mkdocs", reason="the extra docs builds the site")
    folder = tmp_path_factory.mktemp("site")
    command = ["mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    for page in pages():
        if page.startswith("docs/"):
            built = Path(page).relative_to("docs").with_suffix(".html").as_posix()
            assert (site / built).is_file()
            section = built if "/" not in built else built.split("/")[0]
            assert section in home, f"{page} is not in nav of mkdocs.yml"


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    built = list(site.rglob("*.html"))
    assert len(built) > 10
    for file in built:
        loads = _Loads()
        loads.feed(file.read_text(encoding="utf-8"))
        assert loads.addresses
        assert not [a for a in loads.addresses if re.match(r"(https?:)?//", a)], file
    for file in site.rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(r"(?:url\(|@import )['\"]?(?:https?:)?//[^)]*", text), file


def test_the_reference_shows_functions_and_classes_not_modules_of_their_names(site: Path) -> None:
    for file in (site / "reference").glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert "doc-symbol-module" not in text, file
        assert "doc-symbol-" in text or file.name == "index.html", file


def test_pictures_are_small_and_used(site: Path) -> None:
    pictures = [file for file in (ROOT / "docs" / "images").iterdir() if file.is_file()]
    text = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.html"))
    for picture in pictures:
        assert picture.stat().st_size < LARGEST_PICTURE, picture
        assert picture.name in text, f"{picture.name} is on no page"
