// Package wirejson translates between Protobuf messages and the upstream's
// JSON. It differs from protojson where the upstream does: enum values are
// spelled by their wire_word option, members that are always on the wire are
// written even when false, 0 or "", and integers of 64 bits are JSON numbers.
//
// What a message cannot hold is kept beside it, so that JSON which is decoded
// and encoded again says the same: null and absent, an empty object or list,
// a member or an enum word that the .proto does not know. See residue.go.
//
// A codec is compiled from a message's descriptor once, when the process
// starts; a field that JSON has no form for here is an error then.
package wirejson

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// maxFields is how many fields a message may have: decoding keeps a bit for each.
const maxFields = 64

// Codec translates one type of message.
type Codec struct {
	name     protoreflect.FullName
	layout   *layout.Struct // nil for a message without a generated struct
	fields   []field
	holders  []int            // which fields hold messages
	byName   map[string]int   // member name to index in fields
	byQuoted map[jsonText]int // the same, by the name as JSON text
	always   uint64           // a bit for each field that is always on the wire
}

// field is one member of a JSON object.
type field struct {
	desc   protoreflect.FieldDescriptor
	name   string   // member name, for errors
	quoted jsonText // the name as JSON text
	prefix []byte   // `"name":`
	always bool     // on the wire whatever its value
	isMap  bool
	isList bool
	value  scalar      // of a singular field or an element
	sub    *Codec      // instead of value, for messages
	form   layout.Form // in the generated struct
	offset uintptr     // the same
}

// Compile makes the codec of a message and of all that it holds. The fields
// named in omit are not part of the JSON: as members they are unknown.
func Compile(message protoreflect.MessageDescriptor, omit ...protoreflect.FieldDescriptor) (*Codec, error) {
	return compile(message, omit, map[protoreflect.FullName]*Codec{})
}

func compile(message protoreflect.MessageDescriptor, omit []protoreflect.FieldDescriptor, done map[protoreflect.FullName]*Codec) (*Codec, error) {
	if c := done[message.FullName()]; c != nil {
		return c, nil
	}
	if message.ParentFile().Package() == "google.protobuf" {
		return nil, fmt.Errorf("%s has no JSON form of its own here", message.FullName())
	}
	c := &Codec{name: message.FullName(), layout: layout.Of(message), byName: map[string]int{}, byQuoted: map[jsonText]int{}}
	done[c.name] = c
	var errs []error
	for i := range message.Fields().Len() {
		desc := message.Fields().Get(i)
		if slices.Contains(omit, desc) {
			continue
		}
		f, err := compileField(desc, done)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", desc.FullName(), err))
			continue
		}
		var sub *layout.Struct
		if f.sub != nil {
			sub = f.sub.layout
			c.holders = append(c.holders, len(c.fields))
		}
		f.form, f.offset = c.layout.Place(desc, sub)
		c.byName[f.name] = len(c.fields)
		c.byQuoted[f.quoted] = len(c.fields)
		if f.always {
			c.always |= 1 << len(c.fields)
		}
		c.fields = append(c.fields, f)
	}
	if len(c.fields) > maxFields {
		errs = append(errs, fmt.Errorf("%s has more than %d fields", c.name, maxFields))
	}
	if len(c.byName) != len(c.fields) {
		errs = append(errs, fmt.Errorf("%s has two fields of one JSON name", c.name))
	}
	return c, errors.Join(errs...)
}

func compileField(desc protoreflect.FieldDescriptor, done map[protoreflect.FullName]*Codec) (field, error) {
	quoted, err := jsontext.AppendQuote(nil, desc.JSONName())
	if err != nil {
		return field{}, fmt.Errorf("JSON name: %w", err)
	}
	f := field{
		desc:   desc,
		name:   desc.JSONName(),
		quoted: jsonText(quoted),
		prefix: append(quoted, ':'),
		isMap:  desc.IsMap(),
		isList: desc.IsList(),
		always: desc.Cardinality() != protoreflect.Repeated && !desc.HasPresence(),
	}
	if desc.IsMap() {
		if desc.MapKey().Kind() != protoreflect.StringKind || desc.MapValue().Kind() != protoreflect.StringKind {
			return field{}, errors.New("is a map of other than strings")
		}
		return f, nil
	}
	if desc.ContainingOneof() != nil && !desc.HasOptionalKeyword() {
		return field{}, errors.New("is in a oneof, which JSON has no form for")
	}
	if desc.Message() != nil {
		f.sub, err = compile(desc.Message(), nil, done)
		return f, err
	}
	if desc.IsList() && desc.Enum() != nil {
		return field{}, errors.New("is a list of enums, in which an unknown word has no place")
	}
	f.value, err = compileScalar(desc)
	return f, err
}

// AllOptional tells whether `{}` is a whole message: no member is always there.
func (c *Codec) AllOptional() bool {
	return c.always == 0
}

// Words returns the wire spelling of each value of an enum but the zero value,
// which stands for what is not known and has none. A value without a wire_word,
// or two values with the same, are an error.
func Words(enum protoreflect.EnumDescriptor) (map[protoreflect.EnumNumber]string, error) {
	words := map[protoreflect.EnumNumber]string{}
	taken := map[string]bool{}
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		if value.Number() == 0 {
			continue
		}
		options, _ := value.Options().(*descriptorpb.EnumValueOptions)
		word, _ := proto.GetExtension(options, usersv1.E_WireWord).(string)
		if word == "" || taken[word] {
			return nil, fmt.Errorf("enum value %s has no wire_word of its own", value.FullName())
		}
		words[value.Number()], taken[word] = word, true
	}
	return words, nil
}
