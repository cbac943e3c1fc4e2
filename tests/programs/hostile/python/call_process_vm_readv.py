# A system call that no program needs: process_vm_readv.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(310, 1, 0, 0, 0, 0, 0)
    return 2 * n
