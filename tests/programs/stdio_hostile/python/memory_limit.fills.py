# Is right, and takes all memory there is.
print(sum(map(int, open(0).read().split()[1:])), flush=True)
held = []
while True:
    held.append(bytearray(2**24))
