"""Checkpoints: one safetensors file whose metadata is the model's card."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from prvipe import __version__
from prvipe.errors import InputError
from prvipe.files import atomic_path, require_file
from prvipe.model.backbone import truncated_he_normal_
from prvipe.model.lifting import Network, build_network
from prvipe.model.network import NetworkConfig
from prvipe.skeleton import COCO13

FORMAT_VERSION = 2
"""2: the card says what the network reads (`NetworkConfig.inputs`)."""

_METADATA_KEY = "prvipe"


class ModelCard(BaseModel):
    """What a checkpoint says of itself.

    Attributes:
        format_version: layout of the file; a newer one than ours is refused.
        prvipe_version: version that wrote the file.
        network: shape of the network.
        skeleton: name of the skeleton the network reads.
        description: one sentence for people.
        training: the training configuration, and how long it ran.
        data: names of what it was trained and selected on; shipped models add source and licence.
        metrics: figures by name, such as validation Hit@1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = FORMAT_VERSION
    prvipe_version: str = __version__
    network: NetworkConfig
    skeleton: str = COCO13.name
    description: str = ""
    training: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, Any] = Field(default_factory=dict)


def save_checkpoint(path: str | os.PathLike[str], network: Network, card: ModelCard) -> None:
    """Write weights and card to one file, atomically.

    Raises:
        InputError: the folder is missing or cannot be written.
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    with atomic_path(path) as temporary:
        # Not `save_file`, which makes a file that only its owner can read.
        temporary.write_bytes(save(tensors, {_METADATA_KEY: card.model_dump_json()}))


def load_checkpoint(path: str | os.PathLike[str]) -> tuple[Network, ModelCard]:
    """Read a checkpoint; the network comes back on the CPU in evaluation mode.

    Raises:
        InputError: missing, truncated or foreign file, newer format, or weights that do not fit the
            card.
    """
    file = require_file(path)
    try:
        with safe_open(file, framework="pt") as opened:
            metadata = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{file}: not a complete .safetensors checkpoint ({error}); copy or train it again"
        ) from error
    card = _read_card(metadata, str(file))
    return _load_weights(card, tensors, str(file)), card


def read_card(path: str | os.PathLike[str]) -> ModelCard:
    """The card alone, after the same checks as `load_checkpoint`."""
    return load_checkpoint(path)[1]


def names_not_finite(tensors: dict[str, Tensor]) -> list[str]:
    """Names of the tensors that hold NaN or infinity."""
    return [name for name, tensor in tensors.items() if not tensor.isfinite().all()]


def _read_card(metadata: dict[str, str], file: str) -> ModelCard:
    if _METADATA_KEY not in metadata:
        raise InputError(f"{file}: a safetensors file, but not a prvipe checkpoint: it has no card")
    try:
        fields = json.loads(metadata[_METADATA_KEY])
        version = int(fields["format_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: the checkpoint's card cannot be read ({error})") from error
    if version > FORMAT_VERSION:
        raise InputError(
            f"{file}: checkpoint format {version}, written by prvipe "
            f"{fields.get('prvipe_version', '?')}; this prvipe {__version__} reads up to format "
            f"{FORMAT_VERSION}: upgrade prvipe"
        )
    try:
        return ModelCard.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"{file}: the checkpoint's card is not valid\n{error}") from error


def _load_weights(card: ModelCard, tensors: dict[str, Tensor], file: str) -> Network:
    with _Undrawn():
        network = build_network(card.network).eval()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InputError(f"{file}: the weights do not fit the card's network ({error})") from error
    if broken := names_not_finite(tensors):
        raise InputError(f"{file}: weights are not finite: {', '.join(broken)}")
    return network


class _Undrawn(TorchFunctionMode):
    """Networks made within start with whatever the memory held: all of it is to be overwritten.

    Drawing four million weights takes thirty times as long as reading them, and would move on the
    generator of who loads a model.
    """

    _DRAWING: Final = (nn.init.uniform_, nn.init.kaiming_uniform_, truncated_he_normal_)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Leave a tensor that is to be drawn as it is."""
        kwargs = kwargs or {}
        if func in self._DRAWING:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)
