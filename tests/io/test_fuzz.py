"""Damaged files of every format: poses or our own error, never anything else.

A run of a few seconds is part of the tests; PRVIPE_FUZZ_EXAMPLES is the number of examples per
format for a longer one, such as

    PRVIPE_FUZZ_EXAMPLES=5000 pytest tests/io/test_fuzz.py
"""

import copy
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from keypoint_samples import NAMES, Sample, write_samples

from prvipe import load
from prvipe.errors import InputError
from prvipe.io import registry
from prvipe.io.mocap import c3d

EXAMPLES = int(os.environ.get("PRVIPE_FUZZ_EXAMPLES", "40"))

TOKENS = (
    *(b"NaN", b"null", b"true", b"-1e999", b"1e308", b"9" * 25, b"-", b"0", b"1.5", b"-3"),
    *(b'"', b"[", b"]", b"{", b"}", b"[]", b"{}", b",", b":", b"\n", b" ", b"\t", b";"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", "\u00e9\u2028".encode(), b"\\ud800"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, "", "12", "x", [], {}, [[]], [{}], 0, -1, 1, 2, 0.5, -0.5, 1e308, 10**30),
    *(float("nan"), float("inf"), "\ud800", [1, 2, 3], {"x": 1}, 1 << 63, [None] * 51),
)

# What to do, where (a share of the whole), and which of the things to put there.
edits = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "drop", "repeat", "splice", "json", "cell"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 1 << 16),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return write_samples(tmp_path_factory.mktemp("samples"))


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_poses_or_our_own_error(
    name: str, samples: dict[str, Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c3d, "_PATIENCE", 5.0)
    sample = samples[name]
    whole = tmp_path / "whole"
    copied = _copy(sample.path, whole)
    victims = sorted(file for file in whole.rglob("*") if file.is_file())

    @settings(
        # C3D is read in a process of its own, which takes a while to start.
        max_examples=max(3, EXAMPLES // 20) if name == "c3d" else EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @given(edits=edits, victim=st.integers(0, 1 << 16))
    def damage(edits: list[tuple[str, float, int]], victim: int) -> None:
        file = victims[victim % len(victims)]
        healthy = file.read_bytes()
        damaged = healthy
        for kind, share, choice in edits:
            damaged = EDITS[kind](damaged, share, choice)
        file.write_bytes(damaged)
        try:
            poses = load(copied, **sample.options)
        except InputError:
            pass
        else:
            assert len(poses)
            assert np.isfinite(poses.scores).all()
        finally:
            file.write_bytes(healthy)

    damage()


def test_every_format_of_keypoints_has_a_sample(samples: dict[str, Sample]) -> None:
    assert set(samples) == set(NAMES)
    read = {registry._find_loader(sample.path).name for sample in samples.values()}
    assert read | {"images and videos"} == set(registry._LOADERS)


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_read(name: str, samples: dict[str, Sample]) -> None:
    sample = samples[name]
    poses = load(sample.path, **sample.options)
    assert poses.skeleton == sample.skeleton
    assert len(poses) == sample.people
    assert poses.to("coco13").valid().all()


def _copy(path: Path, to: Path) -> Path:
    to.mkdir()
    if path.is_dir():
        return Path(shutil.copytree(path, to / path.name))
    for beside in path.parent.glob("*.asf") if path.suffix == ".amc" else ():
        shutil.copy(beside, to)
    return Path(shutil.copy(path, to))


def _cut(content: bytes, share: float, choice: int) -> bytes:
    return content[: int(share * len(content))]


def _flip(content: bytes, share: float, choice: int) -> bytes:
    if not content:
        return content
    place = int(share * len(content))
    return content[:place] + bytes([content[place] ^ (choice % 255 + 1)]) + content[place + 1 :]


def _drop(content: bytes, share: float, choice: int) -> bytes:
    place = int(share * len(content))
    return content[:place] + content[place + choice % 64 :]


def _repeat(content: bytes, share: float, choice: int) -> bytes:
    place = int(share * len(content))
    return content[:place] + content[max(0, place - choice % 256) :]


def _splice(content: bytes, share: float, choice: int) -> bytes:
    place = int(share * len(content))
    token = TOKENS[choice % len(TOKENS)]
    return content[:place] + token + content[place + choice % 7 :]


def _change_json(content: bytes, share: float, choice: int) -> bytes:
    """Replace, drop or repeat a value somewhere in a JSON document."""
    try:
        document = copy.deepcopy(json.loads(content))
    except (ValueError, RecursionError):
        return _splice(content, share, choice)
    rng = random.Random(f"{share} {choice}")
    inside, key = None, None
    value = document
    while isinstance(value, list | dict) and value and (inside is None or rng.random() < 0.8):
        inside = value
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = inside[key]
    if inside is None:
        return json.dumps(rng.choice(VALUES)).encode()
    action = rng.randrange(3)
    if action == 0:
        del inside[key]
    elif action == 1 and isinstance(inside, list):
        inside.insert(key, copy.deepcopy(value))
    else:
        inside[key] = copy.deepcopy(rng.choice(VALUES))
    return json.dumps(document).encode()


def _change_cell(content: bytes, share: float, choice: int) -> bytes:
    """Replace what stands between two commas, blanks or ends of lines."""
    place = int(share * len(content))
    ends = [content.find(mark, place) for mark in (b",", b" ", b"\n", b"\t")]
    end = min((end for end in ends if end >= 0), default=len(content))
    start = max(content.rfind(mark, 0, place) for mark in (b",", b" ", b"\n", b"\t")) + 1
    return content[:start] + TOKENS[choice % len(TOKENS)] + content[max(start, end) :]


EDITS: dict[str, Callable[[bytes, float, int], bytes]] = {
    "cut": _cut,
    "flip": _flip,
    "drop": _drop,
    "repeat": _repeat,
    "splice": _splice,
    "json": _change_json,
    "cell": _change_cell,
}
