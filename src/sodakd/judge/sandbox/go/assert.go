// Package assert answers to the calls of testify that benchmarks make.
package assert

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// TestingT is what a test hands over.
type TestingT interface {
	Errorf(format string, args ...interface{})
}

// Assertions is a TestingT that need not be named in each call.
type Assertions struct{ t TestingT }

// New makes Assertions.
func New(t TestingT) *Assertions { return &Assertions{t} }

func fail(t TestingT, text string, said []interface{}) bool {
	t.Errorf("%s %v", text, said)
	return false
}

// ObjectsAreEqual compares deeply, and bytes by their content.
func ObjectsAreEqual(expected, actual interface{}) bool {
	if a, ok := expected.([]byte); ok {
		b, ok := actual.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return reflect.DeepEqual(expected, actual)
}

func number(v interface{}) (float64, bool) {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return 0, false
	case r.CanInt():
		return float64(r.Int()), true
	case r.CanUint():
		return float64(r.Uint()), true
	case r.CanFloat():
		return r.Float(), true
	}
	return 0, false
}

func isNil(v interface{}) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Ptr, reflect.Slice, reflect.Interface:
		return r.IsNil()
	}
	return false
}

func Equal(t TestingT, expected, actual interface{}, said ...interface{}) bool {
	if ObjectsAreEqual(expected, actual) {
		return true
	}
	return fail(t, fmt.Sprintf("Not equal: expected %#v, actual %#v", expected, actual), said)
}

func NotEqual(t TestingT, expected, actual interface{}, said ...interface{}) bool {
	if !ObjectsAreEqual(expected, actual) {
		return true
	}
	return fail(t, fmt.Sprintf("Should not be %#v", actual), said)
}

func EqualValues(t TestingT, expected, actual interface{}, said ...interface{}) bool {
	if ObjectsAreEqual(expected, actual) {
		return true
	}
	if e, a := reflect.ValueOf(expected), reflect.TypeOf(actual); e.IsValid() && a != nil && e.Type().ConvertibleTo(a) {
		if reflect.DeepEqual(e.Convert(a).Interface(), actual) {
			return true
		}
	}
	return fail(t, fmt.Sprintf("Not equal: expected %#v, actual %#v", expected, actual), said)
}

func True(t TestingT, value bool, said ...interface{}) bool {
	return value || fail(t, "Should be true", said)
}

func False(t TestingT, value bool, said ...interface{}) bool {
	return !value || fail(t, "Should be false", said)
}

func Nil(t TestingT, value interface{}, said ...interface{}) bool {
	return isNil(value) || fail(t, fmt.Sprintf("Expected nil, found %#v", value), said)
}

func NotNil(t TestingT, value interface{}, said ...interface{}) bool {
	return !isNil(value) || fail(t, "Expected a value, found nil", said)
}

func NoError(t TestingT, err error, said ...interface{}) bool {
	return err == nil || fail(t, fmt.Sprintf("Unexpected error %v", err), said)
}

func Error(t TestingT, err error, said ...interface{}) bool {
	return err != nil || fail(t, "An error is expected", said)
}

func Len(t TestingT, object interface{}, length int, said ...interface{}) bool {
	if r := reflect.ValueOf(object); r.IsValid() && r.Len() == length {
		return true
	}
	return fail(t, fmt.Sprintf("%#v should have %d items", object, length), said)
}

func Empty(t TestingT, object interface{}, said ...interface{}) bool {
	r := reflect.ValueOf(object)
	if !r.IsValid() || r.IsZero() {
		return true
	}
	switch r.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array, reflect.Chan, reflect.String:
		if r.Len() == 0 {
			return true
		}
	}
	return fail(t, fmt.Sprintf("%#v should be empty", object), said)
}

