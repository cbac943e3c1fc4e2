// Package assert answers to the calls of testify that benchmarks make.
package assert

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
)

// TestingT is what a test hands over.
type TestingT interface {
	Errorf(format string, args ...any)
}

func check(t TestingT, holds bool, said []any, format string, args ...any) bool {
	if !holds {
		t.Errorf("%s %v", fmt.Sprintf(format, args...), said)
	}
	return holds
}

// ObjectsAreEqual compares deeply, and bytes by their content.
func ObjectsAreEqual(expected, actual any) bool {
	if a, ok := expected.([]byte); ok {
		b, ok := actual.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return reflect.DeepEqual(expected, actual)
}

func number(v any) (float64, bool) {
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

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Ptr, reflect.Slice, reflect.Interface:
		return r.IsNil()
	}
	return false
}

func Equal(t TestingT, expected, actual any, said ...any) bool {
	return check(t, ObjectsAreEqual(expected, actual), said,
		"Not equal: expected %#v, actual %#v", expected, actual)
}

func NotEqual(t TestingT, expected, actual any, said ...any) bool {
	return check(t, !ObjectsAreEqual(expected, actual), said, "Should not be %#v", actual)
}

func True(t TestingT, value bool, said ...any) bool {
	return check(t, value, said, "Should be true")
}

func False(t TestingT, value bool, said ...any) bool {
	return check(t, !value, said, "Should be false")
}

func Nil(t TestingT, v any, said ...any) bool {
	return check(t, isNil(v), said, "Expected nil, found %#v", v)
}

func NotNil(t TestingT, v any, said ...any) bool {
	return check(t, !isNil(v), said, "Expected a value, found nil")
}

func NoError(t TestingT, err error, said ...any) bool {
	return check(t, err == nil, said, "Unexpected error %v", err)
}

func Error(t TestingT, err error, said ...any) bool {
	return check(t, err != nil, said, "An error is expected")
}

func Len(t TestingT, object any, length int, said ...any) bool {
	r := reflect.ValueOf(object)
	return check(t, r.IsValid() && r.Len() == length, said,
		"%#v should have %d items", object, length)
}

func InDelta(t TestingT, expected, actual any, delta float64, said ...any) bool {
	e, known := number(expected)
	a, also := number(actual)
	near := math.Abs(e-a) <= delta || math.IsNaN(e) && math.IsNaN(a)
	return check(t, known && also && near, said,
		"Further than %v apart: %v and %v", delta, expected, actual)
}

// Assertions is a TestingT that need not be named in each call.
type Assertions struct{ t TestingT }

// New makes Assertions.
func New(t TestingT) *Assertions { return &Assertions{t} }

func (a *Assertions) Equal(e, v any, said ...any) bool    { return Equal(a.t, e, v, said...) }
func (a *Assertions) NotEqual(e, v any, said ...any) bool { return NotEqual(a.t, e, v, said...) }
func (a *Assertions) True(v bool, said ...any) bool       { return True(a.t, v, said...) }
func (a *Assertions) False(v bool, said ...any) bool      { return False(a.t, v, said...) }
func (a *Assertions) Nil(v any, said ...any) bool         { return Nil(a.t, v, said...) }
func (a *Assertions) NotNil(v any, said ...any) bool      { return NotNil(a.t, v, said...) }
func (a *Assertions) NoError(v error, said ...any) bool   { return NoError(a.t, v, said...) }
func (a *Assertions) Error(v error, said ...any) bool     { return Error(a.t, v, said...) }
func (a *Assertions) Len(v any, n int, said ...any) bool  { return Len(a.t, v, n, said...) }
func (a *Assertions) InDelta(e, v any, d float64, said ...any) bool {
	return InDelta(a.t, e, v, d, said...)
}
