import sys
from types import ModuleType

import pytest

from prvipe.detection import MediaPipeDetector, RtmlibDetector
from prvipe.detection.extras import import_extra
from prvipe.errors import InputError


def test_a_library_that_is_there() -> None:
    assert import_extra("json", "reading").loads("1") == 1


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("av", "mediapipe", "rtmlib"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r'videos needs av; .* pip install "prvipe\[detect\]"'):
        import_extra("av", "reading videos")
    with pytest.raises(InputError, match=r'needs mediapipe; .* pip install "prvipe\[detect\]"'):
        MediaPipeDetector()
    with pytest.raises(InputError, match=r'needs rtmlib; .* pip install "prvipe\[rtmlib\]"'):
        RtmlibDetector()


def test_a_mediapipe_without_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    later = ModuleType("mediapipe")
    later.__version__ = "0.10.31"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mediapipe", later)
    with pytest.raises(InputError, match=r"mediapipe 0\.10\.31 comes without weights; .*detect"):
        MediaPipeDetector()
