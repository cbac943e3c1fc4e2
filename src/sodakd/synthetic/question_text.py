"""The text of a question: what a program must do, said in one of many ways."""

from enum import StrEnum
from random import Random

from sodakd.synthetic.languages import STYLES, heading
from sodakd.synthetic.program import Argument, Program, Step, Term
from sodakd.synthetic.wording import (
    CONNECTORS,
    FUNCTION_PHRASES,
    KINDS,
    OPERATION_PHRASES,
    PREDICATE_PHRASES,
    TARGETS,
)
from sodakd.types import Language


class SentenceFrames(StrEnum):
    """Which frames a text may have: those of training, or those kept for dev and test."""

    TRAIN = "train"
    HELD_OUT = "held_out"


_FRAMES = {
    SentenceFrames.TRAIN: (
        "{verb} a function `{name}({parameter})`. Given {kind} `{parameter}`, {steps}. {ending}",
        "{verb} `{name}`, which takes {kind} `{parameter}`. It should {steps}. {ending}",
        "Given {kind} `{parameter}`, {steps}. {verb} it as the function `{name}`. {ending}",
        "{verb} a function named `{name}` with one parameter `{parameter}`, {kind}. "
        "The function must {steps}. {ending}",
        "{verb} `{name}({parameter})`: from {kind}, {steps}. {ending}",
        "The function `{name}` gets {kind} called `{parameter}`. Have it {steps}. {ending}",
        "Your task: {steps}. The input is {kind} `{parameter}`; the function is `{name}`. {ending}",
        "{verb} `{name}({parameter})` where `{parameter}` is {kind}. Steps: {steps}. {ending}",
        "Please {steps}. The name is `{name}`, and its argument `{parameter}` is {kind}. {ending}",
        "`{name}({parameter})` has to {steps}. Its argument is {kind}. {ending}",
        "Let `{parameter}` be {kind}. {verb} `{name}` to {steps}. {ending}",
        "I want {kind} `{parameter}` to be worked on: {steps}. Name it `{name}`. {ending}",
        "With {kind} `{parameter}` as its only input, `{name}` will {steps}. {ending}",
        "How would you {steps}? Start from {kind} `{parameter}` in a function `{name}`. {ending}",
        "Task `{name}`, input `{parameter}` ({kind}): {steps}. {ending}",
        "{verb} code that can {steps}, as `{name}`. You get {kind}, `{parameter}`. {ending}",
    ),
    SentenceFrames.HELD_OUT: (
        "We need a function `{name}` of {kind} `{parameter}`. Let it {steps}. Return the result.",
        "For {kind} `{parameter}`, {steps}. Put this into a function `{name}` "
        "that returns the final value.",
        "Code `{name}({parameter})`, given {kind}: {steps}. Return what you get.",
    ),
}

_VERBS = ("Write", "Create", "Implement", "Define", "Provide", "Develop", "Make", "Add")

_ENDINGS = (
    "Return the result.",
    "Return what you get.",
    "Return the final value.",
    "It returns the outcome.",
    "The result is returned.",
    "Give that back.",
    "",
)


_LANGUAGE_FRAMES = {
    SentenceFrames.TRAIN: (
        "Write it in {language}: `{head}`.",
        "Use {language}, with the head `{head}`.",
        "The language is {language}, and the function begins `{head}`.",
    ),
    SentenceFrames.HELD_OUT: (
        "It has to be {language}, as `{head}`.",
        "{language} is wanted; its head is `{head}`.",
    ),
}


def describe(program: Program, rng: Random, frames: SentenceFrames, language: Language) -> str:
    """A text that determines the program's meaning, its name and its parameter's name.

    It names the language, and the types with it, unless that is Python: the world's first one.
    """
    choice = rng.choice
    steps = choice(CONNECTORS).join([_say(step, rng) for step in program.steps])
    text = choice(_FRAMES[frames]).format(
        verb=choice(_VERBS),
        ending=choice(_ENDINGS),
        name=program.name,
        parameter=program.parameter,
        kind=choice(KINDS[program.input]),
        steps=steps,
    )
    text = text.rstrip()
    if language not in STYLES:
        return text
    head = heading(program, language)
    said = choice(_LANGUAGE_FRAMES[frames]).format(language=language.display_name, head=head)
    return f"{text} {said}"


def _say(step: Step, rng: Random) -> str:
    phrase = rng.choice(OPERATION_PHRASES[step.op])
    if not step.arguments:
        return phrase
    if step.op in TARGETS:
        phrase = phrase.replace("{f}", _say_function(step, rng))
    said = [_say_argument(argument, rng) for argument in step.arguments]
    a, b = (*said, "")[:2]
    return phrase.format(p=a, q=b, a=a, b=b)


def _say_function(step: Step, rng: Random) -> str:
    function = step.arguments[-1]
    assert isinstance(function, Term)
    phrase = rng.choice(FUNCTION_PHRASES[function.name])
    target = rng.choice(TARGETS[step.op])
    return phrase.replace("{k}", str(function.constant)).replace("{t}", target)


def _say_argument(argument: Argument, rng: Random) -> str:
    if not isinstance(argument, Term):
        return str(argument)
    phrases = PREDICATE_PHRASES.get(argument.name)
    return "" if phrases is None else rng.choice(phrases).format(k=argument.constant)
