"""What is answered at each address, compared with the library itself."""

import struct
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

import prvipe
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries
from prvipe.skeleton import COCO13
from prvipe.web.references import LARGEST_ROW

AsJson = Callable[[Poses], dict[str, Any]]
Client = httpx.Client
MakePoses = Callable[..., Poses]


def ask(client: Client, verb: str, **asked: Any) -> Any:
    answer = client.post(f"/v1/{verb}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refuse(client: Client, verb: str, status: int = 422, **asked: Any) -> Any:
    answer = client.post(f"/v1/{verb}", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    return told["field"]


def test_embed_is_the_embedding(
    client: Client, served: Libraries, moving: MakePoses, as_json: AsJson
) -> None:
    told = ask(client, "embed", poses=as_json(moving()))
    embedder = served.embedder()
    embeddings = embedder.embed(moving())
    assert np.allclose(told["mean"], embeddings.mean, atol=1e-5)
    assert np.allclose(told["std"], embeddings.std, atol=1e-5)
    assert told["model"] == "small"
    other = ask(client, "embed", poses=as_json(moving()), model="base")
    assert other["fingerprint"] != told["fingerprint"]
    again = ask(client, "embed", poses=as_json(moving()), model=told["fingerprint"])
    assert again["mean"] == told["mean"]


def test_search_is_that_of_the_index(
    client: Client, served: Libraries, moving: MakePoses, as_json: AsJson
) -> None:
    index = served.get("moves").index
    poses = moving()[:2]
    told = ask(client, "search", poses=as_json(poses), k=5, where=["camera=cam02"])
    for found, local in zip(told["results"], index.search(poses, 5, "camera=cam02"), strict=True):
        assert [hit["row"] for hit in found["hits"]] == [hit.row for hit in local]
        assert found["hits"][0]["probability"] == pytest.approx(local.hits[0].probability)
        assert found["hits"][0]["fields"]["camera"] == "cam02"
    assert (told["library"], told["absent"]) == ("moves", [])


def test_pages_of_hits_follow_each_other(client: Client) -> None:
    whole = ask(client, "search", rows=[3], k=10)["results"][0]["hits"]
    first = ask(client, "search", rows=[3], k=4)["results"][0]["hits"]
    second = ask(client, "search", rows=[3], k=6, offset=4)["results"][0]["hits"]
    assert first + second == whole
    assert ask(client, "search", rows=[3], k=5, offset=500)["results"][0]["hits"] == []


def test_embeddings_can_be_searched_for(client: Client, moving: MakePoses, as_json: AsJson) -> None:
    embedded = ask(client, "embed", poses=as_json(moving()[:1]))
    given = {name: embedded[name] for name in ("mean", "std")}
    by_embedding = ask(client, "search", embeddings=given)["results"][0]
    by_pose = ask(client, "search", poses=as_json(moving()[:1]))["results"][0]
    rows = [[hit["row"] for hit in each["hits"]] for each in (by_embedding, by_pose)]
    assert rows[0] == rows[1]
    assert by_embedding["query"] is None
    given["fingerprint"] = embedded["fingerprint"]
    assert ask(client, "search", embeddings=given)["results"][0] == by_embedding
    assert refuse(client, "search", embeddings={**given, "fingerprint": "beef"}) == "embeddings"


def test_absent_values_are_named(client: Client) -> None:
    (absent,) = ask(client, "search", rows=[0], where=["camera=cam09"])["absent"]
    assert "cam01" in absent


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rows": [0], "where": ["nonsense"]}, "where"),
        ({"rows": [0], "where": ["colour=red"]}, "where"),
        ({"rows": [0], "where": ["time>soon"]}, "where"),
        ({"rows": [0], "distinct": "2 weeks"}, "distinct"),
        ({"rows": [99_999]}, "rows"),
        ({"rows": [-1]}, "rows.0"),
        ({"rows": [0], "k": 0}, "k"),
        ({"rows": [0], "k": 10.5}, "k"),
        ({"rows": [0], "K": 1}, "K"),
        ({"poses": {"keypoints": [[[0, 0]]]}}, "poses"),
        ({"poses": {"keypoints": [[[0, "0"]] * 13]}}, "poses.keypoints.0.0.1"),
        ({"poses": {"keypoints": [[[1, 1]] * 13], "skeleton": "../../etc"}}, "poses"),
        ({"embeddings": {"mean": [[0.0]], "std": [[0.0]]}}, "embeddings"),
    ],
)
def test_what_is_wrong_is_named(client: Client, asked: dict[str, Any], field: str) -> None:
    assert refuse(client, "search", **asked) == field


