package wirejson

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// WriteString writes a string.
func WriteString(e *Encoder, s string) { e.quote(s, "is not valid UTF-8") }

// WriteBool writes true or false.
func WriteBool(e *Encoder, b bool) { e.text = strconv.AppendBool(e.text, b) }

// WriteNumber writes a number. JSON has none that is not finite.
func WriteNumber[T int32 | int64 | float64](e *Encoder, n T) {
	text, err := json.Marshal(n)
	if err != nil {
		e.Fail("is not a finite number")
	}
	e.text = append(e.text, text...)
}

// WriteWord writes an enum value by its word, which is empty where it has none.
func WriteWord(e *Encoder, word string, value int32) {
	if word == "" {
		e.Fail(fmt.Sprintf("has no word for enum value %d", value))
		return
	}
	WriteString(e, word)
}

// WritePlain writes a member whatever its value, unless something is wrong already.
func WritePlain[T any](e *Encoder, name string, value T, write func(*Encoder, T)) {
	if e.err == nil {
		e.next()
		WriteString(e, name)
		e.text = append(e.text, ':')
		write(e, value)
		e.err = Within(name, e.err)
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
	WritePlain(e, name, "null", func(e *Encoder, null string) { e.text = append(e.text, null...) })
}

// WriteList writes a list if it is not empty.
func WriteList[T any](e *Encoder, name string, list []T, write func(*Encoder, T)) {
	if len(list) > 0 {
		WritePlain(e, name, list, func(e *Encoder, list []T) { writeElements(e, list, write) })
	}
}

func writeElements[T any](e *Encoder, list []T, write func(*Encoder, T)) {
	e.begin('[')
	for i, value := range list {
		e.next()
		if write(e, value); e.err != nil {
			e.err = Within(element(i), e.err)
			return
		}
	}
	e.end(']')
}

// WriteStringMap writes a map if it is not empty: sorted, so that the same message is
// always the same JSON.
func WriteStringMap(e *Encoder, name string, values map[string]string) {
	if len(values) > 0 {
		WritePlain(e, name, values, writeEntries)
	}
}

func writeEntries(e *Encoder, values map[string]string) {
	e.BeginObject()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		e.next()
		if e.quote(key, "has a key that is not valid UTF-8"); e.err != nil {
			return
		}
		e.text = append(e.text, ':')
		if WriteString(e, values[key]); e.err != nil {
			e.err = Within(quoted(key), e.err)
			return
		}
	}
	e.EndObject()
}
