package main

var zeros [1 << 40]byte

func double_it(n int) int {
	zeros[n&7] = 1
	return 2 * n
}
