package wirejson

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Append writes a message as JSON to the end of dst. A message that stands for
// an absent body writes nothing. The error is an *Error for a value that JSON
// cannot hold.
func (c *Codec) Append(dst []byte, message protoreflect.Message) ([]byte, error) {
	residue := residueOf(message)
	for _, r := range residue {
		if r.name() == nil {
			return append(dst, r...), nil
		}
	}
	w := objectWriter{buf: append(dst, '{')}
	for i := range c.fields {
		f := &c.fields[i]
		if (!f.always && !message.Has(f.desc)) || told(residue, f) {
			continue
		}
		if err := w.field(f, message.Get(f.desc)); err != nil {
			return dst, err
		}
	}
	for _, r := range residue {
		if r.hasValue() {
			w.comma()
			w.buf = append(w.buf, r...)
		}
	}
	return append(w.buf, '}'), nil
}

// told tells whether the residue says what there is to say of a field.
func told(residue []record, f *field) bool {
	return slices.ContainsFunc(residue, func(r record) bool { return bytes.Equal(r.name(), f.quoted()) })
}

// AppendFields writes just the given fields of a message, in their order, and
// null for each that is not set.
func (c *Codec) AppendFields(dst []byte, message protoreflect.Message, fields []protoreflect.FieldDescriptor) ([]byte, error) {
	w := objectWriter{buf: append(dst, '{')}
	for i := range c.fields {
		f := &c.fields[i]
		if !slices.Contains(fields, f.desc) {
			continue
		}
		if !message.Has(f.desc) && !f.always {
			w.comma()
			w.buf = append(append(w.buf, f.prefix...), nullRecord...)
		} else if err := w.field(f, message.Get(f.desc)); err != nil {
			return dst, err
		}
	}
	return append(w.buf, '}'), nil
}

// AppendList writes messages as a JSON array to the end of dst.
func (c *Codec) AppendList(dst []byte, list protoreflect.List) ([]byte, error) {
	dst = append(dst, '[')
	for i := range list.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = c.Append(dst, list.Get(i).Message()); err != nil {
			return dst, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return append(dst, ']'), nil
}

// objectWriter writes the members of an object.
type objectWriter struct {
	buf     []byte
	started bool
}

func (w *objectWriter) comma() {
	if w.started {
		w.buf = append(w.buf, ',')
	}
	w.started = true
}

func (w *objectWriter) field(f *field, value protoreflect.Value) error {
	if f.always && f.desc.Enum() != nil && value.Enum() == 0 {
		return nil // a word that is not known; where it came from JSON, the residue has it
	}
	w.comma()
	w.buf = append(w.buf, f.prefix...)
	var err error
	switch {
	case f.desc.IsMap():
		w.buf, err = f.appendMap(w.buf, value.Map())
	case f.desc.IsList():
		w.buf, err = f.appendList(w.buf, value.List())
	default:
		w.buf, err = f.appendOne(w.buf, value)
	}
	return within(f.name, err)
}

// appendOne writes a singular value, an element or a map's value.
func (f *field) appendOne(dst []byte, value protoreflect.Value) ([]byte, error) {
	if f.sub != nil {
		return f.sub.Append(dst, value.Message())
	}
	dst, err := f.value.append(dst, value)
	if err != nil {
		return dst, &Error{Problem: err.Error()}
	}
	return dst, nil
}

func (f *field) appendList(dst []byte, list protoreflect.List) ([]byte, error) {
	dst = append(dst, '[')
	for i := range list.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = f.appendOne(dst, list.Get(i)); err != nil {
			return dst, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return append(dst, ']'), nil
}

// appendMap writes a map sorted by key, so that the same message is always the
// same JSON.
func (f *field) appendMap(dst []byte, m protoreflect.Map) ([]byte, error) {
	values := make(map[string]protoreflect.Value, m.Len())
	for key, value := range m.Range {
		values[key.String()] = value
	}
	w := objectWriter{buf: append(dst, '{')}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		w.comma()
		var err error
		if w.buf, err = (stringValue{}).append(w.buf, protoreflect.ValueOfString(key)); err != nil {
			return dst, &Error{Problem: "has a key that " + err.Error()}
		}
		w.buf = append(w.buf, ':')
		if w.buf, err = f.appendOne(w.buf, values[key]); err != nil {
			return dst, within(fmt.Sprintf("[%q]", key), err)
		}
	}
	return append(w.buf, '}'), nil
}
