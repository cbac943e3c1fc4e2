"""Which contamination `sodakd decontaminate` finds: HumanEval's tasks in five disguises, by method.

python benchmarks/contamination.py ../shared/data
python benchmarks/contamination.py ../shared/data --show jaccard --missed paraphrased

The folder holds `humaneval`, `humaneval-x` and `codealpaca`. The disguises are made by the rules
below, with no model: 164 rows of each kind. What is flagged in CodeAlpaca counts as a false alarm,
also where its question is a task of HumanEval in truth: look at them by --show.
"""

import argparse
import ast
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sodakd.dedup.contamination import statement
from sodakd.dedup.leaks import BenchmarkIndex, Leak, LeakLimits
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import tell_language
from sodakd.seeds.read import read_rows_of
from sodakd.settings.questions import ColumnSettings
from sodakd.types import Language, Question

METHODS = ("exact", "code", "ngram", "jaccard", "rouge", "values")
_GERMAN = """
the:die a:eine an:eine of:von and:und is:ist are:sind in:in return:gib returns:gibt to:zu that:die
given:gegeben list:Liste string:Zeichenkette strings:Zeichenketten if:wenn number:Zahl
numbers:Zahlen you:du function:Funktion integer:Ganzzahl integers:Ganzzahlen two:zwei be:sein
it:sie should:soll array:Feld all:alle or:oder as:als each:jede i:i with:mit than:als true:wahr
by:durch input:Eingabe not:nicht elements:Elemente element:Element takes:nimmt take:nimm for:für
from:von have:haben has:hat false:falsch order:Reihenfolge will:wird even:gerade sum:Summe
positive:positive negative:negative digits:Ziffern digit:Ziffer only:nur empty:leer write:schreibe
value:Wert values:Werte this:diese one:eine words:Wörter word:Wort your:deine length:Länge
task:Aufgabe otherwise:sonst there:da odd:ungerade any:irgendein at:bei same:gleiche
sorted:sortiert note:beachte which:welche prime:Primzahl index:Stelle no:keine then:dann
find:finde first:erste last:letzte such:solche on:auf three:drei equal:gleich sequence:Folge
less:weniger characters:Zeichen character:Zeichen right:rechts left:links where:wo other:andere
zero:null case:Fall valid:gültig letters:Buchstaben letter:Buchstabe name:Name multiple:mehrere
can:kann largest:größte between:zwischen start:Anfang assume:nimm_an contains:enthält
contain:enthalten create:erzeuge none:nichts spaces:Leerzeichen space:Leerzeichen maximum:Maximum
minimum:Minimum end:Ende smallest:kleinste lists:Listen ascending:aufsteigend sort:sortiere
term:Glied always:immer product:Produkt more:mehr greater:größer need:brauche may:darf
example:Beispiel check:prüfe parentheses:Klammern point:Punkt every:jede separated:getrennt
binary:binäre result:Ergebnis count:zähle unique:einmalige their:ihre after:nach times:mal
following:folgende next:nächste make:mache possible:möglich how:wie many:viele lowercase:kleine
uppercase:große but:aber when:wenn change:ändere similar:ähnlich total:gesamte some:einige
sentence:Satz row:Zeile exactly:genau both:beide path:Pfad file:Datei its:ihr was:war using:mit
does:tut do:tu must:muss also:auch into:in number's:Zahl representing:als than:als
"""
_SYNONYMS = """
given:provided list:sequence lists:sequences string:text strings:texts number:figure
numbers:figures function:routine integer:whole_number integers:whole_numbers array:collection
return:output returns:outputs returned:output check:determine find:locate sum:total elements:items
element:item takes:accepts take:accept greater:bigger largest:biggest smallest:lowest
equal:identical contains:includes contain:include positive:above-zero negative:below-zero
create:build write:implement length:size words:terms word:term letters:characters letter:character
order:arrangement sorted:arranged sort:arrange ascending:increasing empty:blank digits:numerals
digit:numeral maximum:highest minimum:lowest starting:beginning start:begin end:finish
valid:correct otherwise:else same:identical two:a_pair_of three:a_trio_of all:every only:just
such:like input:argument result:answer product:multiplication consists:is_made
representing:standing_for between:among should:has_to need:have task:job note:keep_in_mind
possible:feasible every:each more:further less:fewer following:subsequent next:subsequent
multiple:several calculate:work_out compute:work_out value:quantity values:quantities
appears:occurs appear:occur remove:drop removed:dropped add:append count:tally separated:split
combine:merge convert:turn replace:swap
"""


def _table(pairs: str) -> Mapping[str, str]:
    """Words by words, of a text of `word:words`; `_` is a blank."""
    found = (pair.partition(":") for pair in re.findall(r"\S+", pairs))
    return {word: words.replace("_", " ") for word, _, words in found}


