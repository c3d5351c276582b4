"""JSON, Parquet and npz: the same request and the same answer, within the same limits."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prvipe.poses import Poses
from prvipe.service.limits import Limits
from prvipe.web.reading import FILES_HELD
from prvipe.web.services import Services
from prvipe.wire.binary_poses import (
    gaussian_from_npz,
    gaussian_from_parquet,
    poses_to_npz,
    poses_to_parquet,
)
from prvipe.wire.binary_results import alignment_from_npz, hits_from_parquet

PARQUET, NPZ = "application/vnd.apache.parquet", "application/x-npz"
WRITERS = {PARQUET: poses_to_parquet, NPZ: poses_to_npz}

AsJson = Callable[[Poses], dict[str, Any]]
Client = httpx.Client
MakePoses = Callable[..., Poses]
MakeClient = Callable[..., Client]


def send(client: Client, path: str, content: bytes, kind: str, **headers: str) -> httpx.Response:
    return client.post(path, content=content, headers={"Content-Type": kind, **headers})


def services_behind(client: Any) -> Services:
    services: Services = client.app.state.services
    return services


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.mark.parametrize("kind", WRITERS)
def test_embeddings_are_the_same_in_every_form(
    client: Client, kind: str, moving: MakePoses, as_json: AsJson
) -> None:
    poses = moving()
    poses.keypoints[2, 5] = np.nan
    poses = Poses(poses.keypoints, None, "coco13")
    by_json = client.post("/v1/embed", json={"poses": as_json(poses)}).json()
    content = WRITERS[kind](poses)
    by_file = send(client, "/v1/embed", content, kind).json()
    assert by_file == by_json
    assert by_json["trust"][2]["visible"] == 12
    table = send(client, "/v1/embed", content, kind, Accept=kind)
    assert table.headers["content-type"] == kind
    read = gaussian_from_npz if kind == NPZ else gaussian_from_parquet
    assert np.array_equal(read(table.content).mean, np.float32(by_json["mean"]))
    assert np.array_equal(read(table.content).std, np.float32(by_json["std"]))


@pytest.mark.parametrize("kind", WRITERS)
def test_hits_are_the_same_in_every_form(
    client: Client, kind: str, moving: MakePoses, as_json: AsJson
) -> None:
    poses = moving()[:3]
    asked = {"poses": as_json(poses), "k": 4, "offset": 1, "where": ["camera!=cam01"]}
    by_json = client.post("/v1/search", json=asked).json()["results"]
    path = "/v1/search?k=4&offset=1&where=camera!%3Dcam01&exact=true"
    by_file = send(client, path, WRITERS[kind](poses), kind).json()["results"]
    assert by_file == by_json
    table = client.post("/v1/search", json=asked, headers={"Accept": kind}).content
    wanted = [(n, hit["row"]) for n, result in enumerate(by_json) for hit in result["hits"]]
    if kind == PARQUET:
        found = hits_from_parquet(table)
        assert [(query, hit.row) for query, hit in found] == wanted
        assert {hit.fields["camera"] for _, hit in found} == {"cam02"}
        return
    with np.load(io.BytesIO(table)) as arrays:
        assert list(zip(arrays["query"], arrays["row"], strict=True)) == wanted
        assert arrays["keypoints"].shape == (len(wanted), 13, 2)


@pytest.mark.parametrize("kind", WRITERS)
def test_two_recordings_in_one_file(client: Client, kind: str, moving: MakePoses) -> None:
    a, b = moving(0), moving(1)
    whose = [*"a" * len(a), *"b" * len(b)]
    both = Poses.concatenate([a, b]).with_fields(of=whose)
    aligned = send(client, "/v1/align?closed_ends=true", WRITERS[kind](both), kind)
    assert aligned.status_code == 200, aligned.text
    assert aligned.json()["places_a"][-1] == len(a) - 1
    pair = Poses.concatenate([a[3], b[3]]).with_fields(of=["a", "b"])
    compared = send(client, "/v1/compare", WRITERS[kind](pair), kind)
    assert compared.status_code == 200, compared.text
    assert len(compared.json()["joints"]) == 13
    lacking = send(client, "/v1/align", WRITERS[kind](a), kind)
    assert lacking.status_code == 422
    assert "'of'" in lacking.json()["detail"]


def test_an_alignment_with_all_its_arrays(
    client: Client, moving: MakePoses, as_json: AsJson
) -> None:
    clips = {side: {"poses": as_json(moving(n))} for n, side in enumerate("ab")}
    by_json = client.post("/v1/align", json=clips).json()
    alignment = alignment_from_npz(
        client.post("/v1/align", json=clips, headers={"Accept": NPZ}).content
    )
    assert alignment.costs.shape == (by_json["length_a"], by_json["length_b"])
    assert alignment.pairs[:, 0].tolist() == by_json["places_a"]


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, application/x-npz;q=0.5, application/json;q=0.4", NPZ),
        (f"{PARQUET}, {NPZ};q=0.9", PARQUET),
        ("text/html", None),
        ("application/json;q=0", None),
        ("", None),
        ("application/json;q=much", None),
    ],
)
def test_the_most_wanted_form_is_given(client: Client, accepted: str, given: str | None) -> None:
    answer = client.post("/v1/search", json={"rows": [0]}, headers={"Accept": accepted})
    if given is None:
        assert answer.status_code == 406
    else:
        assert answer.headers["content-type"] == given


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "x" * 999]
)
def test_other_types_are_not_read(client: Client, kind: str) -> None:
    answer = send(client, "/v1/embed", b"{}", kind)
    assert answer.status_code == 415
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"keypoints": np.full((1, 13, 2), np.inf)}, "infinite"),
        ({"keypoints": np.zeros((1, 13, 2)), "skeleton": "nobody"}, "unknown skeleton"),
        ({"keypoints": np.zeros((1, 13, 3)), "skeleton": "coco13"}, "3D"),
        ({"keypoints": np.zeros((2, 13, 2)), "frame": np.zeros(3), "skeleton": "coco13"}, "frame"),
        ({"poses": np.zeros((1, 13, 2))}, "keypoints"),
        ({"keypoints": np.array([[["x", "y"]] * 13])}, "numbers"),
        ({"keypoints": np.zeros((1, 13, 2)), "scores": np.full((1, 13), np.nan)}, "scores"),
    ],
)
def test_arrays_are_checked_as_json_is(client: Client, arrays: dict[str, Any], words: str) -> None:
    answer = send(client, "/v1/embed", npz(**{"skeleton": "coco13", **arrays}), NPZ)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_pickles_are_never_loaded(client: Client, tmp_path: Any) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (open, (str(tmp_path / "sprung"), "w"))

    content = npz(keypoints=np.array([Trap()], dtype=object), skeleton=np.array("coco13"))
    answer = send(client, "/v1/embed", content, NPZ)
    assert answer.status_code == 422
    assert not (tmp_path / "sprung").exists()


def test_a_small_npz_that_unpacks_to_a_large_one(make_client: MakeClient) -> None:
    client = make_client(limits=Limits(archive_bytes=2**20))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("keypoints.npy", bytes(50 * 2**20))
    assert len(stream.getvalue()) < 2**17
    answer = send(client, "/v1/embed", stream.getvalue(), NPZ)
    assert answer.status_code == 422
    assert "MiB" in answer.json()["detail"]


def test_an_npz_that_says_it_is_larger_than_it_is(client: Client) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 13, 2)}
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("keypoints.npy", b"\x93NUMPY\x01\x00" + header.getvalue()[8:] + b"\0" * 64)
    assert send(client, "/v1/embed", stream.getvalue(), NPZ).status_code == 422


def test_a_small_parquet_that_unpacks_to_a_large_one(client: Client, moving: MakePoses) -> None:
    places = pa.array(np.zeros(9_000, np.int32))
    text = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 2**20]))
    keypoints = np.repeat(moving().keypoints[:1], 9_000, axis=0)
    content = poses_to_parquet(Poses(keypoints, None, "coco13", {"note": text}))
    assert len(content) < 2**20
    answer = send(client, "/v1/embed", content, PARQUET)
    assert answer.status_code in (422, 503)
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY", b"x"])
def test_damaged_files(client: Client, kind: str, content: bytes) -> None:
    answer = send(client, "/v1/embed", content, kind)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


def test_parquet_of_something_else(client: Client) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), stream)
    assert send(client, "/v1/embed", stream.getvalue(), PARQUET).status_code == 422


def test_too_many_poses_in_parquet_are_not_cut_off(client: Client, moving: MakePoses) -> None:
    poses = moving(0, 2)
    many = Poses(np.repeat(poses.keypoints[:1], 10_001, 0), None, "coco13")
    answer = send(client, "/v1/embed", poses_to_parquet(many), PARQUET)
    assert answer.status_code == 422
    assert "10,000" in answer.json()["detail"]


def test_parameters_in_the_address_are_checked(client: Client, moving: MakePoses) -> None:
    content = poses_to_npz(moving()[:1])
    for query, field in (("k=0", "k"), ("k=ten", "k"), ("exact=perhaps", "exact"), ("K=1", "K")):
        answer = send(client, f"/v1/search?{query}", content, NPZ)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_large_bodies_are_refused_while_they_come(make_client: MakeClient) -> None:
    client = make_client(limits=Limits(body_bytes=1_000))
    sent = 0

    def parts() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 500
            yield b" " * 500

    for content in (b" " * 1_001, parts()):
        kind = {"Content-Type": "application/json"}
        answer = client.post("/v1/embed", content=content, headers=kind)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert client.post("/v1/embed", content=b" " * 1_000, headers=kind).status_code == 400


def test_uploads_have_a_limit_of_their_own(make_client: MakeClient) -> None:
    client = make_client(limits=Limits(upload_bytes=1_000))
    assert client.post("/v1/read?filename=a.csv", content=b" " * 1_001).status_code == 413
    assert client.post("/v1/read?filename=a.csv", content=b"").status_code == 422


def test_bodies_in_memory_have_a_limit_together(make_client: MakeClient) -> None:
    client = make_client(limits=Limits(body_bytes=1_000))
    lifecycle = services_behind(client).lifecycle
    lifecycle.body_bytes = 8_000
    kind = {"Content-Type": "application/json"}
    refused = client.post("/v1/embed", content=b"{}", headers=kind)
    assert refused.status_code == 429
    assert "retry-after" in refused.headers
    assert lifecycle.body_bytes == 8_000
    lifecycle.body_bytes = 0
    client.post("/v1/embed", content=json.dumps({}).encode(), headers=kind)
    assert lifecycle.body_bytes == 0


def test_uploads_on_the_disk_have_a_limit_together(make_client: MakeClient) -> None:
    client = make_client(limits=Limits(upload_bytes=10_000))
    lifecycle = services_behind(client).lifecycle
    path, content = "/v1/read?filename=a", b" " * 9_000  # of no kind that is read
    lifecycle.file_bytes = before = FILES_HELD * 10_000 - 8_000
    refused = client.post(path, content=content)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "2"
    assert lifecycle.file_bytes == before
    lifecycle.file_bytes = 0
    assert client.post(path, content=content).status_code == 422
    assert lifecycle.file_bytes == 0
