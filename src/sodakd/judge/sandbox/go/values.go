// Package values writes what a program's calls gave to descriptor 3, each as a line of JSON; where it
// holds its own tests, the nonce of descriptor 4 once they have ended well.
package values

import (
	"strconv"
	"syscall"
	"unicode/utf8"
)

func write(line []byte) {
	line = append(line, '}', '\n')
	for len(line) > 0 {
		done, err := syscall.Write(3, line)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			syscall.Exit(126)
		}
		line = line[done:]
	}
}

var nonce = take()

func take() []byte {
	held := make([]byte, 32)
	syscall.Read(4, held)
	syscall.Close(4)
	return held
}

// Pass gives the nonce back: the end of the tests was reached.
func Pass() { syscall.Write(3, nonce) }

// Exit passes before an exit by 0.
func Exit(exit func(int)) func(int) {
	return func(code int) {
		if code == 0 {
			Pass()
		}
		exit(code)
	}
}

func begin() []byte { return append(make([]byte, 0, 64), `{"value":`...) }

func float(line []byte, v float64) []byte {
	from := len(line)
	switch {
	case v != v:
		return append(line, "NaN"...)
	case v-v != 0 && v > 0:
		return append(line, "Infinity"...)
	case v-v != 0:
		return append(line, "-Infinity"...)
	}
	line = strconv.AppendFloat(line, v, 'g', -1, 64)
	for _, c := range line[from:] {
		if c == '.' || c == 'e' {
			return line
		}
	}
	return append(line, ".0"...)
}

func text(line []byte, v string) []byte {
	line = append(line, '"')
	for _, r := range v { // what is no UTF-8 becomes U+FFFD
		switch {
		case r == '"' || r == '\\':
			line = append(line, '\\', byte(r))
		case r < 32:
			line = append(line, '\\', 'u', '0', '0', "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			line = utf8.AppendRune(line, r)
		}
	}
	return append(line, '"')
}


type whole interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type number interface {
	whole | ~float32 | ~float64
}

// Int takes whole numbers alone: a fraction would be cut off.
func Int[T whole](v T) {
	if v < 0 {
		write(strconv.AppendInt(begin(), int64(v), 10))
	} else {
		write(strconv.AppendUint(begin(), uint64(v), 10))
	}
}

func Float[T number](v T) { write(float(begin(), float64(v))) }
func Bool[T ~bool](v T)   { write(strconv.AppendBool(begin(), bool(v))) }
func Str[T ~string](v T)  { write(text(begin(), string(v))) }
func Ints(v []int)       { Give(v, PutList(PutInt)) }
func Floats(v []float64) { Give(v, PutList(float)) }
func Strs(v []string)    { Give(v, PutList(text)) }

// Give writes what a call gave; put appends a value of its type.
func Give[T any](v T, put func([]byte, T) []byte) { write(put(begin(), v)) }

// Several writes the values that a call gave together.
func Several(puts ...func([]byte) []byte) {
	Give(puts, PutList(func(line []byte, put func([]byte) []byte) []byte { return put(line) }))
}

func PutInt(line []byte, v int) []byte       { return strconv.AppendInt(line, int64(v), 10) }
func PutFloat(line []byte, v float64) []byte { return float(line, v) }
func PutBool(line []byte, v bool) []byte     { return strconv.AppendBool(line, v) }
func PutStr(line []byte, v string) []byte    { return text(line, v) }
func PutChar(line []byte, v rune) []byte     { return text(line, string(v)) }

func PutList[T any](put func([]byte, T) []byte) func([]byte, []T) []byte {
	return func(line []byte, v []T) []byte {
		line = append(line, '[')
		for i, one := range v {
			if i > 0 {
				line = append(line, ',')
			}
			line = put(line, one)
		}
		return append(line, ']')
	}
}

func PutDict[K comparable, V any](key func([]byte, K) []byte, put func([]byte, V) []byte) func([]byte, map[K]V) []byte {
	return func(line []byte, v map[K]V) []byte {
		line = append(line, '{')
		first := len(line)
		for name, one := range v {
			if len(line) > first {
				line = append(line, ',')
			}
			line = put(append(key(line, name), ':'), one)
		}
		return append(line, '}')
	}
}

func PutOptional[T any](put func([]byte, T) []byte) func([]byte, *T) []byte {
	return func(line []byte, v *T) []byte {
		if v == nil {
			return append(line, "null"...)
		}
		return put(line, *v)
	}
}

// Quoted makes the key of an object of what is no text.
func Quoted[T any](put func([]byte, T) []byte) func([]byte, T) []byte {
	return func(line []byte, v T) []byte { return append(put(append(line, '"'), v), '"') }
}

// Ref is an optional that holds a value.
func Ref[T any](v T) *T { return &v }
