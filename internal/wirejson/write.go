package wirejson

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// WriteString writes a string.
func WriteString(e *Encoder, s string) { e.quote(s, "is not valid UTF-8") }

// WriteBool writes true or false.
func WriteBool(e *Encoder, b bool) { e.text = strconv.AppendBool(e.text, b) }

// WriteInt writes an integer.
func WriteInt[T int32 | int64](e *Encoder, n T) { e.text = strconv.AppendInt(e.text, int64(n), 10) }

// WriteDouble writes a number of 64 bits. JSON has none that is not finite.
func WriteDouble(e *Encoder, n float64) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		e.Fail("is not a finite number")
		return
	}
	e.text = strconv.AppendFloat(e.text, n, 'g', -1, 64)
}

// WriteWord writes an enum value by its word, which is empty where it has none.
func WriteWord(e *Encoder, word string, value int32) {
	if word == "" {
		e.Fail(fmt.Sprintf("has no word for enum value %d", value))
		return
	}
	WriteString(e, word)
}

// WritePlain writes a member whatever its value.
func WritePlain[T any](e *Encoder, name string, value T, write func(*Encoder, T)) {
	if e.member(name) {
		write(e, value)
		e.within(name)
	}
}

// WriteOptional writes a member if it is set.
func WriteOptional[T any](e *Encoder, name string, value *T, write func(*Encoder, T)) {
	if value != nil {
		WritePlain(e, name, *value, write)
	}
}

// WriteMessage writes a message if it is set.
func WriteMessage[T any](e *Encoder, name string, m *T, write func(*Encoder, *T)) {
	if m != nil {
		WritePlain(e, name, m, write)
	}
}

// WriteNull writes null.
func WriteNull(e *Encoder, name string) {
	if e.member(name) {
		e.text = append(e.text, "null"...)
	}
}

// WriteList writes a list if it is not empty.
func WriteList[T any](e *Encoder, name string, list []T, write func(*Encoder, T)) {
	if len(list) > 0 && e.member(name) {
		writeElements(e, list, write)
		e.within(name)
	}
}

func writeElements[T any](e *Encoder, list []T, write func(*Encoder, T)) {
	e.begin('[')
	for i, value := range list {
		e.next()
		write(e, value)
		if e.err != nil {
			e.within(element(i))
			return
		}
	}
	e.end(']')
}

// WriteStringMap writes a map if it is not empty: sorted, so that the same message is
// always the same JSON.
func WriteStringMap(e *Encoder, name string, values map[string]string) {
	if len(values) > 0 && e.member(name) {
		writeEntries(e, values)
		e.within(name)
	}
}

func writeEntries(e *Encoder, values map[string]string) {
	e.begin('{')
	for _, key := range slices.Sorted(maps.Keys(values)) {
		e.next()
		if e.quote(key, "has a key that is not valid UTF-8"); e.err != nil {
			return
		}
		e.text = append(e.text, ':')
		if WriteString(e, values[key]); e.err != nil {
			e.within(quoted(key))
			return
		}
	}
	e.end('}')
}
