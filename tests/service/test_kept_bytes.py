"""What is kept never takes more than it may, and what was used last stays."""

from hypothesis import given
from hypothesis import strategies as st

from prvipe.service.kept_bytes import KeptBytes


def test_what_was_used_last_stays() -> None:
    kept = KeptBytes(30_000)
    for name in "abc":
        kept.put(name, bytes(6_000))
    assert kept.get("a") == bytes(6_000)
    kept.put("d", b"x" * 6_000)
    assert kept.get("b") is None
    assert (kept.get("a"), kept.get("d")) == (bytes(6_000), b"x" * 6_000)
    assert len(kept) == 3


def test_what_is_too_large_is_not_kept() -> None:
    kept = KeptBytes(10_000)
    kept.put("a", bytes(100))
    kept.put("b", bytes(20_000))
    assert kept.get("b") is None
    assert (len(kept), kept.size) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9_000)), max_size=60))
def test_it_never_takes_more(puts: list[tuple[int, int]]) -> None:
    kept = KeptBytes(25_000)
    for key, size in puts:
        kept.put(key, bytes(size))
        assert 0 <= kept.size <= 25_000
        assert len(kept) * 2_048 <= kept.size
        if size < 20_000:
            assert kept.get(key) == bytes(size)
