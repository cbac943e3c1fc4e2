"""The commands of the scoring model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sodakd.cli.options import finite
from sodakd.errors import DataError

if TYPE_CHECKING:
    from sodakd.settings.scoring import ScorerForm, ScorerSettings

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
Kind = Literal["ordinal", "generative"]
Inputs = Literal["answer", "verdict"]
_KIND = "ordinal: points by heads; generative: an analysis, and then points, by a causal model."
_INPUTS = "answer: question and answer; verdict: what the judge and static tools found as well."
Base = Annotated[str, typer.Option(help="An encoder or a causal model: a folder, or a hub id.")]
Lora = Annotated[
    bool, typer.Option("--lora", help="Train adapters, and merge them; else all weights.")
]
Frozen = Annotated[
    bool,
    typer.Option(
        "--frozen", help="Train the heads alone: for few grades; each answer is read once."
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="At most; 10 if left out.")]
LearningRate = Annotated[
    float | None,
    typer.Option(
        min=0,
        callback=lambda value: value if value is None else finite(value),
        help="Of the base; 2e-5 if left out, 2e-4 with --lora.",
    ),
]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Answers of a step; 8 if left out.")]
MaxLength = Annotated[
    int | None, typer.Option(min=64, help="Tokens that are read; 1024 if left out.")
]
AnalysisTokens = Annotated[
    int | None,
    typer.Option(min=0, help="Of a generative scorer's analysis, at most; 128 if left out."),
]
Resamples = Annotated[int, typer.Option(min=10, help="Of the bootstrap that gives the intervals.")]


def train(
    grades: GradesFile,
    base: Base,
    out: Annotated[Path, typer.Option(help="Where the scorer goes: a new folder.")],
    kind: Annotated[Kind, typer.Option(help=_KIND)] = "ordinal",
    inputs: Annotated[Inputs, typer.Option(help=_INPUTS)] = "answer",
    lora: Lora = False,
    frozen: Frozen = False,
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    max_length: MaxLength = None,
    analysis_tokens: AnalysisTokens = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the split and the training.")] = 0,
    device: Device = None,
) -> None:
    """Train a scorer on graded answers: a score for each of five rules.

    A row holds `question`, `answer` and `score` (functionality 0 to 2; boundary, coverage,
    readability and practices 0 to 1, in halves), and perhaps `language`, `author` (teacher, fault,
    student) and the judge's `outcome`, which no scorer is told but with --inputs verdict. A
    training that was stopped begins anew.

    Examples:  sodakd scorer train grades.jsonl --base my-model --out scorer
    ·  sodakd scorer train runs/first --base runs/first/student --out scorer
    ·  sodakd scorer train scoring_data.json --base HuggingFaceTB/SmolLM2-135M --lora --out scorer
    """
    from sodakd.scoring.command import train_command
    from sodakd.settings.scoring import ScorerForm

    settings = _settings(
        lora=lora, frozen=frozen, epochs=epochs, learning_rate=learning_rate, batch_size=batch_size,
        max_length=max_length, analysis_tokens=analysis_tokens,
    )  # fmt: skip
    form = ScorerForm(kind=kind, inputs=inputs)
    train_command(grades, base, out, settings, form, seed, device)


def cross_validate(
    grades: GradesFile,
    base: Base,
    out: Annotated[Path, typer.Option(help="Where all figures go: a file of JSON.")],
    folds: Annotated[int, typer.Option(min=2, help="Parts of the questions.")] = 5,
    kind: Annotated[
        str, typer.Option(help=f"One, or several with commas between. {_KIND}")
    ] = "ordinal",
    inputs: Annotated[
        str, typer.Option(help=f"One, or several with commas between. {_INPUTS}")
    ] = "answer",
    lora: Lora = False,
    frozen: Frozen = False,
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    max_length: MaxLength = None,
    analysis_tokens: AnalysisTokens = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds and the trainings.")] = 0,
    resamples: Resamples = 500,
    device: Device = None,
) -> None:
    """Cross-validate scorers by questions: every answer is scored by one that has not seen it.

    A line for each kind and input, and for what length or the verdict alone reach. For few grades,
    of which a fifth says little; and for an ablation: what the verdict adds to a scorer.

    Examples:  sodakd scorer cross-validate scoring_data.json --base my-model --out figures.json
    ·  sodakd scorer cross-validate runs/first --base my-model --inputs answer,verdict
    --out ablation.json
    """
    from sodakd.scoring.command import cross_validate_command

    settings = _settings(
        lora=lora, frozen=frozen, epochs=epochs, learning_rate=learning_rate, batch_size=batch_size,
        max_length=max_length, analysis_tokens=analysis_tokens,
    )  # fmt: skip
    forms = [
        _form(one, told)
        for one in dict.fromkeys(kind.split(","))
        for told in dict.fromkeys(inputs.split(","))
    ]
    cross_validate_command(grades, base, out, settings, forms, folds, seed, resamples, device)


def _form(kind: str, inputs: str) -> "ScorerForm":
    from pydantic import ValidationError

    from sodakd.settings.scoring import ScorerForm

    try:
        return ScorerForm.model_validate({"kind": kind.strip(), "inputs": inputs.strip()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataError(f"--{first['loc'][0]}: {first['msg']} (found {first['input']})") from None


def _settings(*, lora: bool, frozen: bool, **given: float | None) -> "ScorerSettings":
    """The settings of a training: options that are left out keep their defaults."""
    if lora and frozen:
        raise DataError("--lora trains adapters, and --frozen none: name one of them")
    from pydantic import ValidationError

    from sodakd.settings.scoring import ScorerSettings

    said = {key: value for key, value in given.items() if value is not None}
    try:
        return ScorerSettings.model_validate(
            {"finetuning_type": "lora" if lora else "frozen" if frozen else "full", **said}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise DataError(f"--{option}: {first['msg']} (found {first['input']})") from None


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
    resamples: Resamples = 500,
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


COMMANDS: dict[str, Callable[..., None]] = {
    "train": train, "validate": validate, "cross-validate": cross_validate, "score": score,
}  # fmt: skip
for _name, _command in COMMANDS.items():
    app.command(name=_name)(_command)