_GLOSSARY, _WORDS = _table(_GERMAN), _table(_SYNONYMS)
_FRAMES = (
    (r"\bin the given\b", "inside the provided"),
    (r"\byou are given\b", "what you receive is"),
    (r"\byour task is to\b", "the goal here is that you"),
    (r"\bif there (?:is|are)\b", "in case of there being"),
    (r"\bwrite a function (?:that|which)\b", "we are looking for code which"),
    (r"\breturn true if\b", "the answer is yes whenever"),
    (r"\bfalse otherwise\b", "in all other cases no"),
    (r"\bgiven an? \b", "starting out with some "),
    (r"\breturn (?:a|the)\b", "hand back some"),
    (r"\bfor each\b", "taking them one by one, for every"),
    (r"\bsuch that\b", "so that"),
    (r"\bat least\b", "no fewer than"),
    (r"\bat most\b", "no more than"),
)
_OPENINGS = (
    "Please help me with this exercise.", "I need a short program.", "Here is a small puzzle:",
    "Consider the following problem.", "Could you code this for me?",
)  # fmt: skip
Row = tuple[str, Question, str]
"""A kind, a question in disguise, and the id of the task that it is."""


_EXAMPLES = re.compile(
    r"^\s*(?:>>>|for example|examples?\b|\w+\(.*(?:==|->|=>|➞))", re.MULTILINE | re.IGNORECASE
)


def _parts(task: BenchmarkTask) -> tuple[str, str]:
    """What a task's docstring says, and its examples."""
    last = ast.parse(f"{task.code_prompt.code}\n    pass").body[-1]
    text = (ast.get_docstring(last) if isinstance(last, ast.FunctionDef) else "") or ""
    first = _EXAMPLES.search(text)
    return (text[: first.start()], text[first.start() :]) if first else (text, "")


def told(task: BenchmarkTask) -> str:
    return _parts(task)[0]


def examples(task: BenchmarkTask) -> str:
    return _parts(task)[1]


def asked(
    text: str, language: Language = Language.PYTHON, reference: str | None = None
) -> Question:
    """A question of these words."""
    made = Question.new(text=text, language=language, tests=None, source="disguise", level=None)
    return made.model_copy(update={"reference": reference})


def program(task: BenchmarkTask) -> str:
    return task.code_prompt.code + (task.gold or "")


def reformatted(task: BenchmarkTask, draw: random.Random) -> Question:
    """In capitals and lines of another width, with another layout of the program."""
    words = f"{told(task)} {examples(task)}".split()
    if draw.random() < 0.5:
        words = [word.capitalize() if draw.random() < 0.5 else word for word in words]
    width = draw.choice((5, 8, 14))
    starts = range(0, len(words), width)
    lines = [f"# {' '.join(words[start : start + width])}" for start in starts]
    text = "Complete the function `" + task.code_prompt.entry_point + "`.\n" + "\n".join(lines)
    return asked(text, reference=ast.unparse(ast.parse(program(task))))


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)


def renamed(task: BenchmarkTask, draw: random.Random) -> Question:
    """With other names for functions, arguments and variables, in the words as in the program."""
    tree = ast.parse(program(task))
    bound = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.name] if isinstance(node, ast.FunctionDef)
            else [node.arg] if isinstance(node, ast.arg)
            else [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            else []
        )
    }  # fmt: skip
    stems = ["foo", "item", "data", "tmp", "res", "cur", "solve", "thing", "acc", "obj", "cell"]
    names = {name: f"{draw.choice(stems)}_{at}" for at, name in enumerate(sorted(bound))}
    said = f"{told(task)}\n{examples(task)}"
    for name in sorted((one for one in bound if len(one) > 2), key=len, reverse=True):
        said = re.sub(rf"\b{name}\b", names[name], said)
    head = f"Write {names[task.code_prompt.entry_point]}."
    return asked(f"{head} {said}", reference=ast.unparse(_Renamed(names).visit(tree)))


def german(task: BenchmarkTask, draw: random.Random) -> Question:  # noqa: ARG001
    """Word by word in German, by a glossary of some 190 words; its examples stay."""
    return asked(f"{_in_german(told(task))}\n{examples(task)}")


def _in_german(text: str) -> str:
    return re.sub(r"[A-Za-z']+", lambda one: _GLOSSARY.get(one[0].lower(), one[0]), text)


def german_alone(task: BenchmarkTask, draw: random.Random) -> Question:  # noqa: ARG001
    """The same without its examples."""
    return asked(_in_german(told(task)))


