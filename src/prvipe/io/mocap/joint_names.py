"""Which joints of a file are ours: by a table of synonyms (joint_names.toml) and the user's own."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

from prvipe.errors import InputError
from prvipe.skeleton import COCO13

Sources = tuple[int, ...]
"""Positions in the file's list of joints whose middle a joint is."""


@dataclass(frozen=True)
class PelvisMarkers:
    """Positions of the markers on the pelvis in the file's list of joints."""

    left_front: int
    right_front: int
    back: Sources


def find_joints(names: Sequence[str], overrides: Mapping[str, str] | None) -> dict[str, Sources]:
    """Find the joints of coco13 among a file's names; those it lacks are left out.

    Args:
        names: the joints or markers of the file.
        overrides: our name of a joint -> the file's; "a+b" is the middle of two.

    Raises:
        InputError: an override of a joint we do not have, by a name that the file lacks, or by one
            that another joint of ours has.
    """
    known = _by_plain_name(names)
    found = {}
    for joint in COCO13.joints:
        matches = (_find(spelling, known) for spelling in _spellings(joint))
        sources = next((match for match in matches if match), None)
        if sources:
            found[joint] = sources
    found |= _find_overrides(names, overrides or {})
    _refuse_shared(found, overrides or {})
    return found


def find_pelvis(names: Sequence[str]) -> PelvisMarkers | None:
    """Find the markers on the front and back of the pelvis; None if some are missing."""
    known = _by_plain_name(names)
    parts = _table()["pelvis"]

    def first(spellings: Iterator[str]) -> int | None:
        return next((known[spelling] for spelling in spellings if spelling in known), None)

    left, right = (first(_with_side(side, parts["front"])) for side in ("left", "right"))
    backs = [first(_with_side(side, parts["back"])) for side in ("left", "right")]
    sacrum = first(iter(parts["sacrum"]))
    back = tuple(b for b in backs if b is not None) if None not in backs else ()
    if not back and sacrum is not None:
        back = (sacrum,)
    if left is None or right is None or not back:
        return None
    return PelvisMarkers(left, right, back)


def require_joints(found: Mapping[str, object], names: Sequence[str]) -> None:
    """Refuse a file that lacks joints of coco13.

    Raises:
        InputError: naming them, the names in the file and how to say which is which.
    """
    missing = [joint for joint in COCO13.joints if joint not in found]
    if missing:
        raise InputError(
            f"cannot tell which of its joints is {', '.join(missing)}; it has {', '.join(names)}. "
            f"Name them: joints={{{missing[0]!r}: 'name in the file', ...}} or "
            f"--joint {missing[0]}=NAME"
        )


def _find_overrides(names: Sequence[str], overrides: Mapping[str, str]) -> dict[str, Sources]:
    found: dict[str, Sources] = {}
    known = _by_plain_name(names)
    for joint, spelling in overrides.items():
        if joint not in COCO13.joints:
            raise InputError(
                f"joints: there is no joint {joint!r} to be named, only {', '.join(COCO13.joints)}"
            )
        if spelling in names:
            found[joint] = (names.index(spelling),)
        elif sources := _find("+".join(map(_plain, spelling.split("+"))), known):
            found[joint] = sources
        else:
            raise InputError(
                f"joints: {joint} is to be {spelling!r}, which the file lacks; it has "
                f"{', '.join(names)}"
            )
    return found


def _refuse_shared(found: Mapping[str, Sources], overrides: Mapping[str, str]) -> None:
    for joint, spelling in overrides.items():
        for other, sources in found.items():
            if other != joint and set(sources) == set(found[joint]):
                raise InputError(
                    f"joints: {joint} is to be {spelling!r}, but {other} is that already; name "
                    f"another for one of them (joints={{{other!r}: ...}} or --joint {other}=NAME)"
                )


def _find(spelling: str, known: Mapping[str, int]) -> Sources | None:
    parts = spelling.split("+")
    return tuple(known[part] for part in parts) if all(part in known for part in parts) else None


def _spellings(joint: str) -> Iterator[str]:
    # In the order of preference.
    side, _, part = joint.partition("_")
    return _with_side(side, _table()["parts"][part]) if part else iter(_table()["middle"][joint])


def _with_side(side: str, parts: Sequence[str]) -> Iterator[str]:
    for part, word in product(parts, _table()["sides"][side]):
        pieces = part.split("+")
        yield "+".join(word + piece for piece in pieces)
        yield "+".join(piece + word for piece in pieces)


def _by_plain_name(names: Sequence[str]) -> dict[str, int]:
    # The first of several joints of one name counts, and a name as it is before one cut short.
    known: dict[str, int] = {}
    plain = [_plain(name) for name in names]
    for number, name in enumerate(plain):
        known.setdefault(name, number)
    for number, name in enumerate(plain):
        for prefix in _table()["prefixes"]:
            if name.startswith(prefix):
                known.setdefault(name.removeprefix(prefix), number)
    return known


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[-1].lower())


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    text = files("prvipe.io.mocap").joinpath("joint_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
