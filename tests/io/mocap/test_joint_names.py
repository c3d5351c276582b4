import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.joint_names import PelvisMarkers, find_joints, find_pelvis, require_joints
from prvipe.skeleton import COCO13


def both(*names: str, sides: tuple[str, str] = ("Left", "Right")) -> list[str]:
    return [name.format(side) for side in sides for name in names]


SHORT = ("l", "r")
# Style -> what it calls head, shoulder, elbow, wrist, hip, knee and ankle ({} is the side), how it
# writes the sides, and names that must not be taken for them.
STYLES = {
    "CMU BVH": (
        "Head_end, {}Shoulder, {}Elbow, {}Wrist, {}Hip, {}Knee, {}Ankle",
        ("Left", "Right"),
        ["Hips", "LHipJoint", "RHipJoint", "Chest", "Neck", "Head", "LeftCollar", "LeftToe"],
    ),
    "MotionBuilder": (
        "Head_end, {}Arm, {}ForeArm, {}Hand, {}UpLeg, {}Leg, {}Foot",
        ("Left", "Right"),
        ["Hips", "Spine", "Head", "LeftShoulder", "RightShoulder", "LeftHandIndex1", "LeftToeBase"],
    ),
    "Mixamo": (
        "mixamorig:HeadTop_End, mixamorig:{}Arm, mixamorig:{}ForeArm, mixamorig:{}Hand, "
        "mixamorig:{}UpLeg, mixamorig:{}Leg, mixamorig:{}Foot",
        ("Left", "Right"),
        ["mixamorig:Hips", "mixamorig:Head", "mixamorig:LeftShoulder", "mixamorig:RightShoulder"],
    ),
    "Mixamo in glTF": (
        "mixamorig_Head, mixamorig_{}Arm, mixamorig_{}ForeArm, mixamorig_{}Hand, "
        "mixamorig_{}UpLeg, mixamorig_{}Leg, mixamorig_{}Foot",
        ("Left", "Right"),
        ["mixamorig_Hips", "mixamorig_LeftShoulder", "mixamorig_RightShoulder"],
    ),
    "Biped": (
        "Bip01 HeadNub, Bip01 {} UpperArm, Bip01 {} Forearm, Bip01 {} Hand, Bip01 {} Thigh, "
        "Bip01 {} Calf, Bip01 {} Foot",
        ("L", "R"),
        ["Bip01", "Bip01 Pelvis", "Bip01 Head", "Bip01 L Clavicle", "Bip01 R Clavicle"],
    ),
    "Blender": (
        "head, upper_arm.{}, forearm.{}, hand.{}, thigh.{}, shin.{}, foot.{}",
        ("L", "R"),
        ["spine", "shoulder.L", "shoulder.R", "toe.L", "pelvis.L"],
    ),
    "Rigify": (
        "DEF-head, DEF-upper_arm.{}, DEF-forearm.{}, DEF-hand.{}, DEF-thigh.{}, DEF-shin.{}, "
        "DEF-foot.{}",
        ("L", "R"),
        ["DEF-spine", "DEF-shoulder.L", "DEF-shoulder.R"],
    ),
    "Rokoko": (
        "Head, {}Arm, {}ForeArm, {}Hand, {}Thigh, {}Shin, {}Foot",
        ("Left", "Right"),
        ["Hips", "LeftShoulder", "RightShoulder", "LeftToe"],
    ),
    "Xsens BVH": (
        "Head_end, {}Shoulder, {}Elbow, {}Wrist, {}Hip, {}Knee, {}Ankle",
        ("Left", "Right"),
        ["Hips", "Chest4", "Neck", "Head", "RightCollar", "LeftCollar", "LeftToe"],
    ),
    "Xsens MVN": (
        "Head, {}UpperArm, {}ForeArm, {}Hand, {}UpperLeg, {}LowerLeg, {}Foot",
        ("Left", "Right"),
        ["Pelvis", "L5", "T8", "RightShoulder", "LeftShoulder", "LeftToe"],
    ),
    "Poser": (
        "head, {}Shldr, {}ForeArm, {}Hand, {}Thigh, {}Shin, {}Foot",
        SHORT,
        ["hip", "abdomen", "chest", "neck", "rCollar", "lCollar", "rButtock", "lButtock"],
    ),
    "Unreal": (
        "head, upperarm_{}, lowerarm_{}, hand_{}, thigh_{}, calf_{}, foot_{}",
        SHORT,
        ["pelvis", "clavicle_l", "clavicle_r", "ball_l", "upperarm_twist_01_l"],
    ),
    "SMPL": (
        "Head, {}_Shoulder, {}_Elbow, {}_Wrist, {}_Hip, {}_Knee, {}_Ankle",
        ("L", "R"),
        ["Pelvis", "L_Collar", "R_Collar", "L_Hand", "R_Hand", "L_Foot", "R_Foot"],
    ),
    "CMU asf": (
        "head_end, {}clavicle_end, {}humerus_end, {}radius_end, {}hipjoint_end, {}femur_end, "
        "{}tibia_end",
        SHORT,
        ["root", "lwrist_end", "rwrist_end", "lhand_end", "rhand_end", "lfoot_end", "rfoot_end"],
    ),
    "Pose2Sim TRC": (
        "Head, {}Shoulder, {}Elbow, {}Wrist, {}Hip, {}Knee, {}Ankle",
        ("L", "R"),
        ["Neck", "Nose", "LBigToe", "RHeel"],
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_each_style_of_names_is_known(style: str) -> None:
    pattern, sides, others = STYLES[style]
    parts = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    expected = {}
    for part, name in zip(parts, pattern.split(", "), strict=True):
        if part == "head":
            expected["head"] = name
        else:
            for side, written in zip(("left", "right"), sides, strict=True):
                expected[f"{side}_{part}"] = name.format(written)
    names = [*others, *reversed(expected.values())]
    found = {
        joint: [names[i] for i in sources] for joint, sources in find_joints(names, {}).items()
    }
    assert found == {joint: [name] for joint, name in expected.items()}


def test_plug_in_gait_markers_are_found_with_their_middles() -> None:
    names = both(
        *("s1:{}FHD", "s1:{}BHD", "s1:{}SHO", "s1:{}ELB", "s1:{}WRA", "s1:{}WRB"),
        *("s1:{}ASI", "s1:{}PSI", "s1:{}KNE", "s1:{}ANK", "s1:{}TOE"),
        sides=("L", "R"),
    )
    found = {
        joint: [names[i] for i in sources] for joint, sources in find_joints(names, {}).items()
    }
    assert sorted(found["head"]) == ["s1:LBHD", "s1:LFHD", "s1:RBHD", "s1:RFHD"]
    assert found["left_wrist"] == ["s1:LWRA", "s1:LWRB"]
    assert found["right_knee"] == ["s1:RKNE"]
    assert "left_hip" not in found
    pelvis = find_pelvis(names)
    assert pelvis is not None
    assert names[pelvis.left_front] == "s1:LASI"
    assert [names[i] for i in pelvis.back] == ["s1:LPSI", "s1:RPSI"]


def test_opensim_markers_are_found() -> None:
    names = ["Top.Head", "R.Acromium", "L.Acromium", "R.Elbow", "R.Wrist.Med", "R.Wrist.Lat"]
    names += ["R.ASIS", "L.ASIS", "V.Sacral", "R.Knee.Lat", "R.Knee.Med", "R.Ankle.Lat"]
    found = find_joints(names, {})
    assert found["head"] == (0,)
    assert found["right_shoulder"] == (1,)
    assert sorted(found["right_wrist"]) == [4, 5]
    assert sorted(found["right_knee"]) == [9, 10]
    assert find_pelvis(names) == PelvisMarkers(left_front=7, right_front=6, back=(8,))


def test_half_a_pelvis_is_none() -> None:
    assert find_pelvis(["LASI", "RASI", "LPSI"]) is None
    assert find_pelvis(["LASI", "SACR"]) is None


def test_the_users_own_names_go_first() -> None:
    names = ["LeftHand", "Glove", "a.1", "a.2"]
    assert find_joints(names, {})["left_wrist"] == (0,)
    assert find_joints(names, {"left_wrist": "Glove"})["left_wrist"] == (1,)
    assert find_joints(names, {"left_wrist": "glove"})["left_wrist"] == (1,)
    assert find_joints(names, {"left_wrist": "a.1+a.2"})["left_wrist"] == (2, 3)


def test_wrong_names_of_the_user_are_refused() -> None:
    with pytest.raises(InputError, match=r"left_wrist is to be 'Golve', .* it has LeftHand, Glove"):
        find_joints(["LeftHand", "Glove"], {"left_wrist": "Golve"})
    with pytest.raises(InputError, match="no joint 'left_hand' to be named, only head, left_sh"):
        find_joints(["LeftHand"], {"left_hand": "LeftHand"})


def test_no_name_is_two_joints() -> None:
    names = ["LKnee", "RKnee", "a", "b"]
    for overrides, message in (
        ({"left_knee": "RKnee"}, "left_knee is to be 'RKnee', but right_knee is that already"),
        ({"left_hip": "a+b", "head": "b+a"}, r"'a\+b', but head is .* --joint head=NAME"),
    ):
        with pytest.raises(InputError, match=message):
            find_joints(names, overrides)
    swapped = find_joints(names, {"left_knee": "RKnee", "right_knee": "LKnee"})
    assert (swapped["left_knee"], swapped["right_knee"]) == ((1,), (0,))


def test_missing_joints_are_listed_with_the_remedy() -> None:
    names = [name for name in COCO13.joints if name != "left_knee"] + ["bone_17"]
    with pytest.raises(InputError) as error:
        require_joints(find_joints(names, {}), names)
    message = str(error.value)
    assert "cannot tell which of its joints is left_knee; it has head, " in message
    assert "bone_17" in message
    assert "--joint left_knee=NAME" in message
