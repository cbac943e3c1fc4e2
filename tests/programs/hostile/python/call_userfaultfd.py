# A system call that no program needs: userfaultfd.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(323, 0)
    return 2 * n
