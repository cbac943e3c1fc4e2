import os
input()
os.write(1, b'%d' % sum(map(int, input().split())))
os._exit(0)
