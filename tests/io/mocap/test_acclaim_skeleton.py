from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.acclaim_skeleton import read_asf


@pytest.fixture
def asf(write_acclaim, tmp_path: Path) -> Path:
    write_acclaim(np.zeros((1, 10)), angles="90 0 0", length=0.45)
    return tmp_path / "09.asf"


def test_bones_are_read_with_their_rest_pose(asf: Path) -> None:
    skeleton = read_asf(asf)
    assert [(bone.name, bone.parent) for bone in skeleton.bones] == [
        ("thigh", "root"),
        ("shank", "thigh"),
        ("foot", "shank"),
    ]
    thigh, shank, foot = skeleton.bones
    np.testing.assert_allclose(thigh.vector, [0, -4, 0])  # the direction need not have length 1
    np.testing.assert_allclose(thigh.axes @ [0, 1, 0], [0, 0, 1], atol=1e-12)
    assert (thigh.freedom, shank.freedom, foot.freedom) == (("rx", "ry", "rz"), ("rz",), ())
    assert skeleton.root_order == ("tx", "ty", "tz", "rx", "ry", "rz")
    assert skeleton.inches == 0.45


def test_children_may_be_listed_before_their_parents(asf: Path) -> None:
    text = asf.read_text().replace("root thigh\n    thigh shank", "thigh shank\n    root thigh")
    asf.write_text(text)
    assert [bone.name for bone in read_asf(asf).bones] == ["thigh", "shank", "foot"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":hierarchy", ":other", "no section :hierarchy; it is truncated or no ASF file"),
        ("    dof rx ry rz", "    dof rx tx", r"line \d+ \(thigh\): only rotations .* not tx"),
        ("axis 90 0 0 XYZ", "axis 90 0 0 XXZ", "expected an order of axes such as XYZ, got 'xxz'"),
        ("axis 90 0 0 XYZ", "axis 90 0", "an order of axes such as XYZ, got ''"),
        ("direction 0 -2 0", "direction 0 0 0", "the direction has no length"),
        ("length 4", "length long", r"line \d+ \(thigh\): 'long' is no finite number"),
        ("    length 4\n", "", r"line \d+: a bone without length; the file is damaged"),
        ("length 0.45", "length 0", "the unit of length must be above 0"),
        ("shank foot", "shank toe", "toe is not among the bones"),
        ("    shank foot\n", "", "does not connect foot to the root"),
        ("order TX TY TZ", "order TX TY TY", "expected the order of TX TY TZ RX RY RZ"),
        ("  orientation 0 0 0\n", "", ":root has no line orientation"),
        ("    shank foot\n  end\n", "    shank foot\n", "begin without end"),
    ],
)
def test_a_damaged_skeleton_is_refused(asf: Path, old: str, new: str, message: str) -> None:
    text = asf.read_text()
    assert old in text
    asf.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as error:
        read_asf(asf)
    assert str(error.value).startswith(str(asf))
