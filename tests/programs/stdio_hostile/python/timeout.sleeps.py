# Is right, and sleeps.
print(sum(map(int, open(0).read().split()[1:])), flush=True)
import time
time.sleep(99)
