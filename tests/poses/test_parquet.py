import contextlib
import datetime
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prvipe import Poses
from prvipe.errors import InputError
from prvipe.skeleton import BUILT_IN, COCO13, Skeleton

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@st.composite
def skeletons(draw: st.DrawFn) -> Skeleton:
    if draw(st.booleans()):
        return draw(st.sampled_from(list(BUILT_IN.values())))
    joints = tuple(draw(st.lists(names, min_size=2, max_size=5, unique=True)))
    edges = st.lists(st.tuples(st.sampled_from(joints), st.sampled_from(joints)), max_size=3)
    pairs = ((joints[0], joints[1]),) if draw(st.booleans()) else ()
    return Skeleton(draw(names), joints, tuple(draw(edges)), pairs)


@st.composite
def tables_of_poses(draw: st.DrawFn) -> Poses:
    skeleton = draw(skeletons())
    shape = (draw(st.integers(0, 4)), len(skeleton.joints))
    keypoints = draw(arrays.arrays(np.float32, (*shape, draw(st.sampled_from([2, 3])))))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    scores = draw(arrays.arrays(np.float32, shape, elements=finite))
    fields = {
        "frame": np.arange(shape[0], dtype=draw(st.sampled_from([np.int16, np.uint32, np.int64]))),
        "activity": pa.array(["walk", None, "run", "🕺"][: shape[0]], pa.string()),
        "time": pa.array([datetime.timedelta(microseconds=i) for i in range(shape[0])]),
        "kind": pa.array(["a", "b", "a", "c"][: shape[0]], pa.string()).dictionary_encode(),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(fields))))
    return Poses(keypoints, scores, skeleton, {name: fields[name] for name in sorted(chosen)})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(poses=tables_of_poses())
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, poses: Poses) -> None:
    poses.save(tmp_path / "poses.parquet")
    loaded = Poses.load(tmp_path / "poses.parquet")
    assert loaded.skeleton == poses.skeleton
    np.testing.assert_array_equal(loaded.keypoints, poses.keypoints)
    np.testing.assert_array_equal(loaded.scores, poses.scores)
    assert loaded.table.num_rows == len(poses)
    assert loaded.table.schema.equals(poses.table.schema)
    assert loaded.table.equals(poses.table)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    keypoints = np.random.default_rng(0).normal(size=(50, 13, 2))
    fields = {"frame": np.arange(50), "sequence": [f"clip {i}" for i in range(50)]}
    path = tmp_path / "poses.parquet"
    Poses(keypoints, None, COCO13, fields).save(path)
    return path


def test_any_parquet_reader_finds_named_columns(saved: Path) -> None:
    table = pq.read_table(saved)
    assert table.column_names[:5] == ["frame", "sequence", "head_x", "head_y", "head_score"]
    assert table["left_knee_x"].type == pa.float32()
    assert len(table.column_names) == 2 + 13 * 3


def test_a_folder_named_like_a_partition_adds_no_column(saved: Path) -> None:
    folder = saved.parent / "subject=S1"
    folder.mkdir()
    moved = saved.rename(folder / "poses.parquet")
    assert Poses.load(moved).table.column_names == ["frame", "sequence"]


@pytest.mark.parametrize("keep", [0, 3, 500, -9, -1])
def test_a_truncated_file_is_an_input_error(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"poses\.parquet: "):
        Poses.load(saved)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_damage_in_the_data_never_changes_a_number_unnoticed(
    saved: Path, place: float, flip: int
) -> None:
    whole = Poses.load(saved)
    damaged = bytearray(saved.read_bytes())
    # The footer at the end carries no checksum: there, damage must only not break the reader.
    footer = len(damaged) - 8 - int.from_bytes(damaged[-8:-4], "little")
    position = int(place * len(damaged))
    damaged[position] ^= flip
    file = saved.with_name("damaged.parquet")
    file.write_bytes(damaged)
    try:
        loaded = Poses.load(file)
    except InputError as error:
        loaded, message = whole, str(error)
    else:
        message = f"{file}: read"
    assert message.startswith(f"{file}: ")
    if position < footer:
        np.testing.assert_array_equal(loaded.keypoints, whole.keypoints)
        assert loaded.table.equals(whole.table)


def test_a_damaged_head_of_a_page_is_no_end_of_the_file(saved: Path) -> None:
    """Arrow then reads no rows and complains of nothing."""
    whole = saved.read_bytes()
    silent = 0
    for position in range(4, 30):
        saved.write_bytes(whole[:position] + bytes([whole[position] ^ 2]) + whole[position + 1 :])
        with contextlib.suppress(pa.ArrowException, OSError):
            file = pq.ParquetFile(saved, page_checksum_verification=True)
            silent += sum(map(len, file.iter_batches())) == 0
        with contextlib.suppress(InputError):
            assert len(Poses.load(saved)) == 50
    assert silent


def test_a_file_without_skeleton_says_how_to_read_it(tmp_path: Path) -> None:
    pq.write_table(pa.table({"head_x": [1.0], "head_y": [2.0]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"other\.parquet: carries no skeleton.*load"):
        Poses.load(tmp_path / "other.parquet")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([[1.0], [2.0]], names=["n", "n"]), tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"other\.parquet: two columns are named 'n'; rename one"):
        Poses.load(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (json.dumps({"format": 99, "skeleton": {}}), "newer prvipe .format 99"),
        (json.dumps({"format": 1, "skeleton": {"name": "x"}}), "note on the skeleton is damaged"),
        (json.dumps([1]), "note on the skeleton is damaged"),
        ("{", "note on the skeleton is damaged"),
    ],
)
def test_a_note_that_cannot_be_read_is_an_input_error(saved: Path, note: str, message: str) -> None:
    table = pq.read_table(saved).replace_schema_metadata({"prvipe": note})
    pq.write_table(table, saved)
    with pytest.raises(InputError, match=message):
        Poses.load(saved)


def test_a_field_named_like_a_keypoint_column_is_refused(tmp_path: Path) -> None:
    poses = Poses(np.ones((1, 13, 2)), None, "coco13", {"head_x": [1.0]})
    with pytest.raises(InputError, match="field 'head_x' has the name of a keypoint column"):
        poses.save(tmp_path / "poses.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_field_parquet_cannot_hold_is_refused(tmp_path: Path) -> None:
    interval = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    poses = Poses(np.ones((1, 13, 2)), None, "coco13", {"age": interval})
    with pytest.raises(InputError, match=r"poses\.parquet: a field cannot be kept in Parquet"):
        poses.save(tmp_path / "poses.parquet")
    assert list(tmp_path.iterdir()) == []


def test_boxes_that_only_some_people_have_are_kept(tmp_path: Path) -> None:
    keypoints = np.random.default_rng(0).normal(size=(2, 13, 2))
    box = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2, 3, 4] * 2), 4)
    parts = (Poses(keypoints, None, COCO13, {"bbox": box}), Poses(keypoints, None, COCO13))
    Poses.concatenate(parts).save(tmp_path / "people.parquet")
    boxes = Poses.load(tmp_path / "people.parquet").table["bbox"].to_pylist()
    assert boxes == [[1, 2, 3, 4], [1, 2, 3, 4], None, None]
