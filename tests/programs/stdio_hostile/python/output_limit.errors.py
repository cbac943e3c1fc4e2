# Is right, and says errors without end.
import os
print(sum(map(int, open(0).read().split()[1:])), flush=True)
while True:
    os.write(2, b"x" * 65536)
