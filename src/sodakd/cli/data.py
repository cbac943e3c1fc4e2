"""Commands of data: questions that come in, students and pairs that go out."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sodakd.cli.options import RunFolder


def seeds(
    source: Annotated[
        str,
        typer.Argument(
            help="A file of questions (- is standard input), a folder, a hub dataset, or a recipe.",
            metavar="SOURCE",
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Values of the recipe's section `questions`.", metavar="[KEY=VALUE]..."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where every row goes, with its reason: JSON lines.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the snippets of source files.")] = 0,
    verified: Annotated[
        bool,
        typer.Option("--verify", help="Run the answers in the source against its tests."),
    ] = False,
) -> None:
    """Show which questions of a source a run could use, and why not the others.

    Examples:  sodakd seeds questions.jsonl
    ·  sodakd seeds data.json columns.text=task max_words=200 --out sifted.jsonl
    ·  sodakd seeds mbxp/java.jsonl --verify --out verified.jsonl
    ·  sodakd seeds recipes/qwen2.5-coder-0.5b-lora.yaml
    """
    from collections import deque
    from contextlib import ExitStack
    from itertools import chain

    from sodakd.errors import DataError, JudgeError
    from sodakd.jsonl import write_rows
    from sodakd.judge.judge import Judge
    from sodakd.methods.exam import load_whole_benchmarks
    from sodakd.outputs import check_outputs
    from sodakd.recipe_file import read_exam, read_questions
    from sodakd.screen import make_console
    from sodakd.seeds.load import load_seeds
    from sodakd.seeds.read import paths_read
    from sodakd.seeds.show import SeedTally, show_sifted, show_verdicts
    from sodakd.seeds.verify import verify
    from sodakd.settings.stages import JudgeSettings

    settings = read_questions(source, overrides or [])
    check_outputs({"--out": out}, paths_read(source, settings.source))
    exam = load_whole_benchmarks(read_exam(source))
    tally, failed = SeedTally(), list[JudgeError]()
    with ExitStack() as stack:
        rows = load_seeds(settings, seed, tell=partial(typer.echo, err=True), benchmarks=exam)
        if verified:
            rows = verify(rows, stack.enter_context(Judge(JudgeSettings())), failed.append)
        first = next(rows, None)
        if first is None:
            raise DataError(
                f"{source} holds no rows: there is nothing to sift; name another source"
            )
        rows = tally.counted(chain([first], rows))
        if out is not None:
            write_rows(out, rows)
        deque(rows, maxlen=0)  # what is not written is counted as well
    show_sifted(tally, make_console())
    if verified:
        show_verdicts(tally, make_console())
    if out is not None:
        typer.echo(f"every row with its reason: {out}")
    if failed:
        raise failed[0]


def export(
    folder: RunFolder,
    out: Annotated[Path, typer.Option(help="A folder; of a dataset, a file or a folder.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The pairs instead of the student: preference, conversational, messages,"
            " llamafactory or sharegpt.",
            metavar="FORMAT",
        ),
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Of a dataset: also say where rows are from.")
    ] = False,
    license_id: Annotated[
        str | None, typer.Option("--license", help="For the card, as the hub names it.")
    ] = None,
    gguf: Annotated[
        str | None,
        typer.Option(help="Also for llama.cpp: auto, f16, q8_0, Q4_K_M, ...", metavar="TYPE"),
    ] = None,
    llama_cpp: Annotated[
        Path | None, typer.Option(help="llama.cpp's folder; else LLAMA_CPP, else on PATH.")
    ] = None,
    gguf_python: Annotated[
        Path | None, typer.Option(help="The Python that has what its converter needs.")
    ] = None,
    push_to_hub: Annotated[
        str | None, typer.Option(help="Upload to this repository.", metavar="OWNER/NAME")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="A new repository is private.")
    ] = False,
) -> None:
    """Hand out a run's student (transformers, vLLM, GGUF, the hub) or its pairs, with a card.

    Examples:  sodakd export runs/first --out models/first --license apache-2.0
    ·  sodakd export runs/first --out models/first --gguf q8_0 --llama-cpp llama.cpp
    ·  sodakd export runs/first --out models/first --push-to-hub me/first --private
    ·  sodakd export runs/first --dataset preference --out pairs.jsonl
    """
    from sodakd.export.command import ExportJob
    from sodakd.export.command import export as handed_out

    job = ExportJob(
        folder, out, dataset=dataset, provenance=provenance, licence=license_id, gguf=gguf,
        llama_cpp=llama_cpp, gguf_python=gguf_python, repo_id=push_to_hub, private=private,
    )  # fmt: skip
    for line in handed_out(job):
        typer.echo(line)
