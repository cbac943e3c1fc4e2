package main

func double_it(n int) int {
	x := 1
	return 2 * n
}
