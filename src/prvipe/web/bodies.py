"""Poses in Parquet or npz in place of JSON: the same request, checked in the same way."""

from __future__ import annotations

import tempfile
from typing import Any, TypeVar

from fastapi import Request

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.skeleton import BUILT_IN, COCO13
from prvipe.web.problems import RefusedError, checking
from prvipe.web.reading import JSON, NPZ, PARQUET, media_type, read_body, read_into, read_json
from prvipe.web.services import services_of
from prvipe.web.worker_losses import counting_losses
from prvipe.wire.base import WireModel
from prvipe.wire.binary_poses import poses_from_npz, split_pair
from prvipe.wire.poses import PosesBody

Model = TypeVar("Model", bound=WireModel)

_FIELDS = ("frame", "time", "source", "sequence", "camera", "person")
"""Fields that matter to a request; others of a table are left where they are."""

_IN_BODY = ("poses", "rows", "embeddings", "a", "b")
_SKELETON = "skeleton"
_PARQUET_NAME = "body.parquet"


async def read_request(request: Request, model: type[Model]) -> Model:
    """Read a request in whichever form it comes.

    Raises:
        RefusedError: too large, too slow or of a type that is not read.
        InputError: no table of poses.
        MistakesError: something in it is not what the model says.
    """
    kind = media_type(request)
    if kind == JSON:
        return await read_json(request, model)
    if kind not in (PARQUET, NPZ):
        raise RefusedError(
            415, f"bodies of type {kind[:100]} are not read; send {JSON}, {PARQUET} or {NPZ}"
        )
    options = _options(request, model)
    read = _read_npz if kind == NPZ else _read_parquet
    poses = await read(request, request.query_params.get(_SKELETON))
    with checking():
        given = await services_of(request).engine.look(_as_fields, poses, model)
        # The address has nothing but text: "3" is a number there, and "true" a truth value.
        return model.model_validate({**options, **given}, strict=False)


def _options(request: Request, model: type[WireModel]) -> dict[str, Any]:
    """What the address says besides the poses."""
    possible = [name for name in model.model_fields if name not in _IN_BODY]
    query = request.query_params
    for name in query:
        if name not in (*possible, _SKELETON):
            there_are = ", ".join((*possible, _SKELETON))
            raise RefusedError(
                422, f"there is no parameter {name[:100]}; there are {there_are}", field=name[:100]
            )
    chosen = {name: query.getlist(name) for name in possible if name in query}
    return {name: values if name == "where" else values[-1] for name, values in chosen.items()}


async def _read_npz(request: Request, skeleton: str | None) -> Poses:
    services = services_of(request)
    content = await read_body(request)
    limits = services.limits
    most = (limits.recording_poses, limits.archive_bytes)
    return await services.engine.look(poses_from_npz, content, skeleton, *most)


async def _read_parquet(request: Request, skeleton: str | None) -> Poses:
    """Read Parquet in a process of its own, as other uploads: few bytes may unpack to a lot."""
    services = services_of(request)
    with tempfile.TemporaryFile(buffering=0) as file:
        await read_into(request, file, services.limits.body_bytes)
        file.seek(0)
        with counting_losses(services.metrics):
            found = await services.workers.read_upload(file, _PARQUET_NAME, skeleton)
    if len(found.poses) == services.limits.upload_poses and found.notes:
        raise InputError(f"send {services.limits.upload_poses:,} poses at once at most")
    return found.poses


def _as_fields(poses: Poses, model: type[WireModel]) -> dict[str, Any]:
    """The fields of the request that poses are."""
    if poses.dimensions != 2:
        raise InputError("the poses are 3D; send keypoints in the image, x and y")
    if "a" not in model.model_fields:
        return {"poses": _as_body(poses)}
    return {
        side: {"poses": _as_body(each)} for side, each in zip("ab", split_pair(poses), strict=True)
    }


def _as_body(poses: Poses) -> PosesBody:
    if BUILT_IN.get(poses.skeleton.name) != poses.skeleton:
        poses = poses.to(COCO13)
    return PosesBody.of(poses, _FIELDS)
