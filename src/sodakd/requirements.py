"""What this machine has, and what a recipe would miss on it."""

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from sodakd import __version__
from sodakd.errors import RunError
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.judge_probe import probe
from sodakd.recipe import Recipe
from sodakd.run import cpu_count
from sodakd.settings.sources import exists, shortened, source_exists
from sodakd.settings.stages import EvaluationSettings
from sodakd.settings.student import StudentSettings
from sodakd.teacher.teacher_endpoint import missing_for_teacher
from sodakd.types import Language

_PACKAGES = ("torch", "transformers", "accelerate", "tokenizers", "safetensors", "pydantic")
_NEEDED_FOR = {"full": (), "frozen": (), "lora": ("peft",), "qlora": ("peft", "bitsandbytes")}
_NEEDED_TO_TRAIN = ("torch", "transformers", "accelerate", "tokenizers", "safetensors")
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "train": (*_NEEDED_TO_TRAIN, "jaxtyping", "scipy"),
    "lora": ("peft",),
    "qlora": ("bitsandbytes",),
    "data": ("pyarrow", "huggingface_hub"),
    "ray": ("ray",),
}


def system_info() -> Sequence[tuple[str, str]]:
    """Names and values: versions, cores, memory, accelerator, sandbox, compilers."""
    memory = psutil.virtual_memory()
    rows = [
        ("sodakd", __version__),
        ("python", f"{platform.python_version()} ({sys.executable})"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("cores", str(cpu_count())),
        ("memory", f"{memory.total / 2**30:.1f} GiB, {memory.available / 2**30:.1f} GiB free"),
        ("accelerator", _accelerator()),
    ]
    rows += [(name, _version_of(name)) for name in _PACKAGES]
    return [*rows, *probe().lines]


def machine() -> str:
    """Return this machine in a line: cores, processor, memory, accelerator."""
    memory = psutil.virtual_memory().total / 2**30
    accelerator = _accelerator()
    words = [f"{cpu_count()} cores", _processor(), f"{memory:.0f} GiB"]
    words.append("no accelerator" if accelerator == "none" else accelerator)
    return ", ".join(filter(None, words))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def missing_requirements(recipe: Recipe) -> list[str]:
    """What a recipe needs and this machine lacks, a line each, with what mends it."""
    missing = [
        *missing_for_teacher(recipe.teacher),
        *_missing_for_questions(recipe),
        *_missing_for_exam(recipe.evaluation),
        *_missing_for_judge(recipe),
        *_missing_for_student(recipe.student),
        *_missing_for_scorer(recipe),
    ]
    trackers = dict.fromkeys((*recipe.training.report_to, *recipe.base.training.report_to))
    missing += [
        f"training.report_to names {name}, which is not installed: pip install {name}"
        for name in trackers
        if importlib.util.find_spec(name) is None
    ]
    generation = recipe.generation
    if generation.starts and shutil.which(generation.command[0]) is None:
        missing.append(
            f"generation.command starts with {generation.command[0]}, which is not found: install"
            " it in an environment of its own and name its program there"
        )
    absent = [name for name in _NEEDED_TO_TRAIN if importlib.util.find_spec(name) is None]
    if absent:
        verb = "is" if len(absent) == 1 else "are"
        missing.append(
            f"a run trains a student, and {', '.join(absent)} {verb} not installed:"
            " pip install 'sodakd[train]'"
        )
    return missing


def possibly_missing_languages(recipe: Recipe) -> list[str]:
    """Return the languages that a recipe's seeds may be of, and that cannot be judged here.

    A run needs those of its questions alone; a new question has the language of its parent.
    """
    here = recipe.questions.real and not recipe.judge.ray
    return missing_languages(recipe.questions.languages) if here else []


def missing_languages(languages: Iterable[Language]) -> list[str]:
    """Return the languages that cannot be judged here, a line each, with what installs them."""
    found = {language: toolchain(language) for language in languages}
    return [
        f"{language} cannot be judged here: {tools.reason}; {tools.command}, or leave it out of"
        " questions.languages and evaluation.benchmarks"
        for language, tools in found.items()
        if isinstance(tools, MissingToolchain)
    ]


def require_languages(languages: Iterable[Language]) -> None:
    """Make sure that programs in these languages can be judged here, before anything is spent.

    Raises:
        RunError: a language cannot; the message says what installs it.
    """
    missing = missing_languages(languages)
    if missing:
        raise RunError("\n".join(missing))


def check_requirements(recipe: Recipe) -> None:
    """Make sure that a run of a recipe can come to its end here, before anything is spent.

    Raises:
        RunError: something is missing; the message says what installs it.
    """
    missing = missing_requirements(recipe)
    if missing:
        raise RunError("\n".join(missing))


def install_hint(error: ModuleNotFoundError) -> str | None:
    """What installs a package that an optional part needs; None for a package of no extra."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in _EXTRAS.items():
        if package in packages:
            return f"{package} is not installed: pip install 'sodakd[{extra}]'"
    return None


def _missing_for_judge(recipe: Recipe) -> list[str]:
    """What judges the programs: the languages here, or Ray, whose nodes have them."""
    if not recipe.judge.ray:
        return missing_languages(() if recipe.questions.real else (recipe.questions.language,))
    absent = importlib.util.find_spec("ray") is None
    return ["judge.ray needs Ray: pip install 'sodakd[ray]'"] if absent else []


def _missing_for_questions(recipe: Recipe) -> list[str]:
    questions, snippets = recipe.questions, recipe.oss_instruct.source
    named = [("questions.source", questions.source)] if questions.real else []
    named += [("questions.exclude", source) for source in questions.exclude]
    named += [] if snippets is None else [("oss_instruct.source", snippets)]
    return [
        f"there is no source {shortened(source)} ({key}): no file or folder here, and no hub"
        " dataset's id"
        for key, source in named
        if not source_exists(source)
    ]


def _missing_for_exam(exam: EvaluationSettings) -> list[str]:
    data = exam.data
    if data is None or not exam.benchmarks or exists(Path(data)):
        return []
    return [f"there is no file or folder {shortened(data)} (evaluation.data)"]


def _missing_for_student(student: StudentSettings) -> list[str]:
    missing = _missing_model(student.model_name_or_path, "student.model_name_or_path")
    template = student.chat_template
    if template is not None and not Path(template).is_file():
        missing.append(f"there is no file {template} (student.chat_template)")
    return [*missing, *_missing_to_adapt(student.finetuning_type, "student.finetuning_type")]


def _missing_for_scorer(recipe: Recipe) -> list[str]:
    if recipe.feedback.scorer != "trained":
        return []
    kind = recipe.scorer.training.finetuning_type
    return [
        *_missing_model(recipe.scorer.base, "scorer.base"),
        *_missing_to_adapt(kind, "scorer.training.finetuning_type"),
    ]


def _missing_model(name: str | None, key: str) -> list[str]:
    if name is not None and name.startswith((".", "/", "~")) and not Path(name).is_dir():
        return [f"there is no folder {name} ({key})"]
    return []


def _missing_to_adapt(kind: str, key: str) -> list[str]:
    return [
        f"{kind} ({key}) needs {package}, which is not installed: pip install 'sodakd[{kind}]'"
        for package in _NEEDED_FOR[kind]
        if importlib.util.find_spec(package) is None
    ]


def _accelerator() -> str:
    if shutil.which("nvidia-smi") is None:
        return "none"
    command = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    return _first_line(command)


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _first_line(command: tuple[str, ...]) -> str:
    if shutil.which(command[0]) is None:
        return "not found"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"found, but does not answer: {error}"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "found"