def paraphrased(task: BenchmarkTask, draw: random.Random) -> Question:
    """With synonyms and other phrases, its sentences in another order, and no examples."""
    text = " ".join(told(task).split())
    for pattern, words in _FRAMES:
        text = re.sub(pattern, words, text, flags=re.IGNORECASE)
    text = re.sub(r"[A-Za-z]+", lambda one: _WORDS.get(one[0].lower(), one[0]), text)
    sentences = [one for one in re.split(r"(?<=[.;:])\s+", text) if one]
    if len(sentences) > 1:
        sentences = sentences[1:] + sentences[:1]
    return asked(" ".join([draw.choice(_OPENINGS), *sentences]))


def reworded(task: BenchmarkTask, draw: random.Random) -> Question:
    """The paraphrase with its examples."""
    return asked(f"{paraphrased(task, draw).text}\n{examples(task)}")


KINDS: Mapping[str, Callable[[BenchmarkTask, random.Random], Question]] = {
    "reformatted": reformatted,
    "renamed": renamed,
    "paraphrased": paraphrased,
    "paraphrased, with examples": reworded,
    "in German": german_alone,
    "in German, with examples": german,
}
IN_LANGUAGE = "in Java, C++, JavaScript, Go"
_OTHERS = (Language.JAVA, Language.CPP, Language.JAVASCRIPT, Language.GO)


def disguises(tasks: Sequence[BenchmarkTask], data: Path) -> Iterator[Row]:
    """Every task in each disguise; in another programming language it is HumanEval-X's own."""
    draw = random.Random(1)
    for kind, make in KINDS.items():
        for task in tasks:
            yield kind, make(task, draw), task.question.id
    other = {one: load(BENCHMARKS["humaneval-x"], one, data) for one in _OTHERS}
    for at, task in enumerate(tasks):
        twin = other[_OTHERS[at % len(_OTHERS)]][at]
        shown = twin.question.model_copy(update={"reference": program(twin)})
        yield IN_LANGUAGE, shown, task.question.id


def negatives(data: Path) -> Iterator[Question]:
    """The questions of CodeAlpaca with their answers."""
    for seed in read_seeds(read_rows_of(str(data / "codealpaca")), ColumnSettings()):
        if seed.text:
            language = tell_language(seed, Language.PYTHON).language or Language.PYTHON
            made = Question.new(
                text=seed.text, language=language, tests=None, source=seed.origin, level=None
            )
            yield made.model_copy(update={"reference": seed.reference})


def main(data: Path, show: str, missed: str) -> None:
    """Print recall by kind and method, and precision by method."""
    tasks = load(BENCHMARKS["humaneval"], Language.PYTHON, data)
    known = [task.question.model_copy(update={"reference": program(task)}) for task in tasks]
    index = BenchmarkIndex(known, LeakLimits())
    hits: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Counter[str]()
    wrong = Counter[str]()
    for kind, question, task in disguises(tasks, data):
        rows[kind] += 1
        found = index.leaks(question)
        right = {leak.method for leak in found if leak.task.id == task}
        wrong.update({leak.method for leak in found} - right)
        hits[kind].update([*right, *(["any"] if right else [])])
        if kind == missed and not right:
            print(f"missed: {' '.join(question.text.split())[:300]}")
    alarms, count = Counter[str](), 0
    for question in negatives(data):
        found = index.leaks(question)
        count += 1
        alarms.update([*(leak.method for leak in found), *(["any"] if found else [])])
        for leak in found:
            _show(leak, question, show)
    names = [*METHODS, "any"]
    print(f"{'recall, %':32}", *(f"{name:>8}" for name in names))
    for kind in rows:
        shares = (100 * hits[kind][name] / rows[kind] for name in names)
        print(f"{kind:26} {rows[kind]:5}", *(f"{share:8.1f}" for share in shares))
    print(f"{'another task named':26} {'':5}", *(f"{wrong[name]:8}" for name in names))
    print(f"{'alarms in CodeAlpaca':26} {count:5}", *(f"{alarms[name]:8}" for name in names))
    right_ones = {name: sum(own[name] for own in hits.values()) for name in names}
    precision = (
        100 * right_ones[name] / max(1, right_ones[name] + wrong[name] + alarms[name])
        for name in names
    )
    print(f"{'precision, %':32}", *(f"{share:8.1f}" for share in precision))


def _show(leak: Leak, question: Question, method: str) -> None:
    if method in {leak.method, "all"}:
        task = " ".join(statement(leak.task))
        print(
            f"{leak.method} {leak.score:.2f}: {json.dumps(question.text[:200])}\n    {task[:200]}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", default="", metavar="METHOD", help="print what it flags: all")
    parser.add_argument("--missed", default="", metavar="KIND", help="print what nothing finds")
    main(**vars(parser.parse_args()))
