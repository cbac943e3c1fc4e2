def double_it(n):
    while True:
        print("x" * 4096)
