package main

// Functions named as those of the harness are.
var nonce [32]uint8

func take() [32]uint8    { return nonce }
func passed()            {}
func calls()             {}
func sodakdpassed()      {}
func double_it(n int) int { return n }
