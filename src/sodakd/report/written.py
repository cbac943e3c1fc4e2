"""How figures are written in tables: shares, differences of shares, p values."""


def percent(value: float, low: float | None, high: float | None) -> str:
    """`60.4 (56.9-63.9)` of a share; an interval ends where a share does."""
    text = f"{100 * value:.1f}"
    if low is None or high is None:
        return text
    return f"{text} ({100 * max(0.0, low):.1f}-{100 * min(1.0, high):.1f})"


def points(value: float, low: float | None, high: float | None) -> str:
    """`+7.2 (-1.5 to +15.9)` of a difference of shares."""
    text = f"{100 * value:+.1f}"
    if low is None or high is None:
        return text
    return f"{text} ({100 * low:+.1f} to {100 * high:+.1f})"


def p_value(value: float) -> str:
    """`0.021`, or `< 0.001`."""
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"
