package main

import "strconv"

func double_it(n int) int {
	v, _ := strconv.Atoi(strconv.Itoa(n))
	return n + v
}
