"""No source of a library, whatever it says, leads out of the folders of its media."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.service import media
from prvipe.service.media import MediaRoots

SECRET = b"secret"
OPEN = b"open to all"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of media with files of every kind, beside files that are nobody's business."""
    root = tmp_path / "site" / "videos"
    (root / "day 1").mkdir(parents=True)
    for name in ("a.mp4", "day 1/b.JPG", "day 1/ü.mov", "notes.txt", "%2e%2e.mp4"):
        (root / name).write_bytes(OPEN)
    for name in ("secret.mp4", "site/secret.jpg", "site/videos-2.mp4"):
        (tmp_path / name).write_bytes(SECRET)
    (tmp_path / "site" / "videos2").mkdir()
    (tmp_path / "site" / "videos2" / "c.mp4").write_bytes(SECRET)
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "up").symlink_to(tmp_path)
    (root / "relative.jpg").symlink_to("../secret.jpg")
    (root / "inside.mp4").symlink_to("day 1/ü.mov")
    (root / "disguised.mp4").symlink_to("notes.txt")
    (root / "circle.mp4").symlink_to("circle.mp4")
    (root / "zero.mp4").symlink_to("/dev/zero")
    (root / "memory.mp4").symlink_to("/proc/self/mem")
    os.mkfifo(root / "pipe.mp4")
    (root / "folder.mp4").mkdir()
    (root / "unreadable.mp4").symlink_to("/etc/ssh/id.mp4")
    return root


