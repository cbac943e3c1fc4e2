"""Runtimes that are forked for every program, tested before they are trusted (`fork_server.py`)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from sodakd.judge.sandbox.accelerator import Accelerator, UnavailableError
from sodakd.judge.sandbox.build_run import build_and_run
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.fork_server import ForkServer
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, BoxError, Sandbox
from sodakd.judge.sandbox.task import Result, Task


class WarmRuntime(Accelerator[ForkServer]):
    """A runtime of a worker that runs programs in forks of itself; each alone where it cannot be.

    `plan` gives the plan of a task. `probes` are programs whose call `f(1)` must say this, in its
    outcome or its values.
    """

    def __init__(
        self, name: str, plan: Callable[[Task], BuildPlan], probes: Mapping[str, str]
    ) -> None:
        super().__init__(name)
        self._plan, self._probes = plan, probes

    def result(self, box: Sandbox, task: Task, plan: BuildPlan, oom: Callable[[], bool]) -> Result:
        """The result of a plan: by a fork of its warm runtime, else by its own run."""

        def test(server: ForkServer) -> None:
            for code, said in self._probes.items():
                trial = replace(
                    task, code=code, entry_point="f", arguments=((1,),), script=None, stdin=None
                )
                forked = replace(self._plan(trial), fork=server)
                found = build_and_run(box, trial, forked, lambda: False)
                if said not in f"{found.outcome} {found.values}":
                    raise ValueError(f"self-test: {found.outcome} {found.output}")

        seen = {**ENVIRONMENT, "LD_BIND_NOW": "1", **plan.environment}
        if task.warm:
            with suppress(UnavailableError):
                server = self.of(plan.warm, lambda: ForkServer(box, plan.warm, seen), test)
                try:
                    return build_and_run(box, task, replace(plan, fork=server), oom)
                except BoxError:
                    self.close()
        result = build_and_run(box, task, plan, oom)
        return replace(result, notes=(self.note,)) if self.note else result
