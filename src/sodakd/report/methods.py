"""What the methods are, in a card's words, each with the paper it is from."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MethodWords:
    """A method: its name, how it goes, and what to cite."""

    words: str
    how: str
    bibtex: str = ""


METHODS: Mapping[str, MethodWords] = {
    "soda": MethodWords(
        "SODA, self-paced knowledge distillation ([arXiv 2408.03680]"
        "(https://arxiv.org/abs/2408.03680)), as sodakd does it",
        "In each cycle the teacher delivers a correct and a faulty solution of every question; the"
        " student\nis trained on both; its answers to fresh questions are judged and graded; and"
        " that feedback\ndecides which questions come next.",
        "@inproceedings{chen2025soda,\n"
        "  title = {Smaller but Better: Self-Paced Knowledge Distillation for Lightweight yet"
        " Effective LCMs},\n"
        "  author = {Chen, Yujia and others},\n"
        "  booktitle = {FSE},\n"
        "  year = {2025},\n"
        "  note = {arXiv:2408.03680}\n"
        "}",
    ),
    "sft": MethodWords(
        "static distillation: supervised fine-tuning on a teacher's answers",
        "The teacher solves every question once, and the student is trained on the solutions.",
    ),
}


def method_words(name: str) -> MethodWords:
    """The words for a method; for one that has none here, its name."""
    return METHODS.get(name, MethodWords(name, "See the documentation of sodakd."))
