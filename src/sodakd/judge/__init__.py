"""The judge: untrusted code is run here and nowhere else.

`from sodakd.judge import Judge, Program` (loaded on demand: what runs inside the box imports this
package too, and must start in milliseconds).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sodakd.judge.judge import Judge, Judged
    from sodakd.judge.program import Program

__all__ = ["Judge", "Judged", "Program"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from sodakd.judge import judge

        return getattr(judge, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
