package wirejson

import (
	"bytes"
	"slices"

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

// recordsOf reads the records among a message's unknown fields.
func recordsOf(unknown protoreflect.RawFields) []record {
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
	return slices.ContainsFunc(recordsOf(message.GetUnknown()), func(have record) bool { return bytes.Equal(have, r) })
}

// MemberIsNull tells whether the JSON that a message was decoded from said null
// for a field.
func MemberIsNull(message protoreflect.Message, field protoreflect.FieldDescriptor) bool {
	return stands(message, record(`"`+field.JSONName()+`":null`))
}
