// Package layout tells where the generated struct of a message keeps its fields.
//
// A generated message keeps them in exported fields of a Go struct, which are part
// of its API. Codecs read and write most of them there, at offsets that are found
// at start: by protoreflect the same takes several times as long. What is kept in
// another way than those that are known here is left to protoreflect.
package layout

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Struct is the generated struct of a type of message.
type Struct struct {
	goType  reflect.Type // the struct
	pointer reflect.Type // to it
	slice   reflect.Type // of it
	unknown uintptr      // offset of the unknown fields
	fields  map[protoreflect.FieldNumber]reflect.StructField
}

// Of finds the struct of a message; nil where it has none, as those that tests
// make at run time.
func Of(message protoreflect.MessageDescriptor) *Struct {
	generated, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil || generated.Descriptor() != message {
		return nil
	}
	pointer := reflect.TypeOf(generated.Zero().Interface())
	if pointer.Kind() != reflect.Pointer || pointer.Elem().Kind() != reflect.Struct {
		return nil
	}
	goType := pointer.Elem()
	unknown, found := goType.FieldByName("unknownFields")
	if !found || unknown.Type != reflect.TypeFor[[]byte]() {
		return nil
	}
	s := &Struct{
		goType: goType, pointer: pointer, slice: reflect.SliceOf(goType), unknown: unknown.Offset,
		fields: map[protoreflect.FieldNumber]reflect.StructField{},
	}
	for i := range goType.NumField() {
		tag := strings.Split(goType.Field(i).Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		if number, err := strconv.ParseInt(tag[1], 10, 32); err == nil {
			s.fields[protoreflect.FieldNumber(number)] = goType.Field(i)
		}
	}
	return s
}

// Form is as what a struct keeps a field.
type Form uint8

// The forms that are known.
const (
	Otherwise     Form = iota // in no struct, or as what is seldom: by protoreflect
	PlainText                 // string
	OptionalText              // *string
	Truth                     // bool
	OptionalTruth             // *bool
	Word                      // an enum's type
	OptionalWord              // a pointer to one
	TextMap                   // map[string]string
	OneMessage                // a pointer to a struct
	ManyMessages              // a slice of those
)

var forms = map[reflect.Type]Form{
	reflect.TypeFor[string]():            PlainText,
	reflect.TypeFor[*string]():           OptionalText,
	reflect.TypeFor[bool]():              Truth,
	reflect.TypeFor[*bool]():             OptionalTruth,
	reflect.TypeFor[map[string]string](): TextMap,
}

// Place finds where a struct keeps a field, and as what; sub is the struct of the
// field's messages, nil where it holds none.
func (s *Struct) Place(desc protoreflect.FieldDescriptor, sub *Struct) (Form, uintptr) {
	if s == nil {
		return Otherwise, 0
	}
	member, found := s.fields[desc.Number()]
	if !found {
		return Otherwise, 0
	}
	goType, as := member.Type, forms[member.Type]
	switch {
	case sub != nil && goType == sub.pointer:
		as = OneMessage
	case sub != nil && goType == reflect.SliceOf(sub.pointer):
		as = ManyMessages
	case desc.Enum() != nil && goType.Kind() == reflect.Int32:
		as = Word
	case desc.Enum() != nil && goType.Kind() == reflect.Pointer && goType.Elem().Kind() == reflect.Int32:
		as = OptionalWord
	}
	return as, member.Offset
}

// At is where a struct keeps something, of which the layout says that it is a T.
func At[T any](base unsafe.Pointer, offset uintptr) *T {
	return (*T)(unsafe.Add(base, offset))
}

// Pointer is the type of the message: a pointer to the struct.
func (s *Struct) Pointer() reflect.Type { return s.pointer }

// Base is where the struct of a message is; nil where it has none, or is not valid.
func (s *Struct) Base(message protoreflect.Message) unsafe.Pointer {
	if s == nil || !message.IsValid() {
		return nil
	}
	if v := reflect.ValueOf(message.Interface()); v.Type() == s.pointer {
		return v.UnsafePointer()
	}
	return nil
}

// Message is the message of a struct.
func (s *Struct) Message(base unsafe.Pointer) protoreflect.Message {
	return reflect.NewAt(s.goType, base).Interface().(proto.Message).ProtoReflect() //nolint:forcetypeassert // the generator makes no other
}

// Unknown is where a struct keeps the unknown fields.
func (s *Struct) Unknown(base unsafe.Pointer) *protoreflect.RawFields {
	return At[protoreflect.RawFields](base, s.unknown)
}

// New makes n structs, one behind the other, Size apart.
func (s *Struct) New(n int) unsafe.Pointer {
	return reflect.MakeSlice(s.slice, n, n).UnsafePointer()
}

// Size is how many bytes a struct takes.
func (s *Struct) Size() uintptr { return s.goType.Size() }
