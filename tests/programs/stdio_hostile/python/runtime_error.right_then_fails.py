# Is right, and ends with an error.
print(sum(map(int, open(0).read().split()[1:])), flush=True)
raise SystemExit(1)
