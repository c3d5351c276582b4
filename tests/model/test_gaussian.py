"""The type that embeddings come in."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.model.gaussian import Gaussian


def make(count: int = 6, dimension: int = 4, seed: int = 0) -> Gaussian:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(count, dimension, generator=generator)
    return Gaussian(mean, torch.rand(count, dimension, generator=generator))


def test_size_and_variance() -> None:
    gaussian = make(6, 4)
    assert (len(gaussian), gaussian.dimension) == (6, 4)
    torch.testing.assert_close(gaussian.variance, gaussian.std * gaussian.std)


@pytest.mark.parametrize(
    ("mean", "std"), [((3,), (3,)), ((3, 2), (3,)), ((3, 2), (2, 3)), ((1, 3, 2), (1, 3, 2))]
)
def test_wrong_shapes_are_refused(mean: tuple[int, ...], std: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"must both be \(N, d\)"):
        Gaussian(torch.zeros(mean), torch.zeros(std))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (2, [2]),
        (-1, [5]),
        (np.int64(3), [3]),
        (torch.tensor(4), [4]),
        (slice(1, 4), [1, 2, 3]),
        ([4, 0, 4], [4, 0, 4]),
        ([], []),
        (np.array([1, 5]), [1, 5]),
        (torch.tensor([5, 1]), [5, 1]),
        (torch.tensor([True, False, False, True, False, False]), [0, 3]),
    ],
)
def test_selecting_rows(rows: object, expected: list[int]) -> None:
    gaussian = make(6)
    chosen = gaussian[rows]  # type: ignore[index]
    torch.testing.assert_close(chosen.mean, gaussian.mean[expected])
    torch.testing.assert_close(chosen.std, gaussian.std[expected])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_concatenating_undoes_splitting(sizes: list[int]) -> None:
    gaussian = make(sum(sizes))
    ends = np.cumsum(sizes).tolist()
    parts = [gaussian[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    whole = Gaussian.concatenate(parts)
    torch.testing.assert_close(whole.mean, gaussian.mean)
    torch.testing.assert_close(whole.std, gaussian.std)


def test_samples_have_the_mean_and_deviation() -> None:
    gaussian = make(3, 2)
    samples = gaussian.sample(40_000, torch.Generator().manual_seed(1))
    assert samples.shape == (3, 40_000, 2)
    torch.testing.assert_close(samples.mean(1), gaussian.mean, atol=0.02, rtol=0)
    torch.testing.assert_close(samples.std(1), gaussian.std, atol=0.02, rtol=0)


def test_samples_follow_the_generator() -> None:
    first, again = (make().sample(5, torch.Generator().manual_seed(7)) for _ in range(2))
    torch.testing.assert_close(first, again, atol=0, rtol=0)


def test_samples_of_a_point_are_the_point() -> None:
    mean = torch.randn(4, 3)
    samples = Gaussian(mean, torch.zeros(4, 3)).sample(5)
    torch.testing.assert_close(samples, mean[:, None].expand(4, 5, 3), atol=0, rtol=0)


def test_samples_are_reparameterised() -> None:
    """Gradient of the sum of samples: their number for the mean, the noise for the deviation."""
    mean, std = torch.zeros(2, 3, requires_grad=True), torch.ones(2, 3, requires_grad=True)
    samples = Gaussian(mean, std).sample(4, torch.Generator().manual_seed(0))
    by_mean, by_std = torch.autograd.grad(samples.sum(), (mean, std))
    torch.testing.assert_close(by_mean, torch.full((2, 3), 4.0))
    torch.testing.assert_close(by_std, samples.detach().sum(1))


def test_double_precision_stays() -> None:
    gaussian = make()
    double = Gaussian(gaussian.mean.double(), gaussian.std.double())
    assert double.sample(3).dtype == torch.float64


def test_the_model_is_known_of_every_part() -> None:
    whole = replace(make(), fingerprint="cafe")
    parts = [whole[2], whole[1:3], whole[[4, 0]], whole.to("meta")]
    assert {part.fingerprint for part in parts} == {"cafe"}
    assert Gaussian.concatenate([whole[:2], whole[2:]]).fingerprint == "cafe"
    assert Gaussian.concatenate([whole, make()]).fingerprint is None


def test_embeddings_of_two_models_are_not_put_together() -> None:
    parts = [make(), *(replace(make(), fingerprint=each) for each in ("cafe", "beef"))]
    with pytest.raises(InputError, match="models beef and cafe cannot be compared"):
        Gaussian.concatenate(parts)


def test_moving_to_a_device() -> None:
    moved = make().to("meta")
    assert moved.mean.device.type == moved.std.device.type == "meta"
