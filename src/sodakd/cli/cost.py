"""The command that says what a distillation cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import RunFolder, finite

if TYPE_CHECKING:
    from sodakd.report.payback import NamedPrice

MOST_DOLLARS = 1_000_000
"""The most that a price may be, as in a file of prices."""


def _pair(text: str) -> tuple[float, float]:
    """`0.5,1.5` as two prices."""
    parts = text.split(",")
    try:
        prompt, completion = (finite(float(part)) for part in parts)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no PROMPT,COMPLETION, as 0.5,1.5") from None
    if min(prompt, completion) < 0 or max(prompt, completion) > MOST_DOLLARS:
        raise typer.BadParameter(
            f"{text!r}: a price is 0 to {MOST_DOLLARS:,} US $ a million tokens"
        )
    return prompt, completion


def _named(text: str) -> "NamedPrice":
    """`mine=0.5,1.5` as a teacher's prices."""
    from sodakd.report.payback import NamedPrice

    name, _, values = text.rpartition("=")
    prompt, completion = _pair(values)
    if not name.strip() or not name.isprintable():
        raise typer.BadParameter(f"{text!r} names no teacher: write NAME=PROMPT,COMPLETION")
    return NamedPrice(name=name, prompt=prompt, completion=completion)


def cost(
    folder: RunFolder,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file, as JSON.")
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(help="Prices of models, laid over the known ones: YAML, as price_file."),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            help="Another teacher's prices, US $ per million tokens. May be repeated.",
            metavar="NAME=PROMPT,COMPLETION",
        ),
    ] = None,
    student_price: Annotated[
        str,
        typer.Option(
            help="The student's, US $ per million tokens; nothing if left out.",
            metavar="PROMPT,COMPLETION",
        ),
    ] = "0,0",
    second: Annotated[
        float,
        typer.Option(
            min=0,
            max=MOST_DOLLARS,
            callback=finite,
            help="US $ a second of the machine costs: run and student.",
        ),
    ] = 0.0,
) -> None:
    """Say what a run cost, finished or not: by stage, language, kept pair, point of pass@1.

    Also what asking again and refused answers cost, and after how many answers of its student the
    run has paid for itself, at its prices and at those of other teachers. Nothing is asked.

    Examples:  sodakd cost runs/embedded-0
    ·  sodakd cost runs/embedded-0 --price mine=0.5,1.5 --second 0.0001
    ·  sodakd cost runs/embedded-0 --prices prices.yaml --student-price 0.02,0.06 --json cost.json
    """
    from sodakd.jsonl import atomic_write
    from sodakd.outputs import check_outputs
    from sodakd.report.cost_analysis import analyse_cost
    from sodakd.report.cost_tables import cost_remarks, cost_tables
    from sodakd.report.payback import Pricing, listed_prices
    from sodakd.report.reading import read_folder
    from sodakd.report.text_table import show_tables
    from sodakd.screen import make_console

    check_outputs({"--json": json_out}, [folder, *([] if prices is None else [prices])])
    given = {each.name: each for each in map(_named, price or ())}
    listed = [each for each in listed_prices(prices) if each.name not in given]
    pricing = Pricing([*given.values(), *listed], _pair(student_price), second)
    found = analyse_cost(folder, read_folder(folder), pricing)
    if json_out is not None:
        json_out.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(json_out, found.model_dump_json(indent=1).encode() + b"\n")
    console = make_console()
    show_tables(cost_tables(found), console)
    for words in cost_remarks(found):
        console.print(words, markup=False, highlight=False)