@pytest.fixture
def listening(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(place)  # such names have a limit
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.mp4")
        yield


def content(roots: MediaRoots, source: str) -> bytes | None:
    """What is read of a source; None if it is not opened."""
    opened = roots.open(source)
    assert (opened is None) == (roots.resolve(source) is None)
    if opened is None:
        return None
    with opened:
        return os.read(opened.descriptor, 100)


@pytest.mark.parametrize(
    "source",
    ["a.mp4", "day 1/b.JPG", "./day 1//b.JPG", "inside.mp4", "%2e%2e.mp4"],
)
def test_what_lies_in_the_folder_is_found(place: Path, source: str) -> None:
    assert content(MediaRoots([place]), source) == OPEN
    assert content(MediaRoots([place]), str(place / source)) == OPEN


def test_names_from_where_the_library_was_made(place: Path) -> None:
    roots = MediaRoots([place])
    assert roots.resolve("videos/a.mp4") == roots.resolve("site/videos/a.mp4") == place / "a.mp4"
    assert roots.resolve("videos/day 1/b.JPG") == place / "day 1" / "b.JPG"
    for outside in ("secret.jpg", "secret.mp4", "site/secret.jpg", "videos2/c.mp4"):
        assert content(roots, outside) is None


def test_the_first_of_several_folders(place: Path) -> None:
    other = place.parent / "videos2"
    assert MediaRoots([place, other]).resolve("c.mp4") == other / "c.mp4"
    assert MediaRoots([place, other]).resolve(str(other / "c.mp4")) == other / "c.mp4"
    assert MediaRoots([]).resolve("a.mp4") is None


def test_a_folder_behind_a_link(place: Path, tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(place)
    roots = MediaRoots([tmp_path / "short"])
    assert content(roots, "a.mp4") == content(roots, str(tmp_path / "short" / "a.mp4")) == OPEN
    assert content(roots, "link.mp4") is None


@pytest.mark.parametrize(
    "source",
    [
        *("", ".", "/", "..", "../secret.jpg", "day 1/../../secret.jpg", "day 1/../a.mp4"),
        *("link.mp4", "up/secret.mp4", "up/site/secret.jpg", "relative.jpg", "disguised.mp4"),
        *("circle.mp4", "zero.mp4", "memory.mp4", "pipe.mp4", "folder.mp4", "folder.mp4/"),
        *("unreadable.mp4", "socket.mp4", "notes.txt", "missing.mp4", "a.mp4/x.mp4"),
        *("a.mp4\0", "a.mp4\0.jpg", "\0", "..%2fsecret.jpg", "%2e%2e/secret.jpg"),
        *("%2e%2e%2fsecret.jpg", "..%252fsecret.jpg", "..\\secret.jpg", "\u2024\u2024/secret.jpg"),
        *("\uff0e\uff0e/secret.jpg", "\udc80.mp4", "\ud800.mp4", "a" * 300 + ".mp4"),
        "a/" * 5000 + "a.mp4",
        *("file:///etc/passwd", "http://localhost/a.mp4", "/etc/passwd", "/dev/zero", "~/a.mp4"),
        *("/proc/self/environ", "/proc/self/root/a.mp4", "$HOME/a.mp4", "*.mp4", "concat:a.mp4"),
        *("pipe:0", "-i", "videos-2.mp4", "../videos-2.mp4", "../videos2/c.mp4"),
    ],
)
@pytest.mark.usefixtures("listening")
def test_what_is_refused(place: Path, source: str) -> None:
    assert content(MediaRoots([place]), source) is None


def test_absolute_paths_outside(place: Path, tmp_path: Path) -> None:
    roots = MediaRoots([place])
    for path in (tmp_path / "secret.mp4", tmp_path / "site" / "videos-2.mp4"):
        assert content(roots, str(path)) is None
    assert content(roots, f"{place}/../secret.jpg") is None
    assert content(roots, f"/{place}/a.mp4") == OPEN  # two slashes are one to Linux


def test_the_whole_disk_has_no_devices() -> None:
    assert MediaRoots([Path("/")]).resolve("/proc/self/exe") is None
    assert MediaRoots([Path("/proc")])._allows(Path("/proc/a.mp4")) is False


PIECES = st.sampled_from(
    [
        *("..", ".", "", "/", "//", "a.mp4", "day 1", "up", "site", "videos", "secret.mp4", "\0"),
        *(
            "secret.jpg",
            "link.mp4",
            "relative.jpg",
            "inside.mp4",
            "%2e%2e",
            "%2f",
            "\\",
            "zero.mp4",
        ),
        *(
            "/etc/passwd",
            "videos2",
            "c.mp4",
            "ROOT",
            "OUTSIDE",
            "memory.mp4",
            "\udcff",
            "\uff0e\uff0e",
        ),
    ]
)
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.lists(PIECES, max_size=8).map("/".join),
    st.lists(PIECES, max_size=8).map("".join),
    st.tuples(st.lists(PIECES, max_size=5).map("/".join), st.text(max_size=9)).map("".join),
)


@settings(
    max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(source=HOSTILE)
@example(source="up/site/videos/a.mp4")
def test_nothing_hostile_leads_outside(place: Path, tmp_path: Path, source: str) -> None:
    named = source.replace("ROOT", str(place)).replace("OUTSIDE", str(tmp_path))
    roots = MediaRoots([place])
    assert content(roots, named) in (None, OPEN)
    found = roots.resolve(named)
    if found is not None:
        assert found.is_relative_to(place)
        assert found == found.resolve()


def test_a_file_exchanged_between_asking_and_opening(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write to the folder wins the race, and gets nothing for it."""
    roots = MediaRoots([place])
    opening = os.open

    def exchange(what: str) -> None:
        def late(path: Path, flags: int) -> int:
            folder = place / "day 1"
            if what == "file":
                (folder / "b.JPG").unlink()
                (folder / "b.JPG").symlink_to(tmp_path / "secret.mp4")
            elif what == "pipe":
                (folder / "b.JPG").unlink()
                os.mkfifo(folder / "b.JPG")
            else:
                folder.rename(place / "day 2")
                (tmp_path / "b.JPG").write_bytes(SECRET)
                folder.symlink_to(tmp_path)
            return opening(path, flags)

        monkeypatch.setattr(media.os, "open", late)

    for what in ("file", "pipe", "folder"):
        assert content(roots, "a.mp4") == OPEN
        exchange(what)
        assert roots.open("day 1/b.JPG") is None, what
        monkeypatch.setattr(media.os, "open", opening)
        if what != "folder":
            (place / "day 1" / "b.JPG").unlink()
            (place / "day 1" / "b.JPG").write_bytes(OPEN)


def test_nothing_stays_open(place: Path) -> None:
    roots = MediaRoots([place])
    before = len(os.listdir("/proc/self/fd"))
    for source in ("a.mp4", "pipe.mp4", "link.mp4", "inside.mp4", "missing.mp4"):
        content(roots, source)
    assert len(os.listdir("/proc/self/fd")) == before


def test_identity_changes_with_the_file(place: Path) -> None:
    def identity() -> object:
        opened = MediaRoots([place]).open("a.mp4")
        assert opened is not None
        with opened:
            return opened.identity

    before = identity()
    assert identity() == before
    (place / "a.mp4").write_bytes(OPEN + OPEN)
    assert identity() != before


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing: no such folder"):
        MediaRoots([tmp_path / "nothing"])


def test_what_was_found_is_remembered_for_some_seconds(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots, now = MediaRoots([place]), [1.0]
    monkeypatch.setattr(media, "monotonic", lambda: now[0])
    assert roots.remembers("a.mp4") is roots.remembers("b.mp4") is None
    assert [roots.holds(source) for source in ("a.mp4", "b.mp4", None)] == [True, False, False]
    (place / "a.mp4").rename(place / "b.mp4")
    assert [roots.holds(source) for source in ("a.mp4", "b.mp4")] == [True, False]
    assert [content(roots, source) for source in ("a.mp4", "b.mp4")] == [None, OPEN]
    now[0] += media.REMEMBERED_SECONDS
    assert roots.remembers("a.mp4") is None
    assert [roots.holds(source) for source in ("a.mp4", "b.mp4")] == [False, True]


def test_no_more_is_remembered_than_there_is_room_for(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST_REMEMBERED", 2)
    roots = MediaRoots([place])
    sources = ("a.mp4", "b.mp4", "c.mp4")
    assert [roots.holds(source) for source in sources] == [True, False, False]
    assert [roots.remembers(source) for source in sources] == [None, None, False]