def test_what_is_not_served(client: Client, moving: MakePoses, as_json: AsJson) -> None:
    poses = as_json(moving()[:1])
    assert refuse(client, "search", 404, library="none", rows=[0]) == "library"
    assert refuse(client, "embed", poses=poses, model="/etc/passwd") == "model"
    assert refuse(client, "embed", poses=poses, model="lift") == "model"
    row = {"library": "none", "row": 0}
    assert refuse(client, "compare", 404, a={"poses": poses}, b=row) == "b.library"
    clip = {"library": "moves", "recording": "none"}
    refuse(client, "align", 404, a=clip, b=clip)


def test_compare_is_the_comparison(client: Client, moving: MakePoses, as_json: AsJson) -> None:
    a, b = moving(0)[3], moving(1)[9]
    told = ask(client, "compare", a={"poses": as_json(a)}, b={"library": "moves", "row": 21})
    local = prvipe.compare(a, b, "small")
    assert told["probability"] == pytest.approx(local.probability, abs=0.02)
    assert {each["joint"] for each in told["joints"]} == {each.joint for each in local.joints}
    assert told["sentences"]
    two = as_json(moving(0)[:2])
    assert refuse(client, "compare", a={"poses": two}, b={"poses": two}) == "a.poses.keypoints"


def test_align_is_the_alignment(client: Client, moving: MakePoses, as_json: AsJson) -> None:
    listed = client.get("/v1/libraries/moves/recordings").json()["recordings"]
    assert [each["poses"] for each in listed] == [12, 12]
    clips = [{"library": "moves", "recording": each["id"]} for each in listed]
    given = {side: {"poses": as_json(moving(n))} for n, side in enumerate("ab")}
    told, local = ask(client, "align", **given), prvipe.align(moving(0), moving(1), "small")
    assert told["places_a"] == local.pairs[:, 0].tolist()
    assert told["similarity"] == pytest.approx(local.similarity)
    told = ask(client, "align", a=clips[0], b=clips[1])
    assert told["similarity"] == pytest.approx(local.similarity, abs=0.05)
    shown = client.get(f"/v1/libraries/moves/recordings/{listed[1]['id']}").json()
    assert told["rows_b"][0] in shown["rows"]
    mixed = ask(client, "align", a={"poses": as_json(moving(0))}, b=clips[1])
    assert mixed["rows_a"] == mixed["places_a"]
    assert refuse(client, "align", a=clips[0], b={"poses": as_json(moving()[:0])}) == "b"
    gap = as_json(moving(0)[:3]) | {"fields": {"frame": [0, 1, 10**9]}}
    assert refuse(client, "align", a=clips[0], b={"poses": gap}) == "b"


def test_uncertainty_in_words_and_joints(
    client: Client, moving: MakePoses, as_json: AsJson
) -> None:
    poses = moving()[:1]
    poses.keypoints[0, 5] = np.nan
    hidden = as_json(Poses(poses.keypoints, None, "coco13"))
    (told,) = ask(client, "uncertainty", poses=hidden)["poses"]
    assert told["words"]
    seen = {each["joint"]: each["visible"] for each in told["joints"]}
    assert [name for name, visible in seen.items() if not visible] == [COCO13.joints[5]]
    assert len(ask(client, "uncertainty", library="moves", rows=[0, 1])["poses"]) == 2
    assert refuse(client, "uncertainty", library="moves", rows=[0] * 501) == "rows"


def test_an_overlay_of_a_pose_on_itself(client: Client) -> None:
    row = {"library": "moves", "row": 4}
    told = ask(client, "overlay", library="moves", row=4, query=row)
    assert told["np_mpjpe"] < 1e-3
    assert np.array(told["hit"]).shape == (13, 3)
    assert told["query_estimated"]
    assert told["hit_estimated"]
    assert refuse(client, "overlay", library="moves", row=999, query=row) == "row"


def test_libraries_and_their_columns(client: Client) -> None:
    (listed,) = client.get("/v1/libraries").json()["libraries"]
    assert (listed["name"], listed["poses"], listed["has_images"]) == ("moves", 24, False)
    facets = client.get("/v1/libraries/moves").json()["facets"]
    assert facets["camera"]["values"] == [
        {"value": "cam01", "count": 12},
        {"value": "cam02", "count": 12},
    ]
    assert facets["time"]["range"] == [0, 11 / 25]
    reloaded = client.post("/v1/libraries/moves/reload").json()
    assert reloaded["generation"] == listed["generation"]


