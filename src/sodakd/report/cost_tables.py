"""What a run cost, as tables of text: for the screen and for the report."""

from collections.abc import Iterator

from sodakd.report.cost_values import FAULT, CostAnalysis, CostTable, GainCost, UnitCost
from sodakd.report.payback import AnswerCost, Payback, Projection
from sodakd.report.text_table import TextTable
from sodakd.teacher.cost import NANO, Amount

_TITLES = {
    "cycle": ("cycle", ""),
    "stage": ("stage", ""),
    "ask": ("ask", ""),
    "language": ("language", "The language of the question that is asked about."),
    "why": (
        "first or again",
        "Again: the reply before could not be read, or what it held was refused.",
    ),
    "fate": (
        "what came of it",
        "Kept: it stands in the run's files. Refused: it was read, and a check, or what came of its"
        " question, kept it out.",
    ),
}


def cost_tables(found: CostAnalysis) -> list[TextTable]:
    """Return the tables of what a run cost, in the order in which they are read."""
    tables = [_table(found, table) for table in found.tables]
    if found.units:
        tables.append(_units(found))
    if found.gains:
        tables.append(_gains(found))
    return [*tables, *_payback(found)]


def cost_remarks(found: CostAnalysis) -> Iterator[str]:
    """Say what the sums do not say by themselves."""
    if found.unpriced:
        yield (
            f"The price of {_asks(found.unpriced)} is unknown, and in the money as nothing: set"
            " teacher.prompt_price and teacher.completion_price, and run the same command again."
        )
    if found.untold:
        yield f"The tokens of {found.untold:,} calls are unknown: they are booked at the most."
    if found.reused:
        yield f"{_asks(found.reused)} answered from another run's books, at no cost."
    if found.repeated.asks:
        yield (
            f"{_asks(found.repeated.asks)} took {found.repeated.calls:,} calls, as a reply was cut"
            f" off or empty: US $ {_money(found.repeated.nano_dollars, found)} in all."
        )
    if found.unverified:
        yield f"{found.unverified:,} of the kept faults show no difference: not verified."


def _asks(count: int) -> str:
    return "1 ask" if count == 1 else f"{count:,} asks"


def _table(found: CostAnalysis, table: CostTable) -> TextTable:
    by, words = _TITLES[table.by]
    lost = ("lost calls", "US $ lost") if found.total.lost else ()
    heads = (
        "arm",
        by,
        "asks",
        "calls",
        "prompt tokens",
        "completion tokens",
        "US $",
        *lost,
        "share",
    )
    rows = [[row.arm or "-", row.name or "-", *_cells(row.amount, found)] for row in table.rows]
    whole = ["all", "", *_cells(found.total, found)]
    return TextTable(f"cost by {by}", heads, [*rows, whole], words, 2)


def _cells(amount: Amount, found: CostAnalysis) -> list[str]:
    every = found.total
    whole, part = every.all_nano_dollars, amount.all_nano_dollars
    if not whole:
        whole, part = every.all_tokens, amount.all_tokens
    lost = [f"{amount.lost:,}", _money(amount.lost_nano_dollars, found)] if every.lost else []
    return [
        f"{amount.asks:,}", f"{amount.calls:,}", f"{amount.prompt_tokens:,}",
        f"{amount.completion_tokens:,}", _money(amount.nano_dollars, found), *lost,
        f"{100 * part / whole:.1f} %" if whole else "",
    ]  # fmt: skip


def _money(nano: int, found: CostAnalysis) -> str:
    """Money as far as its price is known."""
    return "unknown" if found.price_unknown else _dollars(nano)


def _dollars(nano: int) -> str:
    """Money to the nano-dollar, without zeros behind the sixth place."""
    whole, rest = divmod(nano, NANO)
    digits = f"{rest:09d}"
    return f"{whole:,}.{digits[:6]}{digits[6:].rstrip('0')}"


def _units(found: CostAnalysis) -> TextTable:
    arms = {row.arm: Amount() for row in found.table("stage").rows}
    for row in found.table("stage").rows:
        arms[row.arm] += row.amount
    return TextTable(
        "cost of a result",
        ("arm", "result", "kept", "booked here", "calls", "tokens", "US $", "US $, all asked",
         "US $, the whole arm"),
        [_unit(row, arms[row.arm], found) for row in found.units],
        "Each figure is for one of those booked here: by the asks for these alone, by all asks for"
        " such a result, also those that brought none, and by all that the arm asked.",
        2,
    )  # fmt: skip


