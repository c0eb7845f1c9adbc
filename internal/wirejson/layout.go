package wirejson

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A generated message keeps its fields in exported fields of a Go struct, which
// are part of its API. Most are read and written there, at offsets that are found
// at start: by protoreflect the same takes several times as long.

// layout tells where a generated struct keeps what it has.
type layout struct {
	goType  reflect.Type // the struct
	pointer reflect.Type // to it
	slice   reflect.Type // of it
	unknown uintptr      // offset of the unknown fields
	fields  map[protoreflect.FieldNumber]reflect.StructField
}

// layoutOf finds the layout of a message; nil where it has no generated struct, as
// those that tests make at run time.
func layoutOf(message protoreflect.MessageDescriptor) *layout {
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
	l := &layout{
		goType: goType, pointer: pointer, slice: reflect.SliceOf(goType), unknown: unknown.Offset,
		fields: map[protoreflect.FieldNumber]reflect.StructField{},
	}
	for i := range goType.NumField() {
		tag := strings.Split(goType.Field(i).Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		if number, err := strconv.ParseInt(tag[1], 10, 32); err == nil {
			l.fields[protoreflect.FieldNumber(number)] = goType.Field(i)
		}
	}
	return l
}

// form is as what a struct keeps a field.
type form uint8

const (
	otherwise     form = iota // in no struct, or as what is seldom: by protoreflect
	plainText                 // string
	optionalText              // *string
	truth                     // bool
	optionalTruth             // *bool
	word                      // an enum's type
	optionalWord              // a pointer to one
	textMap                   // map[string]string
	oneMessage                // a pointer to a struct
	manyMessages              // a slice of those
)

var forms = map[reflect.Type]form{
	reflect.TypeFor[string]():            plainText,
	reflect.TypeFor[*string]():           optionalText,
	reflect.TypeFor[bool]():              truth,
	reflect.TypeFor[*bool]():             optionalTruth,
	reflect.TypeFor[map[string]string](): textMap,
}

// place finds where a struct keeps a field, and as what.
func (l *layout) place(desc protoreflect.FieldDescriptor, sub *layout) (form, uintptr) {
	if l == nil {
		return otherwise, 0
	}
	member, found := l.fields[desc.Number()]
	if !found {
		return otherwise, 0
	}
	goType, as := member.Type, forms[member.Type]
	switch {
	case sub != nil && goType == sub.pointer:
		as = oneMessage
	case sub != nil && goType == reflect.SliceOf(sub.pointer):
		as = manyMessages
	case desc.Enum() != nil && goType.Kind() == reflect.Int32:
		as = word
	case desc.Enum() != nil && goType.Kind() == reflect.Pointer && goType.Elem().Kind() == reflect.Int32:
		as = optionalWord
	}
	return as, member.Offset
}

// at is where a struct keeps something, of which the layout says that it is a T.
func at[T any](base unsafe.Pointer, offset uintptr) *T {
	return (*T)(unsafe.Add(base, offset))
}

// base is where the struct of a message is; nil where it has none.
func (l *layout) base(message protoreflect.Message) unsafe.Pointer {
	if l == nil || !message.IsValid() {
		return nil
	}
	if v := reflect.ValueOf(message.Interface()); v.Type() == l.pointer {
		return v.UnsafePointer()
	}
	return nil
}

// message is the message of a struct.
func (l *layout) message(base unsafe.Pointer) protoreflect.Message {
	return reflect.NewAt(l.goType, base).Interface().(proto.Message).ProtoReflect() //nolint:forcetypeassert // the generator makes no other
}

// bare tells whether a struct has no unknown fields.
func (l *layout) bare(base unsafe.Pointer) bool {
	return len(*at[[]byte](base, l.unknown)) == 0
}

// make makes n structs, one behind the other.
func (l *layout) make(n int) unsafe.Pointer {
	return reflect.MakeSlice(l.slice, n, n).UnsafePointer()
}

// slab makes the structs of a list, the more at a time the longer it is.
type slab struct {
	next unsafe.Pointer
	left int
}

// take returns a new struct; have is how many the list has.
func (s *slab) take(l *layout, have int) unsafe.Pointer {
	if s.left == 0 {
		s.left = min(have+1, 64)
		s.next = l.make(s.left)
	}
	taken := s.next
	if s.left--; s.left > 0 { // no pointer behind the last
		s.next = unsafe.Add(s.next, l.goType.Size())
	}
	return taken
}

// held is a message, its struct, or both. A message within another needs
// protoreflect only for what is seldom.
type held struct {
	layout  *layout              // nil where there is no struct
	message protoreflect.Message // nil where base tells it
	base    unsafe.Pointer       // of the struct
}

func hold(l *layout, message protoreflect.Message) held {
	return held{layout: l, message: message, base: l.base(message)}
}

func (h held) reflect() protoreflect.Message {
	if h.message == nil {
		return h.layout.message(h.base)
	}
	return h.message
}

func (h held) unknown() protoreflect.RawFields {
	if h.base == nil {
		return h.message.GetUnknown()
	}
	return *at[protoreflect.RawFields](h.base, h.layout.unknown)
}

func (h held) setUnknown(unknown protoreflect.RawFields) {
	if h.base == nil {
		h.message.SetUnknown(unknown)
		return
	}
	*at[protoreflect.RawFields](h.base, h.layout.unknown) = unknown
}

// formIn is the form in which a message keeps the field.
func (f *field) formIn(m held) form {
	if m.base == nil {
		return otherwise
	}
	return f.form
}
