import pickle
class A: pass
pickle.loads(pickle.dumps(A()))
input()
print(sum(map(int, input().split())))
