"""Kernels compile and run whatever the machine grants them."""

import threading

import numba
import numpy as np
import pytest

from prvipe.geometry.compilation import compiled, run_over_rows, use_threads


def test_works_where_nothing_can_be_cached():
    namespace = {}
    exec("def twice(x):\n    return 2 * x", namespace)  # no file, hence no folder to cache beside
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(namespace["twice"])
    assert compiled(namespace["twice"])(21) == 42


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rows", [0, 1, 2, 100])
def test_every_row_is_visited_once(monkeypatch, threads, rows):
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
    visits = np.zeros(rows, int)

    def visit(start, stop, array):
        array[start:stop] += 1

    run_over_rows(visit, rows, visits)
    assert (visits == 1).all()


def test_a_thread_may_keep_to_itself(monkeypatch):
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 3)
    seen = []

    def look(start, stop):
        seen.append(threading.get_ident())

    def keep_to_itself():
        use_threads(1)
        run_over_rows(look, 100)

    def run(function, *arguments):
        thread = threading.Thread(target=function, args=arguments)
        thread.start()
        thread.join()
        return thread.ident

    alone = run(keep_to_itself)
    assert seen == [alone]
    run(run_over_rows, look, 100)
    assert len(seen) == 1 + 12  # others go on as before


def test_an_error_in_a_thread_arrives():
    def fail(start, stop):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_over_rows(fail, 100)
