package wirejson

import (
	"unsafe"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// slab makes the structs of a list, the more at a time the longer it is.
type slab struct {
	next unsafe.Pointer
	left int
}

// take returns a new struct; have is how many the list has.
func (s *slab) take(l *layout.Struct, have int) unsafe.Pointer {
	if s.left == 0 {
		s.left = min(have+1, 64)
		s.next = l.New(s.left)
	}
	taken := s.next
	if s.left--; s.left > 0 { // no pointer behind the last
		s.next = unsafe.Add(s.next, l.Size())
	}
	return taken
}

// held is a message, its struct, or both. A message within another needs
// protoreflect only for what is seldom.
type held struct {
	layout  *layout.Struct       // nil where there is no struct
	message protoreflect.Message // nil where base tells it
	base    unsafe.Pointer       // of the struct
}

func hold(l *layout.Struct, message protoreflect.Message) held {
	return held{layout: l, message: message, base: l.Base(message)}
}

func (h held) reflect() protoreflect.Message {
	if h.message == nil {
		return h.layout.Message(h.base)
	}
	return h.message
}

func (h held) unknown() protoreflect.RawFields {
	if h.base == nil {
		return h.message.GetUnknown()
	}
	return *h.layout.Unknown(h.base)
}

func (h held) setUnknown(unknown protoreflect.RawFields) {
	if h.base == nil {
		h.message.SetUnknown(unknown)
		return
	}
	*h.layout.Unknown(h.base) = unknown
}

// formIn is the form in which a message keeps the field.
func (f *field) formIn(m held) layout.Form {
	if m.base == nil {
		return layout.Otherwise
	}
	return f.form
}
