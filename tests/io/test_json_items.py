import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.io import json_items
from prvipe.io.json_items import first_items, iterate_json
from prvipe.io.utf8 import read_pieces

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    items=st.lists(values, max_size=5),
    window=st.integers(1, 9),
    ascii=st.booleans(),
    indent=st.sampled_from([None, 0, 2]),
)
def test_items_are_those_of_the_whole_document(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    items: list[Any],
    window: int,
    ascii: bool,
    indent: int | None,
) -> None:
    # Windows of a few bytes cut words, numbers and characters in two.
    monkeypatch.setattr(json_items, "read_pieces", lambda path: read_pieces(path, window))
    path = tmp_path / "a.json"

    def write(content: Any) -> None:
        text = json.dumps(content, ensure_ascii=ascii, indent=indent)
        path.write_bytes(text.encode("utf-8", "surrogatepass" if ascii else "replace"))

    write(items)
    whole = json.loads(path.read_bytes())
    assert list(iterate_json(path)) == [(None, item) for item in whole]
    write({"before": items, "items": items, "after": 1})
    whole = json.loads(path.read_bytes())
    found = [("items", item) for item in whole["items"]]
    expected = [("before", whole["before"]), *found, ("after", 1)]
    assert list(iterate_json(path, ("items",))) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", r"truncated or no JSON \(.*, after 2 items\)"),
        ("[1 2]", r"expected ',', found '2', after 1 items"),
        ("[1,]", "nothing follows a comma"),
        ("[1]]", "something follows its end"),
        ('{"a": 1,}', "nothing follows a comma"),
        ('{"a" 1}', "expected ':'"),
        ("{1: 2}", "1 is no key"),
        ('["abc', "Unterminated string"),
        ("nul", "Expecting value, at its start"),
        ("[" * 100_000, "within each other, too many"),
        ("[" + "9" * 5000 + "]", "Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        list(iterate_json(path))


def test_a_mistake_at_the_start_does_not_read_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_text("[1, oops, " + "2, " * 1000)
    read = []

    def counting(path: Path) -> Any:
        for piece in read_pieces(path, 64):
            read.append(piece)
            yield piece

    monkeypatch.setattr(json_items, "read_pieces", counting)
    with pytest.raises(InputError, match="after 1 items"):
        list(iterate_json(path))
    assert len(read) == 1


def test_the_first_items_are_told_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}, {"b": 2}, oops')
    assert first_items(path, count=2) == [(None, {"a": 1}), (None, {"b": 2})]
    path.write_text("no JSON")
    assert first_items(path) == []
    path.write_bytes(json.dumps([1]).encode("utf-16"))
    with pytest.raises(InputError, match="is text in UTF-16; save it as UTF-8"):
        first_items(path)
