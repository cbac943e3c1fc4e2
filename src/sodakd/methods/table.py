"""The table of methods: what a recipe's `arms` may name."""

from collections.abc import Mapping

from sodakd.methods import evol_instruct, lion, opd, oss_instruct, persd, rft, sft, soda, uniform
from sodakd.methods.parts import Method

METHODS: Mapping[str, Method] = {
    "soda": soda.METHOD,
    "sft": sft.METHOD,
    "uniform": uniform.METHOD,
    "evol_instruct": evol_instruct.METHOD,
    "oss_instruct": oss_instruct.METHOD,
    "persd": persd.METHOD,
    "lion": lion.METHOD,
    "rft": rft.METHOD,
    "opd": opd.METHOD,
}
