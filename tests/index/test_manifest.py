"""The manifest of an index."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.index.manifest import MANIFEST, Manifest, read_manifest, write_manifest

MINIMAL = Manifest(
    generation=3,
    model="größe",
    fingerprint="f",
    dimension=16,
    a=1.5,
    b=0.25,
    skeleton="coco13",
    joints=13,
    next_row=0,
    columns={"row": "int64"},
    segments=(),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, MINIMAL)
    assert read_manifest(tmp_path) == MINIMAL
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_a_newer_format_asks_for_a_newer_prvipe(tmp_path: Path) -> None:
    write_manifest(tmp_path, MINIMAL.model_copy(update={"format_version": 99}))
    with pytest.raises(InputError, match=r"index format 99, written by prvipe .*upgrade prvipe"):
        read_manifest(tmp_path)


def says_the_same(text: bytes, good: bytes) -> bool:
    try:
        return bool(json.loads(text) == json.loads(good))
    except ValueError:
        return False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.data())
def test_any_damage_is_noticed(tmp_path: Path, data: st.DataObject) -> None:
    write_manifest(tmp_path, MINIMAL)
    file = tmp_path / MANIFEST
    good = file.read_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255))
    bad = data.draw(
        st.sampled_from([good[:place], good[:place] + bytes([byte]) + good[place + 1 :]])
    )
    file.write_bytes(bad)
    if says_the_same(bad, good):  # another kind of white space, for example
        assert read_manifest(tmp_path) == MINIMAL
        return
    with pytest.raises(InputError, match=re.escape(MANIFEST)):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"index": 3}', '{"index": {"format_version": []}}'])
def test_other_json_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json: damaged"):
        read_manifest(tmp_path)


def test_a_manifest_of_another_shape_is_refused_by_its_checksum(tmp_path: Path) -> None:
    write_manifest(tmp_path, MINIMAL)
    contents = json.loads((tmp_path / MANIFEST).read_text())
    contents["index"]["a"] = 9.0
    (tmp_path / MANIFEST).write_text(json.dumps(contents))
    with pytest.raises(InputError, match="its checksum is wrong"):
        read_manifest(tmp_path)
