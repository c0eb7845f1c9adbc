package protocodec

import (
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// encoder writes one type of message.
type encoder struct {
	layout *layout.Struct
	fields []field // by their numbers
}

// field is one field, and where the struct has it.
type field struct {
	tag    []byte
	form   layout.Form
	offset uintptr
	sub    *encoder // of its messages
}

// compile makes the encoder of a type of message; nil where it has a field that is
// kept in none of the known forms.
func compile(message protoreflect.MessageDescriptor, done map[protoreflect.FullName]*encoder) *encoder {
	if e, known := done[message.FullName()]; known {
		return e
	}
	done[message.FullName()] = nil // a type that holds itself is not written here
	e := &encoder{layout: layout.Of(message)}
	if !e.place(message, done) {
		return nil
	}
	done[message.FullName()] = e
	return e
}

func (e *encoder) place(message protoreflect.MessageDescriptor, done map[protoreflect.FullName]*encoder) bool {
	byNumber := map[protoreflect.FieldNumber]field{}
	last := protoreflect.FieldNumber(0)
	for i := range message.Fields().Len() {
		desc := message.Fields().Get(i)
		var sub *encoder
		var subLayout *layout.Struct
		if desc.Message() != nil && !desc.IsMap() {
			if sub = compile(desc.Message(), done); sub == nil {
				return false
			}
			subLayout = sub.layout
		}
		form, offset := e.layout.Place(desc, subLayout)
		if form == layout.Otherwise {
			return false
		}
		wireType := protowire.BytesType
		switch form {
		case layout.Truth, layout.OptionalTruth, layout.Word, layout.OptionalWord:
			wireType = protowire.VarintType
		default:
		}
		byNumber[desc.Number()] = field{protowire.AppendTag(nil, desc.Number(), wireType), form, offset, sub}
		last = max(last, desc.Number())
	}
	for number := range last + 1 {
		if f, known := byNumber[number]; known {
			e.fields = append(e.fields, f)
		}
	}
	return e.layout != nil
}

// varint is the value of a field that is a number on the wire, where it is set.
func (f *field) varint(base unsafe.Pointer) (value uint64, set bool) {
	var number protoreflect.EnumNumber
	switch f.form {
	case layout.Truth:
		is := *layout.At[bool](base, f.offset)
		return 1, is
	case layout.OptionalTruth:
		is := *layout.At[*bool](base, f.offset)
		return protowire.EncodeBool(is != nil && *is), is != nil
	case layout.Word:
		number = *layout.At[protoreflect.EnumNumber](base, f.offset)
		set = number != 0
	default:
		if at := *layout.At[*protoreflect.EnumNumber](base, f.offset); at != nil {
			number, set = *at, true
		}
	}
	return uint64(int64(number)), set // as the format has negative numbers
}

// A map's entry is a message of two fields, which are always there.
const (
	keyTag   = 1<<3 | byte(protowire.BytesType)
	valueTag = 2<<3 | byte(protowire.BytesType)
)
