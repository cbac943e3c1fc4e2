# Is right, and stops itself and its parent.
import os, signal
print(sum(map(int, open(0).read().split()[1:])), flush=True)
os.kill(os.getppid(), signal.SIGSTOP) if os.getppid() else None
os.kill(os.getpid(), signal.SIGSTOP)
