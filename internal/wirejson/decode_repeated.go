package wirejson

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// emptyList and emptyObject are what a list and a map cannot tell from absence.
var (
	emptyList   = jsonText("[]")
	emptyObject = jsonText("{}")
)

// elements reads an array, calling one for each element.
func (d *decoder) elements(one func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for i := 0; d.more(); i++ {
		if err := one(); err != nil {
			return within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return nil
}

// decodeList reads an array into a list field. Its elements must have the right
// type: a list with a gap cannot be told from one without.
func (f *field) decodeList(d *decoder, m held) (rest jsonText, err error) {
	if f.formIn(m) == layout.ManyMessages {
		return f.decodeMessages(d, layout.At[[]unsafe.Pointer](m.base, f.offset))
	}
	list := m.reflect().Mutable(f.desc).List()
	err = d.elements(func() error {
		if f.sub != nil {
			element := list.NewElement()
			list.Append(element)
			return f.sub.decode(d, hold(f.sub.layout, element.Message()))
		}
		value, _, err := f.value.parse(d.raw())
		if err == nil {
			list.Append(value)
		}
		return err
	})
	if err == nil && list.Len() == 0 {
		rest = emptyList
	}
	return rest, err
}

// decodeMessages is decodeList for a slice of pointers to structs.
func (f *field) decodeMessages(d *decoder, list *[]unsafe.Pointer) (rest jsonText, err error) {
	var structs slab
	err = d.elements(func() error {
		element := structs.take(f.sub.layout, len(*list))
		*list = append(*list, element)
		return f.sub.decode(d, held{layout: f.sub.layout, base: element})
	})
	if err == nil && len(*list) == 0 {
		rest = emptyList
	}
	return rest, err
}

// decodeMap reads an object into a map field. What the map cannot hold is kept in
// the residue with the whole object: a null value in an answer, and a text that is
// not exact.
func (f *field) decodeMap(d *decoder, m held) (rest jsonText, err error) {
	values, odd, err := d.stringMap()
	if err != nil {
		return "", err
	}
	if f.formIn(m) == layout.TextMap {
		*layout.At[map[string]string](m.base, f.offset) = values
	} else if len(values) > 0 {
		entries := m.reflect().Mutable(f.desc).Map()
		for key, value := range values {
			entries.Set(protoreflect.ValueOfString(key).MapKey(), protoreflect.ValueOfString(value))
		}
	}
	switch {
	case len(odd) > 0:
		return wholeMap(values, odd)
	case len(values) == 0:
		return emptyObject, nil
	}
	return "", nil
}

// stringMap reads an object of strings. odd are the values, as JSON text by their
// keys as JSON text, that the map does not say or does not say exactly.
func (d *decoder) stringMap() (values map[string]string, odd map[jsonText]jsonText, err error) {
	if err := d.open('{'); err != nil {
		return nil, nil, err
	}
	for d.more() {
		name := d.raw()
		key, exactKey, _ := d.unquote(name) // a name is a string
		text := d.raw()
		value, exact, err := d.unquote(text)
		null := text.kind() == 'n' && !d.strict
		if err != nil && !null {
			return nil, nil, within(d.step(key), err)
		}
		if odd != nil {
			delete(odd, requote(name, exactKey, key))
		}
		if null || !exact || !exactKey {
			odd = put(odd, requote(name, exactKey, key), text)
		}
		if null {
			delete(values, key)
		} else {
			values = put(values, key, value)
		}
	}
	return values, odd, nil
}

// put adds to a map that is made when it is needed.
func put[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[key] = value
	return m
}

// requote is a key as JSON text in one spelling, so that a repeated key is known;
// an inexact one is left as it came.
func requote(text jsonText, exact bool, key string) jsonText {
	if !exact {
		return text
	}
	quoted, _ := jsontext.AppendQuote(nil, key)
	return jsonText(quoted)
}

// step is a map's key in an error's path. An upstream's keys are its own, and not
// for an error to tell.
func (d *decoder) step(key string) string {
	if d.strict {
		return fmt.Sprintf("[%q]", key)
	}
	return "[*]"
}

// wholeMap writes a map as JSON, odd values in place of the map's own.
func wholeMap(values map[string]string, odd map[jsonText]jsonText) (jsonText, error) {
	w := objectWriter{buf: []byte{'{'}}
	inexact := map[string]bool{}
	for _, quoted := range slices.Sorted(maps.Keys(odd)) {
		w.comma()
		w.buf = append(append(append(w.buf, quoted...), ':'), odd[quoted]...)
		key, _, _ := unquote(quoted)
		inexact[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if inexact[key] {
			continue
		}
		if err := w.entry(key, values[key]); err != nil {
			return "", err
		}
	}
	return jsonText(append(w.buf, '}')), nil
}
