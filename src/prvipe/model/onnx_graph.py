"""The computation of an exported model, from raw keypoints to mean and std, as ONNX text.

Normalisation takes the steps of `prvipe.geometry.normalization` in float32 and in the same order,
so that file and `Embedder` agree also where coordinates are in the thousands. Names that no step
assigns are of `prvipe.model.onnx_constants`.
"""

from __future__ import annotations

from prvipe.model.network import NetworkConfig
from prvipe.skeleton import COCO13

_JOINTS = len(COCO13.joints)

_INPUTS = {
    "keypoints": f"float[N,{_JOINTS},2] keypoints",
    "keypoints_and_scores": f"float[N,{_JOINTS},2] keypoints, float[N,{_JOINTS}] scores",
}

FEATURE_ORDER = {
    "keypoints": [2 * joint + axis for joint in range(_JOINTS) for axis in (1, 0)],
    "keypoints_and_scores": [
        *(2 * joint + axis for axis in (1, 0) for joint in range(_JOINTS)),
        *range(2 * _JOINTS, 3 * _JOINTS),
    ],
}
"""Which of the network's inputs each feature of the graph is: x before y, joint by joint or all x
before all y, where the network has y before x. The first layer's columns take this order."""

_WHOLE_POSES = """
    one_end = Gather <axis = 1> (keypoints, torso_ends)
    other_end = Gather <axis = 1> (keypoints, other_torso_ends)
    side = Sub (one_end, other_end)
    side_squared = Mul (side, side)
    length_squared = ReduceSum <keepdims = 0> (side_squared, last_axis)
    largest_length_squared = ReduceMax (length_squared, second_axis)
    scale = Sqrt (largest_length_squared)
    factor = Div (torso_unit, scale)
    hip_keypoints = Gather <axis = 1> (keypoints, hips)
    center = ReduceMean (hip_keypoints, second_axis)
    offset = Sub (keypoints, center)
    centered = Flatten <axis = 1> (offset)
    any_features = Mul (centered, factor)
    coordinates = Flatten <axis = 1> (keypoints)
    magnitude = Abs (coordinates)
    largest = ReduceMax (magnitude, second_axis)
    all_magnitudes = ReduceSum (magnitude, second_axis)
    is_complete = Less (all_magnitudes, infinity)
"""
"""As `keypoints_to_features`: the middle of the hips becomes 0, the largest torso distance 0.5. A
pose is complete if all coordinates are finite, and so their sum."""

_EACH_JOINT = ", ".join(f"joint_{number}" for number in range(_JOINTS))

# Coordinates come first, (2, N, 13), so that masks (N, 13) apply to long runs of memory. Sum adds
# one joint after the other, as NumPy does; ReduceSum is free to choose another order.
_VISIBLE_JOINTS = f"""
    x_y = Transpose <perm = [2, 0, 1]> (keypoints)
    either_size = Abs (x_y)
    joint_size = ReduceSum <keepdims = 0> (either_size, first_axis)
    is_known = Less (joint_size, infinity)
    known_scores = Where (is_known, scores, zero)
    is_seen = Greater (known_scores, zero)
    seen = Where (is_seen, x_y, zero)
    ones = Cast <to = 1> (is_seen)
    count = ReduceSum (ones, second_axis)
    {_EACH_JOINT} = Split <axis = 2, num_outputs = {_JOINTS}> (seen)
    total = Sum ({_EACH_JOINT})
    center = Div (total, count)
    offset = Sub (seen, center)
    centered = Mul (offset, ones)
    centered_squared = Mul (centered, centered)
    sum_of_squares_x_y = ReduceSum (centered_squared, last_axis)
    sum_of_squares = ReduceSum <keepdims = 0> (sum_of_squares_x_y, first_axis)
    mean_square = Div (sum_of_squares, count)
    scale = Sqrt (mean_square)
    normalized = Div (centered, scale)
    pose_first = Transpose <perm = [1, 0, 2]> (normalized)
    coordinates = Flatten <axis = 1> (pose_first)
    any_features = Concat <axis = 1> (coordinates, known_scores)
    magnitude = Abs (seen)
    joint_largest = ReduceMax <keepdims = 0> (magnitude, first_axis)
    largest = ReduceMax (joint_largest, second_axis)
"""
"""As `scored_features`: the mean of the joints that are finite and of a score above 0 becomes 0,
their root mean square distance from it 1."""

