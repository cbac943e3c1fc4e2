package main

import "fmt"

func double_it(n int) int {
	for {
		fmt.Println("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
	}
}
