import socket


def double_it(n):
    socket.socket()
    return 2 * n
