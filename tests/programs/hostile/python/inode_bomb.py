# A hundred thousand files.
def double_it(n):
    for number in range(100000):
        open(f"/tmp/{number}", "w").close()
    return 2 * n
