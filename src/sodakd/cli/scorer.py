"""The commands of the scoring model."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sodakd.cli.options import finite
from sodakd.errors import DataError

app = typer.Typer(
    help="A scoring model: trained on graded answers, validated, and used in a grader's place.",
    epilog="Example:  sodakd scorer train runs/first --base my-model --out scorer",
    no_args_is_help=True,
)

ScorerFolder = Annotated[Path, typer.Argument(help="The folder of a scorer.", metavar="DIR")]
GradesFile = Annotated[
    Path,
    typer.Argument(
        help="Graded answers: JSON lines, a run's folder, or SODA's released scoring data.",
        metavar="GRADES",
    ),
]
Device = Annotated[str | None, typer.Option(help="cuda where there is one, else cpu.")]


def train(
    grades: GradesFile,
    base: Annotated[str, typer.Option(help="An encoder or a causal model: a folder, or a hub id.")],
    out: Annotated[Path, typer.Option(help="Where the scorer goes: a new folder.")],
    lora: Annotated[
        bool, typer.Option("--lora", help="Train adapters, and merge them; else all weights.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most; 10 if left out.")] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            callback=lambda value: value if value is None else finite(value),
            help="Of the base; 2e-5 if left out, 2e-4 with --lora.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Answers of a step; 8 if left out.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(min=64, help="Tokens that are read; 1024 if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the split and the training.")] = 0,
    device: Device = None,
) -> None:
    """Train a scorer on graded answers: a score for each of five rules.

    A row holds `question`, `answer` and `score` (functionality 0 to 2; boundary, coverage,
    readability and practices 0 to 1, in halves), and perhaps `language`, `author` (teacher, fault,
    student) and the judge's `outcome`, which no scorer sees. A training that was stopped begins
    anew.

    Examples:  sodakd scorer train grades.jsonl --base my-model --out scorer
    ·  sodakd scorer train runs/first --base runs/first/student --out scorer
    ·  sodakd scorer train scoring_data.json --base HuggingFaceTB/SmolLM2-135M --lora --out scorer
    """
    from pydantic import ValidationError

    from sodakd.scoring.command import train_command
    from sodakd.settings.scoring import ScorerSettings

    given = {
        "finetuning_type": "lora" if lora else "full",
        "epochs": epochs,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "max_length": max_length,
    }
    try:
        settings = ScorerSettings.model_validate(
            {key: value for key, value in given.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise DataError(f"--{option}: {first['msg']} (found {first['input']})") from None
    train_command(grades, base, out, settings, seed, device)


def validate(
    folder: ScorerFolder,
    grades: GradesFile,
    min_spearman: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Refuse a scorer whose total correlates less."),
    ] = None,
    min_auc: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Refuse one that tells passing answers less well."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where all figures go; DIR/validation.json if left out.")
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=10, help="Of the bootstrap that gives the intervals.")
    ] = 500,
    device: Device = None,
) -> None:
    """Compare a scorer with the grades of questions that it has not seen.

    Questions that trained it are left out, so the file may be the one that it was trained on. Below
    a floor the exit code is 4, and the words have the figures.

    Examples:  sodakd scorer validate scorer grades.jsonl
    ·  sodakd scorer validate scorer other.jsonl --min-spearman 0.75 --min-auc 0.85
    """
    from sodakd.scoring.command import validate_command

    validate_command(folder, grades, out, min_spearman, min_auc, resamples, device)


def score(
    folder: ScorerFolder,
    answers: Annotated[
        Path,
        typer.Argument(
            help="Answers: question, answer, language; - is standard input.", metavar="ANSWERS"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Where scores go: JSON lines; else standard output.")
    ] = None,
    device: Device = None,
) -> None:
    """Score answers: half points of each rule, and the expected total, a line each.

    Examples:  sodakd scorer score scorer answers.jsonl --out scores.jsonl
    ·  cat answers.jsonl | sodakd scorer score scorer - | jq .total
    """
    from sodakd.scoring.command import score_command

    score_command(folder, answers, out, device)


COMMANDS: dict[str, Callable[..., None]] = {"train": train, "validate": validate, "score": score}
for _name, _command in COMMANDS.items():
    app.command(name=_name)(_command)
