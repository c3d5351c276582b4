"""What a run leaves in its folder."""

from pathlib import Path

import pytest
import torch

from prvipe.errors import InputError
from prvipe.training.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / "first")
    folder.create(resume=False)
    return folder


def test_the_folder_is_made_with_its_parents_and_stays_empty(folder: RunFolder) -> None:
    assert folder.path.is_dir()
    assert list(folder.path.iterdir()) == []


def test_other_files_are_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    RunFolder(tmp_path).create(resume=False)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["state.pt", "log.jsonl", "best.safetensors"])
def test_a_folder_with_any_part_of_a_run_is_refused(name: str, folder: RunFolder) -> None:
    (folder.path / name).write_text("")
    with pytest.raises(InputError, match="holds a training run; add --resume"):
        folder.create(resume=False)


def test_nothing_to_resume(folder: RunFolder) -> None:
    with pytest.raises(InputError, match=r"nothing to resume, there is no state\.pt"):
        folder.create(resume=True)
    folder.save_state({})
    folder.create(resume=True)


@pytest.mark.parametrize("others", [True, False])
def test_a_discarded_run_leaves_what_is_not_its_own(others: bool, folder: RunFolder) -> None:
    folder.save_state({"step": 0})
    folder.append_log({"step": 50})
    if others:
        (folder.path / "notes.txt").touch()
    folder.discard()
    assert folder.path.exists() == others
    RunFolder(folder.path).create(resume=False)
    RunFolder(folder.path).discard()
    assert folder.path.exists()  # it was there before


@pytest.mark.parametrize("path", ["file", "file/run"])
def test_a_file_in_the_way(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write to this folder"):
        RunFolder(tmp_path / path).create(resume=False)


def test_a_folder_that_vanished_is_named(folder: RunFolder) -> None:
    folder.path.rmdir()
    with pytest.raises(InputError, match="there is no folder"):
        folder.save_state({"step": 1})


def test_only_one_holds_a_folder(folder: RunFolder) -> None:
    with folder.held():
        refusal = pytest.raises(InputError, match="another process trains in this folder")
        with refusal, RunFolder(folder.path).held():
            pass
        assert list(folder.path.iterdir()) == []
    with RunFolder(folder.path).held():
        pass


def test_a_log_that_cannot_be_written_is_named(folder: RunFolder) -> None:
    folder.log.mkdir()
    with pytest.raises(InputError, match=r"log\.jsonl: cannot be written"):
        folder.append_log({"step": 1})


def test_state_round_trip(folder: RunFolder) -> None:
    folder.save_state({"step": 3, "weights": {"w": torch.arange(3.0)}, "best": float("-inf")})
    state = folder.load_state()
    assert (state["step"], state["best"]) == (3, float("-inf"))
    torch.testing.assert_close(state["weights"]["w"], torch.arange(3.0))


def test_a_new_state_replaces_the_old_and_leaves_nothing_else(folder: RunFolder) -> None:
    for step in (1, 2):
        folder.save_state({"step": step})
    assert folder.load_state() == {"step": 2}
    assert [file.name for file in folder.path.iterdir()] == ["state.pt"]


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_state_is_refused(kept: int, folder: RunFolder) -> None:
    folder.save_state({"step": 1, "weights": torch.zeros(1000)})
    folder.state.write_bytes(folder.state.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"state\.pt: cannot be resumed from, it is") as caught:
        folder.load_state()
    assert "Py" not in str(caught.value)  # as PyTorch's own words do
    assert "()" not in str(caught.value)


def test_foreign_states_are_refused(folder: RunFolder) -> None:
    folder.state.write_bytes(b"no state at all")
    with pytest.raises(InputError, match="cannot be resumed from"):
        folder.load_state()
    for value in (torch.zeros(3), Path("anywhere")):
        torch.save(value, folder.state)
        with pytest.raises(InputError, match="cannot be resumed from"):
            folder.load_state()


def test_log_round_trip(folder: RunFolder) -> None:
    assert folder.read_log() == []
    records = [{"step": 1, "loss": 0.1}, {"step": 2, "loss": 1e-17}]
    for record in records:
        folder.append_log(record)
    assert folder.read_log() == records


def test_a_line_cut_short_is_left_out(folder: RunFolder) -> None:
    folder.append_log({"step": 1})
    with folder.log.open("a") as log:
        log.write('{"step": 2, "lo')
    assert folder.read_log() == [{"step": 1}]


def test_rewinding_drops_what_comes_after(folder: RunFolder) -> None:
    for step in (1, 2, 3, 4):
        folder.append_log({"step": step})
    folder.rewind_log(2)
    assert folder.read_log() == [{"step": 1}, {"step": 2}]
    folder.append_log({"step": 3, "again": True})
    assert folder.read_log()[-1] == {"step": 3, "again": True}
