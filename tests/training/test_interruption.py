"""Signals wait until a step is over."""

import signal
import threading

import pytest

from prvipe.training.interruption import interruption_deferred

CAUGHT = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", CAUGHT)
def test_a_first_signal_becomes_an_answer(number: int) -> None:
    with interruption_deferred() as interrupted:
        assert not interrupted()
        signal.raise_signal(number)
        assert interrupted()


@pytest.mark.parametrize("number", CAUGHT)
def test_a_second_signal_interrupts_at_once(number: int) -> None:
    with interruption_deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in CAUGHT]


def test_handlers_are_put_back_also_after_an_error() -> None:
    before = handlers()

    def fail() -> None:
        with interruption_deferred():
            assert handlers() != before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert handlers() == before


def test_outside_the_main_thread_the_answer_is_no() -> None:
    answers = []

    def work() -> None:
        with interruption_deferred() as interrupted:
            answers.append(interrupted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
