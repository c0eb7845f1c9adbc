package wirejson

import (
	"bytes"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// residueNumber is the private field number under which a message carries, in
// its unknown fields, what its fields cannot hold. It never leaves the process:
// the gRPC door strips it from what comes in and goes out.
const residueNumber protowire.Number = protowire.MaxValidNumber

// A residue record is one of:
//
//	"name":value   a member that the fields do not say, or say otherwise
//	"name"         a member that is always there was absent
//	null           the message itself was null
//	(nothing)      the message itself was absent
//
// name and value are JSON text as it arrived.
type record []byte

var (
	nullRecord   = record("null")
	absentRecord = record("")
)

// name is the member that a record speaks of, as JSON text; nil where it speaks
// of the message itself.
func (r record) name() []byte {
	if len(r) == 0 || r[0] != '"' {
		return nil
	}
	for i := 1; i < len(r); i++ {
		switch r[i] {
		case '\\':
			i++
		case '"':
			return r[:i+1]
		}
	}
	return nil
}

// hasValue tells whether a record is a member to be written.
func (r record) hasValue() bool {
	name := r.name()
	return name != nil && len(r) > len(name)
}

func member(name, value jsonText) record {
	r := make(record, 0, len(name)+1+len(value))
	r = append(r, name...)
	r = append(r, ':')
	return append(r, value...)
}

// residueOf reads a message's records.
func residueOf(message protoreflect.Message) []record {
	unknown := message.GetUnknown()
	if len(unknown) == 0 {
		return nil
	}
	var records []record
	for len(unknown) > 0 {
		number, _, n := protowire.ConsumeField(unknown)
		if n < 0 {
			break
		}
		if number == residueNumber {
			_, _, tag := protowire.ConsumeTag(unknown)
			if content, m := protowire.ConsumeBytes(unknown[tag:]); m >= 0 {
				records = append(records, content)
			}
		}
		unknown = unknown[n:]
	}
	return records
}

// setResidue gives a message its records, in place of any that it had.
func setResidue(message protoreflect.Message, records ...record) {
	unknown := withoutResidue(message.GetUnknown())
	for _, r := range records {
		unknown = protowire.AppendTag(unknown, residueNumber, protowire.BytesType)
		unknown = protowire.AppendBytes(unknown, r)
	}
	message.SetUnknown(unknown)
}

// withoutResidue returns unknown fields less the records among them.
func withoutResidue(unknown protoreflect.RawFields) protoreflect.RawFields {
	var rest protoreflect.RawFields
	for len(unknown) > 0 {
		number, _, n := protowire.ConsumeField(unknown)
		if n < 0 {
			break
		}
		if number != residueNumber {
			rest = append(rest, unknown[:n]...)
		}
		unknown = unknown[n:]
	}
	return rest
}

// MarkAbsent makes a message stand for a body that is not there.
func MarkAbsent(message protoreflect.Message) { setResidue(message, absentRecord) }

// IsAbsent tells whether a message stands for a body that is not there.
func IsAbsent(message protoreflect.Message) bool { return stands(message, absentRecord) }

// IsNull tells whether a message stands for a JSON null.
func IsNull(message protoreflect.Message) bool { return stands(message, nullRecord) }

func stands(message protoreflect.Message, r record) bool {
	return slices.ContainsFunc(residueOf(message), func(have record) bool { return bytes.Equal(have, r) })
}

// MemberIsNull tells whether the JSON that a message was decoded from said null
// for a field.
func MemberIsNull(message protoreflect.Message, field protoreflect.FieldDescriptor) bool {
	return slices.ContainsFunc(residueOf(message), func(r record) bool {
		return bytes.Equal(r, member(jsonText(`"`+field.JSONName()+`"`), "null"))
	})
}

// holders are the fields of a type of message that hold messages, by its
// descriptor.
var holders sync.Map

func holdersOf(desc protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if known, ok := holders.Load(desc); ok {
		fields, _ := known.([]protoreflect.FieldDescriptor)
		return fields
	}
	var fields []protoreflect.FieldDescriptor
	for i := range desc.Fields().Len() {
		if f := desc.Fields().Get(i); f.Message() != nil && !f.IsMap() {
			fields = append(fields, f)
		}
	}
	holders.Store(desc, fields)
	return fields
}

// Strip takes the residue out of a message and all that it holds. What stood for
// null is unset afterwards.
func Strip(message protoreflect.Message) {
	if unknown := message.GetUnknown(); len(unknown) > 0 {
		message.SetUnknown(withoutResidue(unknown))
	}
	for _, f := range holdersOf(message.Descriptor()) {
		switch {
		case !message.Has(f):
		case f.IsList():
			for list, i := message.Get(f).List(), 0; i < list.Len(); i++ {
				Strip(list.Get(i).Message())
			}
		case IsNull(message.Get(f).Message()):
			message.Clear(f)
		default:
			Strip(message.Get(f).Message())
		}
	}
}
