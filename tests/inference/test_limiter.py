"""How many calls go at once, and when a failing server is left alone."""

from sodakd.inference.limiter import AimdLimit, CircuitBreaker


def test_the_limit_doubles_each_round_until_its_first_cut() -> None:
    limit = AimdLimit(256, now=32)
    for _ in range(32):
        limit.answered(limit.round, 0.1)
    assert limit.places == 64
    for _ in range(1000):
        limit.answered(limit.round, 0.1)
    assert limit.places == 256


def test_a_refusal_halves_it_and_then_it_grows_slowly() -> None:
    limit = AimdLimit(64, now=64)
    limit.refused(limit.round)
    assert limit.places == 32
    for _ in range(32):
        limit.answered(limit.round, 0.1)
    assert limit.places == 33
    for _ in range(34):
        limit.answered(limit.round, 0.1)
    assert limit.places == 35


def test_refusals_of_one_burst_cut_once() -> None:
    limit = AimdLimit(64, now=64)
    sent = limit.round
    for _ in range(20):
        limit.refused(sent)
    assert limit.places == 32


def test_a_server_that_answers_four_times_slower_is_asked_less() -> None:
    limit = AimdLimit(16, now=16)
    for _ in range(16):
        limit.answered(limit.round, 0.1)
    for _ in range(16):
        limit.answered(limit.round, 0.5)
    assert limit.places == 14


def test_one_error_in_ten_takes_a_tenth_and_fewer_take_nothing() -> None:
    limit = AimdLimit(64, now=64)
    for number in range(640):
        limit.answered(limit.round, 0.1)
        if number % 20 == 0:
            limit.failed(limit.round)
    assert limit.places == 64
    for _ in range(7):
        limit.failed(limit.round)
    assert limit.places == 57


def test_there_is_always_one_place() -> None:
    limit = AimdLimit(4)
    for _ in range(20):
        limit.refused(limit.round)
    assert limit.places == 1


def test_half_of_the_window_trips_the_breaker() -> None:
    breaker = CircuitBreaker()
    for number in range(100):
        assert not breaker.tripped
        breaker.count(failed=number % 2 == 1)
    assert breaker.tripped


def test_a_third_does_not() -> None:
    breaker = CircuitBreaker()
    for number in range(1000):
        breaker.count(failed=number % 3 == 0)
        assert not breaker.tripped


def test_a_server_that_never_answered_is_left_after_twenty_failures() -> None:
    breaker = CircuitBreaker()
    for _ in range(19):
        breaker.count(failed=True)
    assert not breaker.tripped
    breaker.count(failed=True)
    assert breaker.tripped
