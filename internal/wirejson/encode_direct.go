package wirejson

import (
	"fmt"
	"strconv"
	"unsafe"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// direct writes a field from its place in a struct, if there is something to write.
func (w *objectWriter) direct(f *field, m held) (err error) {
	switch f.form {
	case layout.PlainText:
		w.name(f)
		w.buf, err = appendText(w.buf, *layout.At[string](m.base, f.offset))
	case layout.OptionalText:
		if s := *layout.At[*string](m.base, f.offset); s != nil {
			w.name(f)
			w.buf, err = appendText(w.buf, *s)
		}
	case layout.Truth:
		w.truth(f, layout.At[bool](m.base, f.offset))
	case layout.OptionalTruth:
		w.truth(f, *layout.At[*bool](m.base, f.offset))
	case layout.Word:
		err = w.word(f, layout.At[protoreflect.EnumNumber](m.base, f.offset))
	case layout.OptionalWord:
		err = w.word(f, *layout.At[*protoreflect.EnumNumber](m.base, f.offset))
	case layout.TextMap:
		if entries := *layout.At[map[string]string](m.base, f.offset); len(entries) > 0 {
			w.name(f)
			w.buf, err = appendStrings(w.buf, entries)
		}
	case layout.OneMessage:
		if sub := *layout.At[unsafe.Pointer](m.base, f.offset); sub != nil {
			w.name(f)
			w.buf, err = f.sub.append(w.buf, held{layout: f.sub.layout, base: sub})
		}
	case layout.ManyMessages:
		if list := *layout.At[[]unsafe.Pointer](m.base, f.offset); len(list) > 0 {
			w.name(f)
			w.buf, err = f.sub.appendAll(w.buf, list)
		}
	default: // otherwise: not here
	}
	return err
}

func (w *objectWriter) truth(f *field, is *bool) {
	if is != nil {
		w.name(f)
		w.buf = strconv.AppendBool(w.buf, *is)
	}
}

// word writes an enum's value. An unset one that is always on the wire is a word
// that is not known; where it came from JSON, the residue has it.
func (w *objectWriter) word(f *field, number *protoreflect.EnumNumber) error {
	if number == nil || (f.always && *number == 0) {
		return nil
	}
	w.name(f)
	var err error
	w.buf, err = f.appendOne(w.buf, protoreflect.ValueOfEnum(*number))
	return err
}

// appendAll writes the structs of a list as an array.
func (c *Codec) appendAll(dst []byte, list []unsafe.Pointer) ([]byte, error) {
	dst = append(dst, '[')
	for i, base := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		m := held{layout: c.layout, base: base}
		if base == nil {
			m.message = c.layout.Message(nil)
		}
		var err error
		if dst, err = c.append(dst, m); err != nil {
			return dst, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return append(dst, ']'), nil
}

// appendText is appendString with an error that is an *Error.
func appendText(dst []byte, s string) ([]byte, error) {
	dst, err := appendString(dst, s)
	if err != nil {
		return dst, &Error{Problem: err.Error()}
	}
	return dst, nil
}