_HAS_SCORES = """
    within = Clip (known_scores, zero, one)
    is_score = Equal (within, known_scores)
    is_score_number = Cast <to = 1> (is_score)
    are_scores_number = ReduceMin (is_score_number, second_axis)
    are_scores = Cast <to = 9> (are_scores_number)
    are_enough = GreaterOrEqual (count, least_visible)
    is_complete = And (are_scores, are_enough)
"""
"""As `require_scores`, and `LEAST_VISIBLE` joints."""

_HAS_SIZE = """
    relative = Mul (largest, smallest_relative_size)
    least_scale = Max (relative, smallest_size)
    is_large_enough = Greater (scale, least_scale)
    is_finite = Less (scale, infinity)
    has_size = And (is_large_enough, is_finite)
    is_valid = And (has_size, is_complete)
"""
"""As `has_size`."""

_FEATURES = """
    features = Where (is_valid, any_features, zero)
"""
"""In 8 bits all rows share one scale, which rows that are not finite would spoil."""

_LAYER = """
    {name}_linear = Gemm <transB = 1> ({inputs}, {name}_weight, {name}_bias)
    {name} = Relu ({name}_linear)
"""

_INT8_LAYER = """
    {name}_bytes, {name}_step, {name}_offset = DynamicQuantizeLinear ({inputs})
    {name}_product = MatMulInteger ({name}_bytes, {name}_weight_bytes, {name}_offset)
    {name}_number = Cast <to = 1> ({name}_product)
    {name}_scale = Mul ({name}_step, {name}_weight_step)
    {name}_scaled = Mul ({name}_number, {name}_scale)
    {name}_linear = Add ({name}_scaled, {name}_bias)
    {name} = Relu ({name}_linear)
"""

_HEADS = {
    "gaussian": """
    heads = Gemm <transB = 1> ({hidden}, heads_weight, heads_bias)
    any_mean, raw_std = Split <axis = 1, num_outputs = 2> (heads)
    elu = Elu (raw_std)
    any_std = Add (elu, one)
""",
    "point": """
    any_mean = Gemm <transB = 1> ({hidden}, heads_weight, heads_bias)
    any_std = Mul (any_mean, zero)
""",
    "l2": """
    head = Gemm <transB = 1> ({hidden}, heads_weight, heads_bias)
    any_mean = LpNormalization <axis = -1, p = 2> (head)
    any_std = Mul (any_mean, zero)
""",
}

_OUTPUTS = """
    mean = Where (is_valid, any_mean, not_a_number)
    std = Where (is_valid, any_std, not_a_number)
"""


def graph_text(config: NetworkConfig, int8: bool = False) -> str:
    """Graph of an embedding network in ONNX's text format.

    Inputs are `keypoints` (N, 13, 2) and, of a network that reads them, `scores` (N, 13); outputs
    `mean` (N, d) and `std` (N, d), NaN in rows that the `Embedder` refuses.

    Args:
        config: of the network.
        int8: multiply the matrices of the residual blocks, which are nearly all of the work, in 8
            bits; the first layer and the heads stay as they are.
    """
    size = f"float[N,{config.dimension}]"
    head = f"embed ({_INPUTS[config.inputs]}) => ({size} mean, {size} std)"
    steps = [_VISIBLE_JOINTS, _HAS_SCORES] if config.reads_scores else [_WHOLE_POSES]
    steps += [_HAS_SIZE, _FEATURES, _LAYER.format(name="hidden_0", inputs="features")]
    steps += [_block(number, int8) for number in range(config.blocks)]
    steps += [_HEADS[config.head].format(hidden=f"hidden_{config.blocks}"), _OUTPUTS]
    return "".join([head, "\n{", *steps, "}\n"])


def _block(number: int, int8: bool) -> str:
    layer = _INT8_LAYER if int8 else _LAYER
    before, first, second = f"hidden_{number}", f"block_{number}_first", f"block_{number}_second"
    return (
        layer.format(name=first, inputs=before)
        + layer.format(name=second, inputs=first)
        + f"\n    hidden_{number + 1} = Add ({before}, {second})\n"
    )
