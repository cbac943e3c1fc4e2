out = open(1, 'w')
input()
out.write(str(sum(map(int, input().split()))))
