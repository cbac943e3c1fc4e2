import sys, threading
def main():
    input()
    print(sum(map(int, input().split())))
sys.setrecursionlimit(10**6)
threading.stack_size(2**27)
threading.Thread(target=main).start()
