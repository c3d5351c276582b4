"""Two recordings aligned."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.sequences import Alignment, embed_recording
from prvipe.sequences import align as align_recordings
from prvipe.sequences.timeline import make_timeline
from prvipe.web.answers import TABLES, file_answer, json_answer, wanted_type
from prvipe.web.bodies import read_request
from prvipe.web.openapi import describes
from prvipe.web.problems import naming
from prvipe.web.reading import JSON, NPZ
from prvipe.web.references import FoundClip, find_clip
from prvipe.web.served_models import ServedModel, find_model
from prvipe.web.services import services_of
from prvipe.wire.align import AlignAnswer, AlignRequest
from prvipe.wire.binary_results import alignment_to_npz

router = APIRouter()


@router.post("/v1/align", summary="Align two recordings")
@describes(
    takes=AlignRequest,
    gives=AlignAnswer,
    bodies=TABLES,
    answers=(NPZ,),
    refusals=(404, 504),
    words="Which frames show the same moment. npz: all arrays of the alignment, costs included.",
)
async def align(request: Request) -> Response:
    """Say which frames of two recordings of a motion show the same moment."""
    services, kind = services_of(request), wanted_type(request, NPZ)
    asked = await read_request(request, AlignRequest)
    a = await find_clip(services, asked.a, "a")
    b = await find_clip(services, asked.b, "b")
    model = await find_model(services, asked.model)
    most = services.limits.alignment_cells
    return await services.engine.run(_answer, asked, (a, b), model, most, kind)


def _answer(
    asked: AlignRequest,
    clips: tuple[FoundClip, FoundClip],
    model: ServedModel,
    most: int,
    kind: str,
) -> Response:
    alignment = _align(asked, clips, model, most)
    if kind != JSON:
        return file_answer(alignment_to_npz(alignment), kind)
    rows = (clips[0].rows, clips[1].rows)
    return json_answer(AlignAnswer.of(alignment, model.name, model.fingerprint, rows))


def _align(
    asked: AlignRequest, clips: tuple[FoundClip, FoundClip], model: ServedModel, most: int
) -> Alignment:
    # Before anything is embedded: frames without a person count, too, and cost as much.
    first, second = (
        _count_frames(asked, clip.poses, side) for clip, side in zip(clips, "ab", strict=True)
    )
    if first * second > most:
        raise InputError(
            f"recordings of {first:,} and {second:,} frames are {first * second:,} pairs, more "
            f"than {most:,}; take every other frame or fewer, by every"
        )
    one, other = (
        embed_recording(clip.poses, model.embedder, asked.fps, asked.every) for clip in clips
    )
    return align_recordings(one, other, model.embedder, open_ends=not asked.closed_ends)


def _count_frames(asked: AlignRequest, poses: Poses, side: str) -> int:
    with naming(side):
        return len(make_timeline(poses, asked.fps, asked.every))
