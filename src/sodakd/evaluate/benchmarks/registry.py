"""The benchmarks by name."""

from collections.abc import Mapping

from sodakd.evaluate.benchmarks.humaneval import HUMANEVAL
from sodakd.evaluate.benchmarks.humaneval_plus import HUMANEVAL_PLUS
from sodakd.evaluate.benchmarks.humaneval_x import HUMANEVAL_X
from sodakd.evaluate.benchmarks.livecodebench import LIVECODEBENCH
from sodakd.evaluate.benchmarks.mbpp import MBPP
from sodakd.evaluate.benchmarks.mbpp_plus import MBPP_PLUS
from sodakd.evaluate.benchmarks.mbxp import MBXP
from sodakd.evaluate.benchmarks.mceval import MCEVAL
from sodakd.evaluate.benchmarks.multipl_e import MULTIPL_E
from sodakd.evaluate.benchmarks.task import Benchmark

BENCHMARKS: Mapping[str, Benchmark] = {
    one.name: one
    for one in (
        HUMANEVAL, MBPP, HUMANEVAL_X, MULTIPL_E, MCEVAL, MBXP,
        HUMANEVAL_PLUS, MBPP_PLUS, LIVECODEBENCH,
    )
}  # fmt: skip
