import atexit, io, os, sys
held = io.StringIO()
sys.stdout = held
atexit.register(lambda: os.write(1, held.getvalue().encode()))
print(sum(map(int, sys.stdin.read().split()[1:])))
