"""What a server takes on at most: every bound in one place.

A request beyond a bound is refused before it costs much; the server never grows with what it is
asked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from prvipe.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Bounds of one server; times are in seconds, sizes in bytes.

    Attributes:
        upload_bytes: of an image, video or keypoint file that is uploaded.
        body_bytes: of any other request.
        body_seconds: a request's body must be here by then.
        pixels: of an image or a video's frame; checked before anything is decoded.
        upload_frames: that are read of an uploaded video at most; 15 a second, fewer where time is
            short, spread evenly over it.
        upload_poses: poses that are read of an uploaded file.
        archive_bytes: that an npz or Parquet body may unpack to.
        decode_seconds: that one file may be decoded for; its worker is killed then.
        decode_memory_bytes: memory that a decoding worker may allocate.
        decode_workers: processes that decode, of each kind: uploads, frames.
        decode_waiting: files that may wait for one.
        image_height: pixels of the tallest frame that is sent.
        frame_cache_bytes: frames that are kept as JPEG, so that a gallery is not decoded twice.
        poses_per_request: that one request embeds or searches for.
        hits: the last hit of a query that can be had, offset included.
        hits_per_request: of all queries together.
        rows_per_request: poses of a library that are shown at once.
        recording_poses: of one recording that is shown or aligned.
        alignment_cells: frames of one clip times frames of the other.
        map_poses: points of a map.
        map_seconds: that a map may be computed for; its process is killed then.
        maps_kept: maps that are kept in memory.
        lanes: threads that embed and search.
        batch_requests: that a lane computes together; 1 switches batches off.
        batch_poses: that a lane computes together; a request of more is done in parts.
        waiting_requests: to embed or search that may wait; one more is answered with 429.
        waiting_poses: poses of these together.
        answer_seconds: after which a request to embed or search is given up.
        slots: threads that compare, align and the like, and as many for look-ups.
        slot_waiting: requests that may wait for a slot.
        slot_seconds: after which a comparison or alignment is no longer waited for.
        look_waiting: look-ups in a library that may wait.
        stop_seconds: that requests in flight have to finish when the server stops.
        libraries: that one server opens.
        memory_bytes: a library of up to so many is read into memory, so that nothing that happens
            to its files can harm the server; a larger one is mapped.
        watch_seconds: between looks at whether a library has changed on the disk.
    """

    upload_bytes: int = 64 * 2**20
    body_bytes: int = 32 * 2**20
    body_seconds: float = 60.0
    pixels: int = 50_000_000
    upload_frames: int = 3_000
    upload_poses: int = 10_000
    archive_bytes: int = 256 * 2**20
    decode_seconds: float = 60.0
    decode_memory_bytes: int = 2 * 2**30
    decode_workers: int = 2
    decode_waiting: int = 32
    image_height: int = 1_080
    frame_cache_bytes: int = 64 * 2**20
    poses_per_request: int = 10_000
    hits: int = 1_000
    hits_per_request: int = 100_000
    rows_per_request: int = 500
    recording_poses: int = 20_000
    alignment_cells: int = 25_000_000
    map_poses: int = 100_000
    map_seconds: float = 600.0
    maps_kept: int = 8
    lanes: int = 2
    batch_requests: int = 64
    batch_poses: int = 256
    waiting_requests: int = 512
    waiting_poses: int = 50_000
    answer_seconds: float = 60.0
    slots: int = 2
    slot_waiting: int = 16
    slot_seconds: float = 60.0
    look_waiting: int = 256
    stop_seconds: float = 30.0
    libraries: int = 64
    memory_bytes: int = 2 * 2**30
    watch_seconds: float = 1.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                raise InputError(f"limit {each.name} = {value}: expected more than 0")