func Contains(t TestingT, holder, item interface{}, said ...interface{}) bool {
	if text, ok := holder.(string); ok {
		return strings.Contains(text, fmt.Sprint(item)) || fail(t, fmt.Sprintf("%q lacks %q", text, item), said)
	}
	r := reflect.ValueOf(holder)
	if r.Kind() == reflect.Map {
		for _, key := range r.MapKeys() {
			if ObjectsAreEqual(key.Interface(), item) {
				return true
			}
		}
	} else {
		for i := 0; i < r.Len(); i++ {
			if ObjectsAreEqual(r.Index(i).Interface(), item) {
				return true
			}
		}
	}
	return fail(t, fmt.Sprintf("%#v lacks %#v", holder, item), said)
}

func InDelta(t TestingT, expected, actual interface{}, delta float64, said ...interface{}) bool {
	e, known := number(expected)
	a, also := number(actual)
	if known && also && (math.Abs(e-a) <= delta || math.IsNaN(e) && math.IsNaN(a)) {
		return true
	}
	return fail(t, fmt.Sprintf("Further than %v apart: %v and %v", delta, expected, actual), said)
}

func ElementsMatch(t TestingT, one, other interface{}, said ...interface{}) bool {
	a, b := reflect.ValueOf(one), reflect.ValueOf(other)
	used := make([]bool, b.Len())
	for i := 0; i < a.Len(); i++ {
		found := false
		for j := 0; j < b.Len() && !found; j++ {
			if !used[j] && ObjectsAreEqual(a.Index(i).Interface(), b.Index(j).Interface()) {
				used[j], found = true, true
			}
		}
		if !found {
			return fail(t, fmt.Sprintf("%#v and %#v differ", one, other), said)
		}
	}
	return a.Len() == b.Len() || fail(t, fmt.Sprintf("%#v and %#v differ", one, other), said)
}

func Panics(t TestingT, f func(), said ...interface{}) (ok bool) {
	defer func() {
		if recover() == nil {
			ok = fail(t, "It should panic", said)
		} else {
			ok = true
		}
	}()
	f()
	return true
}

func (a *Assertions) Equal(expected, actual interface{}, said ...interface{}) bool {
	return Equal(a.t, expected, actual, said...)
}
func (a *Assertions) NotEqual(expected, actual interface{}, said ...interface{}) bool {
	return NotEqual(a.t, expected, actual, said...)
}
func (a *Assertions) EqualValues(expected, actual interface{}, said ...interface{}) bool {
	return EqualValues(a.t, expected, actual, said...)
}
func (a *Assertions) True(value bool, said ...interface{}) bool  { return True(a.t, value, said...) }
func (a *Assertions) False(value bool, said ...interface{}) bool { return False(a.t, value, said...) }
func (a *Assertions) Nil(v interface{}, said ...interface{}) bool { return Nil(a.t, v, said...) }
func (a *Assertions) NotNil(v interface{}, said ...interface{}) bool {
	return NotNil(a.t, v, said...)
}
func (a *Assertions) NoError(err error, said ...interface{}) bool { return NoError(a.t, err, said...) }
func (a *Assertions) Error(err error, said ...interface{}) bool   { return Error(a.t, err, said...) }
func (a *Assertions) Len(v interface{}, n int, said ...interface{}) bool {
	return Len(a.t, v, n, said...)
}
func (a *Assertions) Empty(v interface{}, said ...interface{}) bool { return Empty(a.t, v, said...) }
func (a *Assertions) Contains(h, i interface{}, said ...interface{}) bool {
	return Contains(a.t, h, i, said...)
}
func (a *Assertions) InDelta(e, v interface{}, d float64, said ...interface{}) bool {
	return InDelta(a.t, e, v, d, said...)
}
func (a *Assertions) ElementsMatch(x, y interface{}, said ...interface{}) bool {
	return ElementsMatch(a.t, x, y, said...)
}
func (a *Assertions) Panics(f func(), said ...interface{}) bool { return Panics(a.t, f, said...) }