def _unit(row: UnitCost, arm: Amount, found: CostAnalysis) -> list[str]:
    if not row.paid:
        return [row.arm or "-", row.unit, f"{row.kept:,}", "0", *[""] * 5]
    by_kind = row.unit.startswith(f"{FAULT}: ")
    money = [row.own.all_nano_dollars]
    if not by_kind:  # nobody knows which kind a fault would have had that was not kept
        money += [row.every.all_nano_dollars, arm.all_nano_dollars]
    cells = [
        "unknown" if found.price_unknown else f"{each / row.paid / NANO:.6f}" for each in money
    ]
    return [
        row.arm or "-", row.unit, f"{row.kept:,}", f"{row.paid:,}",
        f"{row.own.all_calls / row.paid:.2f}", f"{row.own.all_tokens / row.paid:,.0f}",
        *cells, *[""] * (3 - len(cells)),
    ]  # fmt: skip


def _gains(found: CostAnalysis) -> TextTable:
    return TextTable(
        f"cost of a point of pass@1, {found.gains[0].group}",
        ("arm", "student", "points over the base (95 %)", "US $ booked", "US $ needed",
         "US $ a point (95 %)"),
        [_gain(row, found) for row in found.gains],
        "Needed: by what its steps needed, also where another arm had paid for the answer (of a"
        " finished run). A point costs that; where the interval of the gain holds 0 it has no upper"
        " end.",
        2,
    )  # fmt: skip


def _gain(row: GainCost, found: CostAnalysis) -> list[str]:
    shown = "no gain"
    if row.per_point is not None:
        most = "-" if row.per_point_high is None else f"{row.per_point_high:.6f}"
        shown = f"{row.per_point:.6f} ({row.per_point_low or 0:.6f} to {most})"
    return [
        row.arm,
        row.student,
        f"{row.points:+.1f} ({row.low:+.1f} to {row.high:+.1f})",
        _money(row.nano_dollars, found),
        "" if row.needed is None or found.price_unknown else f"{row.needed:.6f}",
        "unknown" if found.price_unknown else shown,
    ]


def _payback(found: CostAnalysis) -> list[TextTable]:
    back = found.payback
    answers = [each for each in (back.teacher, back.student) if each is not None]
    costs = TextTable(
        "cost of an answer",
        ("who", "answers", "prompt tokens", "completion tokens", "seconds", "US $"),
        [_answer(each, found) for each in answers],
        _words(back),
    )
    return [
        *([costs] if costs.rows else []),
        TextTable(
            "when the run has paid for itself",
            ("teacher", "US $ / M prompt", "US $ / M completion", "US $ the run",
             "US $ an answer", "US $ saved an answer", "answers until paid"),
            [_projection(each, found) for each in back.projections],
            "At other prices: had that teacher taken the tokens that were booked, at its full"
            " price. An answer of the student need not be as good as one of its teacher.",
        ),
    ]  # fmt: skip


def _words(back: Payback) -> str:
    student = "nothing"
    if any(back.student_price):
        student = "US $ {:g} and {:g} a million tokens".format(*back.student_price)
    if back.second:
        second = f"US $ {back.second:g} a second, by its evaluation, judging too"
        student = second if student == "nothing" else f"{student}, and {second}"
    words = f"The teacher: its solutions, as booked. The student's answer is counted as {student}"
    if student == "nothing":
        words += " (--student-price, --second)"
    machine = f"; the run's {back.seconds:,.0f} seconds of work as US $ {back.machine:.6f}"
    return words + (machine if back.second else "; the machine's time as nothing") + "."


def _answer(each: AnswerCost, found: CostAnalysis) -> list[str]:
    unknown = found.price_unknown and each is found.payback.teacher
    return [
        each.who, f"{each.answers:,}", _mean(each.prompt_tokens), _mean(each.completion_tokens),
        "" if each.seconds is None else f"{each.seconds:.3f}",
        "unknown" if unknown else _small(each.dollars),
    ]  # fmt: skip


def _projection(each: Projection, found: CostAnalysis) -> list[str]:
    prices = (each.prompt_price, each.completion_price)
    if found.price_unknown and each.prompt_price is None:
        return [each.teacher, "", "", *["unknown"] * 4]
    return [
        each.teacher,
        *("" if price is None else f"{price:g}" for price in prices),
        f"{each.run:.6f}",
        _small(each.teacher_answer),
        _small(each.saving),
        _paid_back(each),
    ]


def _paid_back(each: Projection) -> str:
    if each.payback is not None:
        return f"{each.payback:,}"
    return "not told" if each.saving is None else "never"


def _mean(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def _small(value: float | None) -> str:
    return "not told" if value is None else f"{value:.9f}"
