// Package testing answers to what most tests ask of the real one, at half the cost of linking it.
//
// What it lacks is missed by the compiler, and such a program is judged with the real one. It prints
// what the real one prints, but for times. Tests that start goroutines are not given to it: nothing
// here is guarded against two of them at once.
package testing

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// T is one test, or one of its parts.
type T struct {
	name                                  string
	parent                                *T
	failed, skipped, finished, root bool
	said                                  string
}

// InternalTest is a test and its name.
type InternalTest struct {
	Name string
	F    func(*T)
}

// Failed says whether a test failed, or a part of it.
func (t *T) Failed() bool { return t.failed }

// Skipped says whether a test was left out.
func (t *T) Skipped() bool { return t.skipped }

// Fail marks a test, and those that it is a part of.
func (t *T) Fail() {
	for one := t; one != nil; one = one.parent {
		one.failed = true
	}
}

// FailNow marks a test and leaves it.
func (t *T) FailNow() {
	t.Fail()
	t.finished = true
	runtime.Goexit()
}

// SkipNow leaves a test.
func (t *T) SkipNow() {
	t.skipped, t.finished = true, true
	runtime.Goexit()
}

func (t *T) say(text string) {
	place := "???:1: "
	if _, file, line, ok := runtime.Caller(2); ok {
		place = file[strings.LastIndexByte(file, '/')+1:] + ":" + strconv.Itoa(line) + ": "
	}
	text = strings.TrimSuffix(text, "\n")
	t.said += "    " + place + strings.ReplaceAll(text, "\n", "\n        ") + "\n"
}

// Log says what Println would.
func (t *T) Log(a ...any) { t.say(fmt.Sprintln(a...)) }

// Logf says what Printf would.
func (t *T) Logf(format string, a ...any) { t.say(fmt.Sprintf(format, a...)) }

// Error is Log and Fail.
func (t *T) Error(a ...any) { t.say(fmt.Sprintln(a...)); t.Fail() }

// Errorf is Logf and Fail.
func (t *T) Errorf(format string, a ...any) { t.say(fmt.Sprintf(format, a...)); t.Fail() }

// Fatal is Log and FailNow.
func (t *T) Fatal(a ...any) { t.say(fmt.Sprintln(a...)); t.FailNow() }

// Fatalf is Logf and FailNow.
func (t *T) Fatalf(format string, a ...any) { t.say(fmt.Sprintf(format, a...)); t.FailNow() }

// Skip is Log and SkipNow.
func (t *T) Skip(a ...any) { t.say(fmt.Sprintln(a...)); t.SkipNow() }

// Skipf is Logf and SkipNow.
func (t *T) Skipf(format string, a ...any) { t.say(fmt.Sprintf(format, a...)); t.SkipNow() }

// Run runs a part of a test in a goroutine of its own, which it may leave at any place.
func (t *T) Run(name string, f func(*T)) bool {
	if !t.root {
		name = t.name + "/" + strings.ReplaceAll(name, " ", "_")
	}
	part := &T{name: name, parent: t}
	left := make(chan bool)
	go func() {
		defer part.leave(left)
		f(part)
		part.finished = true
	}()
	if !<-left {
		runtime.Goexit() // a test that this one is a part of was left
	}
	return !part.failed
}

func (t *T) leave(left chan bool) {
	why := recover()
	if !t.finished && why == nil {
		why = "test executed panic(nil) or runtime.Goexit"
		for above := t.parent; above != nil; above = above.parent {
			if above.finished {
				t.say(fmt.Sprint(why, ": subtest may have called FailNow on a parent test"))
				t.Fail()
				t.report()
				left <- false
				return
			}
		}
	}
	if why != nil {
		t.Fail()
		for one := t; !one.root; one = one.parent {
			one.report()
		}
		panic(why)
	}
	t.report()
	left <- true
}

func (t *T) report() {
	if !t.failed { // what a test says is told where it failed
		return
	}
	text := "--- FAIL: " + t.name + " (0.00s)\n" + t.said
	t.said = ""
	if t.parent.root {
		os.Stdout.WriteString(text)
		return
	}
	indented := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ")
	t.parent.said += "    " + indented + "\n"
}

// RunAll runs tests, one after the other, and says whether none of them failed.
func RunAll(tests []InternalTest) bool {
	all := &T{root: true}
	for _, test := range tests {
		all.Run(test.Name, test.F)
	}
	if all.failed {
		os.Stdout.WriteString("FAIL\n")
		return false
	}
	os.Stdout.WriteString("PASS\n")
	return true
}
