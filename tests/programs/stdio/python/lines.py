import sys
first, *rest = sys.stdin
print(sum(map(int, rest[0].split())))
