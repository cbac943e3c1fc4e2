# A system call that no program needs: bpf.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(321, 0, 0, 0)
    return 2 * n