def test_poses_by_their_rows(client: Client, moving: MakePoses) -> None:
    path = "/v1/libraries/moves/poses"
    shown = client.get(path, params={"rows": "13,0,13"}).json()["poses"]
    assert [each["row"] for each in shown] == [13, 0, 13]
    assert np.allclose(shown[1]["keypoints"], moving(0).keypoints[0], atol=1)
    for rows in ("", "x", "1,", "-1", "1.0", "99", str(LARGEST_ROW + 1), "0," * 600 + "0"):
        told = client.get(path, params={"rows": rows})
        assert (told.status_code, told.json()["field"]) == (422, "rows")


def test_a_pose_without_a_frame(client: Client) -> None:
    for path in ("0/image", "99/image", "0/image?height=100&drawn=false"):
        assert client.get(f"/v1/libraries/moves/poses/{path}").status_code == 404
    for path in ("x/image", "-1/image", "0/image?height=0", "0/image?height=99999"):
        assert client.get(f"/v1/libraries/moves/poses/{path}").status_code == 422


def test_the_map_has_every_pose(client: Client) -> None:
    content = client.get("/v1/libraries/moves/map?color=camera").content
    (length,) = struct.unpack("<I", content[:4])
    assert (4 + length) % 4 == 0
    points = np.frombuffer(content, "<f4", 48, 4 + length)
    rows = np.frombuffer(content, "<u4", 24, 4 + length + 4 * 48)
    colors = np.frombuffer(content, "<f4", 24, 4 + length + 4 * 72)
    assert np.abs(points).max() <= 1
    assert rows.tolist() == list(range(24))
    assert colors.tolist() == [0] * 12 + [1] * 12
    assert client.get("/v1/libraries/moves/map?most=5").content != content
    for query, field in (("color=none", "color"), ("method=none", "method"), ("most=0", "most")):
        told = client.get(f"/v1/libraries/moves/map?{query}")
        assert (told.status_code, told.json()["field"]) == (422, field)


def test_a_keypoint_file_is_read(client: Client, moving: MakePoses, tmp_path: Any) -> None:
    moving().save(tmp_path / "clip.parquet")
    content = (tmp_path / "clip.parquet").read_bytes()
    told = client.post("/v1/read?filename=../../clip.parquet", content=content).json()
    assert (told["kind"], len(told["poses"]["keypoints"])) == ("keypoints", 12)
    assert np.allclose(told["poses"]["keypoints"], moving().keypoints, atol=0.01)
    refused = client.post("/v1/read?filename=clip.exe", content=content)
    assert refused.status_code == 422
    assert "/" not in refused.json()["detail"].replace("c/", "")
    assert not list(tmp_path.glob("prvipe*"))


@pytest.mark.parametrize(
    "filename", ["", "x", "..", "/etc/passwd", "a.csv\0.png", "a./../b", "\u202e.csv", "x" * 2_000]
)
def test_names_of_files_are_no_paths(client: Client, filename: str) -> None:
    told = client.post("/v1/read", params={"filename": filename}, content=b"x,y\n1,2\n")
    assert told.status_code == 422
    assert "root" not in told.text


def test_health(client: Client) -> None:
    told = client.get("/healthz").json()
    assert (told["status"], told["reasons"]) == ("ok", [])


def test_metrics_count_routes_and_not_addresses(client: Client) -> None:
    client.get("/v1/libraries/moves/poses?rows=1")
    client.get("/nothing/at/all")
    client.request("BREW", "/nothing")
    text = client.get("/metrics").text
    assert 'route="/v1/libraries/{name}/poses",status="200"' in text
    assert 'route="other",status="404"' in text
    assert "nothing/at/all" not in text
    assert "BREW" not in text
    assert 'prvipe_library_poses{library="moves"} 24.0' in text
    assert "prvipe_batch_poses_bucket" in text
    assert "process_resident_memory_bytes" in text


def test_page_files_are_kept_until_they_change(client: Client) -> None:
    first = client.get("/")
    assert first.status_code == 200
    kept = client.get("/index.html", headers={"If-None-Match": first.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    assert client.head("/").status_code == 200
