package wirejson

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// emptyList and emptyObject are what a list and a map cannot tell from absence.
var (
	emptyList   = []byte("[]")
	emptyObject = []byte("{}")
)

// decodeList reads an array into a list field. Its elements must have the right
// type: a list with a gap cannot be told from one without.
func (f *field) decodeList(d *decoder, message protoreflect.Message) (rest []byte, err error) {
	list := message.Mutable(f.desc).List()
	err = d.elements(func() error {
		if f.sub != nil {
			element := list.NewElement()
			list.Append(element)
			return f.sub.decode(d, element.Message())
		}
		value, _, err := f.decodeScalar(d)
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

// decodeMap reads an object into a map field. A null value in an answer, which
// the map cannot hold, is kept in the residue with the whole object.
func (f *field) decodeMap(d *decoder, message protoreflect.Message) (rest []byte, err error) {
	if err := d.open('{'); err != nil {
		return nil, err
	}
	m := message.Mutable(f.desc).Map()
	var odd map[string][]byte // the values that the map does not hold
	for d.PeekKind() != '}' {
		name, err := d.token()
		if err != nil {
			return nil, err
		}
		key := protoreflect.ValueOfString(name.String()).MapKey()
		m.Clear(key)
		delete(odd, key.String())
		rest, err := f.decodeEntry(d, m, key)
		if err != nil {
			return nil, within(d.step(key), err)
		}
		if rest != nil {
			odd = put(odd, key.String(), rest)
		}
	}
	if _, err := d.token(); err != nil {
		return nil, err
	}
	if len(odd) > 0 {
		return f.wholeMap(m, odd)
	}
	if m.Len() == 0 {
		return emptyObject, nil
	}
	return nil, nil
}

// step is a map's key in an error's path. An upstream's keys are its own, and not
// for an error to tell.
func (d *decoder) step(key protoreflect.MapKey) string {
	if d.strict {
		return fmt.Sprintf("[%q]", key.String())
	}
	return "[*]"
}

func (f *field) decodeEntry(d *decoder, m protoreflect.Map, key protoreflect.MapKey) (rest []byte, err error) {
	if d.PeekKind() == 'n' && !d.strict {
		_, err := d.token()
		return nullRecord, err
	}
	if f.sub != nil {
		value := m.NewValue()
		m.Set(key, value)
		return nil, f.sub.decode(d, value.Message())
	}
	value, rest, err := f.decodeScalar(d)
	if err == nil && rest == nil {
		m.Set(key, value)
	}
	return rest, err
}

// wholeMap writes a map together with the values that it does not hold.
func (f *field) wholeMap(m protoreflect.Map, odd map[string][]byte) ([]byte, error) {
	text, err := f.appendMap(nil, m)
	if err != nil {
		return nil, err
	}
	w := objectWriter{buf: text[:len(text)-1], started: m.Len() > 0}
	for _, key := range slices.Sorted(maps.Keys(odd)) {
		w.comma()
		if w.buf, err = (stringValue{}).append(w.buf, protoreflect.ValueOfString(key)); err != nil {
			return nil, err
		}
		w.buf = append(append(w.buf, ':'), odd[key]...)
	}
	return append(w.buf, '}'), nil
}
