# 3 GiB at once.
def double_it(n):
    held = bytearray(3 * 2**30)
    return 2 * n if held else n
