# Reads from nowhere.
import ctypes


def double_it(n):
    return ctypes.string_at(0)
