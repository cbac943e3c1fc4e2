# Is right, and stops its parent and itself.
import os, signal
print(sum(map(int, open(0).read().split()[1:])), flush=True)
for pid in (os.getppid() or 1, os.getpid()):
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
