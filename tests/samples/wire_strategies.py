"""Poses and embeddings at random, for properties of what is said over HTTP."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from hypothesis import strategies as st

from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.skeleton import BUILT_IN

_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)

VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "whole": (pa.int64(), st.integers(-(2**63) + 1, 2**63 - 1)),
    "number": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "text": (pa.string(), st.text(st.characters(codec="utf-8"), max_size=8)),
    "truth": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), st.dates(date(1, 1, 2))),
    "moment": (pa.timestamp("us"), st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))),
    "moment_of_zone": (
        pa.timestamp("us", "Europe/Berlin"),
        st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    ),
    "time_of_day": (pa.time64("us"), st.times()),
    "seconds_of_day": (
        pa.time32("ms"),
        st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59)),
    ),
    "span": (pa.duration("us"), st.timedeltas(timedelta(-9_999), timedelta(9_999))),
    "raw": (pa.binary(), st.binary(max_size=8)),
    "price": (pa.decimal128(8, 2), st.integers(-9999, 9999).map(lambda n: Decimal(n) / 4)),
    "box": (pa.list_(pa.float64()), st.lists(st.floats(-1e6, 1e6), max_size=4)),
    "days": (pa.list_(pa.date32()), st.lists(st.dates(date(1, 1, 2)), max_size=3)),
}
"""For each kind of column its Arrow type and its values."""


@st.composite
def poses(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(VALUES), least: int = 0) -> Poses:
    """Up to six poses of a built-in skeleton, joints missing, with fields of some kinds."""
    skeleton = draw(st.sampled_from([*BUILT_IN.values()][:6]))
    count = draw(st.integers(least, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (count, len(skeleton.joints))
    keypoints = (rng.normal(size=(*shape, 2)) * 10.0 ** rng.integers(-6, 7)).astype(np.float32)
    keypoints[rng.random(shape) < 0.3] = np.nan
    scores = rng.random(shape).astype(np.float32)
    chosen = draw(st.lists(st.sampled_from(kinds), unique=True)) if kinds else []
    table = {
        f"{kind}": pa.array(
            draw(st.lists(st.none() | VALUES[kind][1], min_size=count, max_size=count)),
            VALUES[kind][0],
        )
        for kind in chosen
    }
    return Poses(keypoints, scores, skeleton, table or None)


@st.composite
def gaussians(draw: st.DrawFn) -> Gaussian:
    count, dimension = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    mean = torch.randn(count, dimension, generator=generator)
    return Gaussian(mean, torch.rand(count, dimension, generator=generator) * 3)


def same_poses(a: Poses, b: Poses) -> bool:
    return (
        a.skeleton == b.skeleton
        and np.array_equal(a.keypoints, b.keypoints, equal_nan=True)
        and np.array_equal(a.scores, b.scores)
    )
