import io, sys
sys.stdout = io.TextIOWrapper(sys.stdout.detach())
print(sum(map(int, sys.stdin.read().split()[1:])))
