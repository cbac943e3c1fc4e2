def double_it(n):
    while True:
        pass
