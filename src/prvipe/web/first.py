"""Stand-in for the routes until service and wire are there: plain dictionaries on PoseIndex."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
import pyarrow.compute as pc
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from prvipe.comparison import compare
from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.index.lookup import allowed_positions, hits_of
from prvipe.index.ranking import Ranked
from prvipe.model.lifter import Lifter
from prvipe.model.trust import judge_poses
from prvipe.poses import Poses
from prvipe.sequences import align, embed_recording
from prvipe.skeleton import COCO13


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _points(keypoints: Any) -> Any:
    return [
        None if not np.isfinite(p).all() else [round(float(x), 5) for x in p] for p in keypoints
    ]


def _hit(hit: Any, media: Any) -> dict[str, Any]:
    return {
        "row": hit.row,
        "probability": hit.probability,
        "source": hit.source,
        "frame": hit.frame,
        "time": _plain(hit.time),
        "person": hit.person,
        "fields": {k: _plain(v) for k, v in hit.fields.items()},
        "keypoints": _points(hit.keypoints),
        "image": media(hit.source) is not None,
        "pose3d": False,
    }


def _trust(trust: Any) -> dict[str, Any]:
    return {
        "visible": trust.visible,
        "joints": trust.joints,
        "variance": trust.variance,
        "doubts": list(trust.doubts),
        "trusted": trust.trusted,
    }


def _poses(body: dict[str, Any]) -> Poses:
    missing = [np.nan, np.nan]
    points = [[missing if j is None else j for j in pose] for pose in body["keypoints"]]
    return Poses(
        np.array(points, np.float32),
        None if body.get("scores") is None else np.array(body["scores"], np.float32),
        body.get("skeleton", "coco13"),
        body.get("fields"),
    )


def add_routes(app: FastAPI, libraries: dict[str, PoseIndex], media: dict[str, Any]) -> None:
    lifter = Lifter.load()

    def chosen(name: str | None) -> tuple[str, PoseIndex]:
        if name is None:
            name = next(iter(libraries))
        if name not in libraries:
            raise InputError(f"no library {name}")
        return name, libraries[name]

    def see(name: str) -> Any:
        return lambda source: media.get(source)

    def positions(index: PoseIndex) -> Ranked:
        masks = allowed_positions(index._segments, ())
        segs, places = [], []
        for number, (segment, mask) in enumerate(zip(index._segments, masks, strict=True)):
            here = np.arange(len(segment)) if mask is None else np.flatnonzero(mask)
            segs.append(np.full(len(here), number))
            places.append(here)
        return Ranked(
            np.concatenate(segs),
            np.concatenate(places),
            np.ones(sum(map(len, places)), np.float32),
        )

    def all_hits(index: PoseIndex) -> Any:
        return hits_of(index._segments, positions(index), index.columns)

    def as_poses(index: PoseIndex, hits: Any) -> Poses:
        fields = {name: [h.fields[name] for h in hits] for name in index.columns if name != "row"}
        return Poses(np.stack([h.keypoints for h in hits]), None, index.model.skeleton, fields)

    cache: dict[str, Any] = {}

    def recordings(name: str) -> Any:
        if name not in cache:
            index = libraries[name]
            hits = sorted(all_hits(index), key=lambda h: h.row)
            groups: dict[Any, list[Any]] = {}
            for hit in hits:
                key = (
                    hit.source,
                    hit.fields.get("camera"),
                    hit.fields.get("sequence"),
                    hit.person,
                )
                groups.setdefault(key, []).append(hit)
            cache[name] = {
                f"{n}": (key, sorted(rows, key=lambda h: h.frame or 0))
                for n, (key, rows) in enumerate(groups.items())
            }
        return cache[name]

    def reference(body: dict[str, Any]) -> Poses:
        if "poses" in body and body["poses"] is not None:
            return _poses(body["poses"])
        _, index = chosen(body.get("library"))
        return as_poses(index, [index.pose(body["row"])])

    def clip(body: dict[str, Any]) -> Poses:
        if "poses" in body and body["poses"] is not None:
            return _poses(body["poses"])
        name, index = chosen(body.get("library"))
        return as_poses(index, recordings(name)[body["recording"]][1])

    def describe(name: str, index: PoseIndex) -> dict[str, Any]:
        return {
            "name": name,
            "poses": len(index),
            "model": index.model.name,
            "fingerprint": index.model.fingerprint,
            "skeleton": index.model.skeleton.name,
            "columns": index.columns,
            "generation": 1,
            "sources": len(index.sources()),
            "has_images": any(media.get(s) for s in index.sources()),
            "has_3d": False,
        }

    async def answer(work: Any) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(work))

    @app.get("/v1/libraries")
    async def listed() -> Response:
        return await answer(lambda: {"libraries": [describe(n, i) for n, i in libraries.items()]})

    @app.get("/v1/libraries/{name}")
    async def one(name: str) -> Response:
        def work() -> Any:
            _, index = chosen(name)
            facets: dict[str, Any] = {}
            for column in index.columns:
                if column == "row":
                    continue
                arrays = [s.fields.table[column] for s in index._segments]
                kind = str(arrays[0].type)
                if "string" in kind or "dictionary" in kind or column == "person":
                    counts: dict[Any, int] = {}
                    for array in arrays:
                        for each in array.value_counts().to_pylist():
                            counts[each["values"]] = counts.get(each["values"], 0) + each["counts"]
                    facets[column] = {
                        "values": [{"value": v, "count": c} for v, c in counts.items()]
                    }
                elif kind in ("int64", "double"):
                    ranges = [pc.min_max(a).as_py() for a in arrays]
                    facets[column] = {
                        "range": [min(r["min"] for r in ranges), max(r["max"] for r in ranges)]
                    }
            return {**describe(name, index), "facets": facets}

        return await answer(work)

    @app.post("/v1/libraries/{name}/reload")
    async def reload(name: str) -> Response:
        return await answer(lambda: describe(*chosen(name)))

    @app.post("/v1/embed")
    async def embed(request: Request) -> Response:
        body = await request.json()

        def work() -> Any:
            _, index = chosen(None)
            poses = _poses(body["poses"])
            z = index.model.embedder.embed(poses)
            scores = poses.to(COCO13).scores
            return {
                "model": index.model.name,
                "fingerprint": index.model.fingerprint,
                "mean": z.mean.tolist(),
                "std": z.std.tolist(),
                "trust": [_trust(t) for t in judge_poses(z, scores, index.model.fingerprint)],
            }

        return await answer(work)

    @app.post("/v1/search")
    async def search(request: Request) -> Response:
        body = await request.json()

        def work() -> Any:
            name, index = chosen(body.get("library"))
            k, offset = body.get("k", 10), body.get("offset", 0)
            options = {"distinct": body.get("distinct"), "exact": body.get("exact", False)}
            where = body.get("where") or None
            if body.get("rows") is not None:
                found = [index.search_row(r, k + offset, where, **options) for r in body["rows"]]
            else:
                found = index.search(_poses(body["poses"]), k + offset, where, **options)
            return {
                "library": name,
                "generation": 1,
                "results": [
                    {
                        "trust": _trust(r.trust),
                        "trusted": r.trusted,
                        "query": None if r.query is None else _points(r.query),
                        "hits": [_hit(h, see(name)) for h in r.hits[offset:]],
                    }
                    for r in found
                ],
                "absent": index.describe_absent(where),
            }

        return await answer(work)

    @app.post("/v1/uncertainty")
    async def uncertainty(request: Request) -> Response:
        body = await request.json()

        def work() -> Any:
            _, index = chosen(body.get("library"))
            poses = (
                _poses(body["poses"])
                if body.get("poses") is not None
                else as_poses(index, [index.pose(r) for r in body["rows"]])
            ).to(COCO13)
            z = index.model.embedder.embed(poses)
            errors = lifter.lift_with_errors(poses.keypoints, poses.scores).errors
            answers = []
            for trust, scores, error in zip(
                judge_poses(z, poses.scores, index.model.fingerprint),
                poses.scores,
                errors,
                strict=True,
            ):
                words = "; ".join(trust.doubts) or "nothing speaks against trusting the answer"
                joints = [
                    {
                        "joint": joint,
                        "visible": bool(score > 0),
                        "error": float(e),
                        "ambiguous": bool(e > 0.25),
                    }
                    for joint, score, e in zip(COCO13.joints, scores, error, strict=True)
                ]
                answers.append({"trust": _trust(trust), "words": words, "joints": joints})
            return {"poses": answers}

        return await answer(work)

    @app.post("/v1/compare")
    async def compare_poses(request: Request) -> Response:
        body = await request.json()

        def work() -> Any:
            a, b = reference(body["a"]), reference(body["b"])
            c = compare(a, b, libraries[next(iter(libraries))].model.embedder, lifter)
            return {
                "probability": c.probability,
                "headline": c.headline,
                "too_little_in_common": c.too_little,
                "verdict": {"words": c.verdict.words, "meaning": c.verdict.meaning},
                "doubts": list(c.doubts),
                "sentences": list(c.sentences),
                "joints": [
                    {
                        "joint": j.joint,
                        "difference": j.difference,
                        "uncertainty": j.uncertainty,
                        "direction": j.direction,
                        "verdict": j.verdict,
                    }
                    for j in c.joints
                ],
                "missing": c.missing,
                "a": {"keypoints": _points(a.to(COCO13).keypoints[0])},
                "b": {"keypoints": _points(b.to(COCO13).keypoints[0])},
            }

        return await answer(work)

    @app.post("/v1/align")
    async def align_clips(request: Request) -> Response:
        body = await request.json()

        def work() -> Any:
            embedder = libraries[next(iter(libraries))].model.embedder
            one, other = (
                embed_recording(clip(body[x]), embedder, body.get("fps"), body.get("every", 1))
                for x in "ab"
            )
            al = align(one, other, embedder, open_ends=not body.get("closed_ends", False))
            rows = [
                side.timeline.rows[al.pairs[:, n]].tolist() for n, side in enumerate((al.a, al.b))
            ]
            return {
                "verdict": al.verdict,
                "similarity": _plain(al.similarity),
                "distance": _plain(al.distance),
                "part_distance": _plain(al.part_distance),
                "rival_distance": _plain(al.rival),
                "unit": "seconds" if al.in_seconds else "frames",
                "offset": _plain(al.offset),
                "pace": _plain(al.pace),
                "rows_first": rows[0],
                "rows_second": rows[1],
                "frames_first": al.a.timeline.frames[al.pairs[:, 0]].tolist(),
                "frames_second": al.b.timeline.frames[al.pairs[:, 1]].tolist(),
                "times_first": al.times_a.tolist() if al.in_seconds else None,
                "times_second": al.times_b.tolist() if al.in_seconds else None,
                "matching_probabilities": [_plain(float(v)) for v in al.probabilities],
                "similarities": [_plain(float(v)) for v in al.similarities],
            }

        return await answer(work)

    @app.get("/v1/libraries/{name}/poses")
    async def some(name: str, rows: str) -> Response:
        def work() -> Any:
            _, index = chosen(name)
            return {"poses": [_hit(index.pose(int(r)), see(name)) for r in rows.split(",")]}

        return await answer(work)

    @app.get("/v1/libraries/{name}/poses/{row}/image")
    async def image(name: str, row: int, height: int = 240, drawn: bool = True) -> Response:
        from prvipe.report.footage import Footage
        from prvipe.report.search_gallery import find_images

        def work() -> bytes | None:
            _, index = chosen(name)
            hit = index.pose(row)
            path = media.get(hit.source)
            if path is None:
                return None
            (found,) = find_images([hit], Footage(path.parent))
            if found is None:
                return None
            from PIL import Image

            picture = Image.fromarray(found)
            picture.thumbnail((4 * height, height))
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=85)
            return out.getvalue()

        found = await run_in_threadpool(work)
        if found is None:
            return JSONResponse({"title": "Not Found", "status": 404}, 404)
        return Response(found, media_type="image/jpeg")

    @app.get("/v1/libraries/{name}/recordings")
    async def all_recordings(name: str) -> Response:
        def work() -> Any:
            return {
                "recordings": [
                    {
                        "id": number,
                        "source": key[0],
                        "camera": key[1],
                        "person": key[3],
                        "poses": len(rows),
                        "first_time": _plain(rows[0].time),
                        "last_time": _plain(rows[-1].time),
                        "first_frame": rows[0].frame,
                        "last_frame": rows[-1].frame,
                    }
                    for number, (key, rows) in recordings(name).items()
                ]
            }

        return await answer(work)

    @app.get("/v1/libraries/{name}/recordings/{number}")
    async def recording(name: str, number: str) -> Response:
        def work() -> Any:
            _, rows = recordings(name)[number]
            return {
                "rows": [h.row for h in rows],
                "frames": [h.frame for h in rows],
                "times": [_plain(h.time) for h in rows],
                "keypoints": [_points(h.keypoints) for h in rows],
                "width": rows[0].fields.get("width"),
                "height": rows[0].fields.get("height"),
            }

        return await answer(work)

    @app.get("/v1/libraries/{name}/map")
    async def project(
        name: str, method: str = "pca", color: str | None = None, most: int = 100_000
    ) -> Response:
        def work() -> bytes:
            _, index = chosen(name)
            masks = allowed_positions(index._segments, ())
            means, rows, columns = [], [], []
            for segment, mask in zip(index._segments, masks, strict=True):
                here = np.arange(len(segment)) if mask is None else np.flatnonzero(mask)
                means.append(np.array(segment.vectors[here, :-1]))
                table = segment.fields.table.take(segment.rows_at(here))
                rows.append(table["row"].to_numpy())
                if color is not None:
                    columns += table[color].to_pylist()
            mean, row = np.concatenate(means), np.concatenate(rows)
            keep = np.arange(len(mean))
            if len(mean) > most:
                keep = np.sort(np.random.default_rng(0).choice(len(mean), most, replace=False))
            centred = mean[keep] - mean[keep].mean(0)
            _, axes = np.linalg.eigh(centred.T @ centred)
            xy = centred @ axes[:, :-3:-1]
            xy = xy / np.abs(xy).max()
            described, values = None, np.full(len(keep), np.nan)
            if color is not None:
                taken = [columns[place] for place in keep]
                if any(isinstance(v, str) for v in taken):
                    names = sorted({v for v in taken if v is not None})
                    codes = {v: n for n, v in enumerate(names)}
                    values = np.array([codes.get(v, np.nan) for v in taken])
                    described = {"kind": "category", "names": names}
                else:
                    values = np.array([np.nan if v is None else v for v in taken], float)
                    described = {
                        "kind": "number",
                        "range": [float(np.nanmin(values)), float(np.nanmax(values))],
                    }
            head = json.dumps(
                {
                    "count": len(keep),
                    "total": len(mean),
                    "method": "pca",
                    "methods": ["pca"],
                    "color": described,
                }
            ).encode()
            head += b" " * (-len(head) % 4)
            return b"".join(
                (
                    len(head).to_bytes(4, "little"),
                    head,
                    xy.astype("<f4").tobytes(),
                    row[keep].astype("<u4").tobytes(),
                    values.astype("<f4").tobytes(),
                )
            )

        return Response(await run_in_threadpool(work), media_type="application/octet-stream")

    @app.post("/v1/overlay")
    async def overlay(request: Request) -> Response:
        from prvipe.geometry.procrustes import procrustes_align

        body = await request.json()

        def work() -> Any:
            _, index = chosen(body["library"])
            hit = as_poses(index, [index.pose(body["row"])]).to(COCO13)
            query = reference(body["query"]).to(COCO13)
            lifted = [lifter.lift_keypoints(p.keypoints, p.scores)[0] for p in (query, hit)]
            laid = procrustes_align(lifted[1], lifted[0]).aligned
            apart = np.linalg.norm(laid - lifted[0], axis=1)
            return {
                "skeleton": "coco13",
                "edges": [list(e) for e in COCO13.edges],
                "query": lifted[0].tolist(),
                "estimated": True,
                "hit": laid.tolist(),
                "np_mpjpe": float(apart.mean()),
                "distances": apart.tolist(),
            }

        return await answer(work)

    @app.post("/v1/read")
    async def read(request: Request, filename: str, skeleton: str | None = None) -> Response:
        import tempfile
        from pathlib import Path

        from prvipe.io import load

        content = await request.body()

        def work() -> Any:
            with tempfile.NamedTemporaryFile(suffix=Path(filename).suffix) as file:
                file.write(content)
                file.flush()
                poses = load(file.name, skeleton)
            suffix = Path(filename).suffix.lower()
            kind = (
                "image"
                if suffix in (".jpg", ".jpeg", ".png", ".webp")
                else "video"
                if suffix in (".mp4", ".mov", ".webm", ".mkv")
                else "keypoints"
            )
            return {
                "kind": kind,
                "poses": {
                    "skeleton": poses.skeleton.name,
                    "keypoints": [_points(p) for p in poses.keypoints],
                    "scores": poses.scores.tolist(),
                    "fields": {
                        n: [_plain(v) for v in poses.table[n].to_pylist()]
                        for n in poses.table.column_names
                    },
                },
                "suggested": 0,
                "notes": [],
            }

        return await answer(work)
