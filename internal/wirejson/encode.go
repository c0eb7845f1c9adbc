package wirejson

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// Append writes a message as JSON to the end of dst. A message that stands for
// an absent body writes nothing. The error is an *Error for a value that JSON
// cannot hold.
func (c *Codec) Append(dst []byte, message protoreflect.Message) ([]byte, error) {
	return c.append(dst, hold(c.layout, message))
}

func (c *Codec) append(dst []byte, m held) ([]byte, error) {
	residue := recordsOf(m.unknown())
	for _, r := range residue {
		if r.name() == nil {
			return append(dst, r...), nil
		}
	}
	w := objectWriter{buf: append(dst, '{')}
	for i := range c.fields {
		f := &c.fields[i]
		if residue != nil && told(residue, f) {
			continue
		}
		if f.formIn(m) != layout.Otherwise {
			if err := w.direct(f, m); err != nil {
				return dst, within(f.name, err)
			}
			continue
		}
		message := m.reflect()
		if !f.always && !message.Has(f.desc) {
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
	return slices.ContainsFunc(residue, func(r record) bool { return string(r.name()) == string(f.quoted) })
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
			w.name(f)
			w.buf = append(w.buf, nullRecord...)
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

func (w *objectWriter) name(f *field) {
	w.comma()
	w.buf = append(w.buf, f.prefix...)
}

func (w *objectWriter) field(f *field, value protoreflect.Value) error {
	if f.always && f.desc.Enum() != nil && value.Enum() == 0 {
		return nil // a word that is not known; where it came from JSON, the residue has it
	}
	w.name(f)
	var err error
	switch {
	case f.isMap:
		w.buf, err = f.appendMap(w.buf, value.Map())
	case f.isList:
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
	values := make(map[string]string, m.Len())
	for key, value := range m.Range {
		values[key.String()] = value.String()
	}
	return appendStrings(dst, values)
}

func appendStrings(dst []byte, values map[string]string) ([]byte, error) {
	w := objectWriter{buf: append(dst, '{')}
	if len(values) == 1 { // as most are: nothing to sort
		for key, value := range values {
			if err := w.entry(key, value); err != nil {
				return dst, err
			}
		}
		return append(w.buf, '}'), nil
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := w.entry(key, values[key]); err != nil {
			return dst, err
		}
	}
	return append(w.buf, '}'), nil
}

// entry writes a map's key and value.
func (w *objectWriter) entry(key, value string) error {
	w.comma()
	var err error
	if w.buf, err = appendString(w.buf, key); err != nil {
		return &Error{Problem: "has a key that " + err.Error()}
	}
	w.buf = append(w.buf, ':')
	if w.buf, err = appendString(w.buf, value); err != nil {
		return &Error{Field: fmt.Sprintf("[%q]", key), Problem: err.Error()}
	}
	return nil
}
