import os
input()
if not os.fork():
    print(sum(map(int, input().split())), flush=True)
    os._exit(0)
os.wait()
