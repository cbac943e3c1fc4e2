package main

func double_it(n int) int {
	for {
	}
}
