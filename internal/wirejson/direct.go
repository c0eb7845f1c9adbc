package wirejson

import (
	"reflect"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A generated message keeps its fields in exported fields of a Go struct, which
// are part of its API. Most are read and written there, found by their index at
// start: by protoreflect the same takes several times as long.

// resolve finds the generated struct of a message and its fields in it.
func (c *Codec) resolve(message protoreflect.MessageDescriptor) {
	generated, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil || generated.Descriptor() != message {
		return // made at run time, as tests do
	}
	goType := reflect.TypeOf(generated.Zero().Interface())
	indices := map[protoreflect.FieldNumber]int{}
	for i := range goType.Elem().NumField() {
		tag := strings.Split(goType.Elem().Field(i).Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		if number, err := strconv.ParseInt(tag[1], 10, 32); err == nil {
			indices[protoreflect.FieldNumber(number)] = i
		}
	}
	for i := range c.fields {
		index, found := indices[c.fields[i].desc.Number()]
		if !found {
			return
		}
		c.fields[i].index = index
	}
	c.goType = goType
}

// direct returns the struct of a message; invalid where it has none.
func (c *Codec) direct(message protoreflect.Message) reflect.Value {
	if c.goType == nil || !message.IsValid() {
		return reflect.Value{}
	}
	if v := reflect.ValueOf(message.Interface()); v.Type() == c.goType {
		return v.Elem()
	}
	return reflect.Value{}
}

// pointer returns a pointer to a field of a struct; nil without a struct.
func (f *field) pointer(fields reflect.Value) any {
	if !fields.IsValid() {
		return nil
	}
	return fields.Field(f.index).Addr().Interface()
}

// decodeDirect reads a value that is neither null nor a map into its place in the
// struct.
func (f *field) decodeDirect(d *decoder, at reflect.Value) (rest jsonText, err error) {
	if !f.desc.IsList() && f.sub == nil {
		return f.decodeDirectScalar(d, at)
	}
	if !f.desc.IsList() {
		at.Set(reflect.New(at.Type().Elem()))
		return "", f.sub.decode(d, messageIn(at))
	}
	var made elements
	err = d.elements(func() error {
		n := at.Len()
		at.Grow(1)
		at.SetLen(n + 1)
		if f.sub != nil {
			at.Index(n).Set(made.next(at.Type().Elem().Elem(), n))
			return f.sub.decode(d, messageIn(at.Index(n)))
		}
		_, err := f.decodeDirectScalar(d, at.Index(n))
		return err
	})
	if err == nil && at.Len() == 0 {
		rest = emptyList
	}
	return rest, err
}

// elements makes the messages of a list, the more at a time the longer it is.
type elements struct {
	made reflect.Value // a slice
	used int
}

// next returns a pointer to a new message; have is how many the list has.
func (e *elements) next(goType reflect.Type, have int) reflect.Value {
	if !e.made.IsValid() || e.used == e.made.Len() {
		n := min(have+1, 64)
		e.made, e.used = reflect.MakeSlice(reflect.SliceOf(goType), n, n), 0
	}
	e.used++
	return e.made.Index(e.used - 1).Addr()
}

// messageIn is the message that a struct's field or a list's element points to.
func messageIn(at reflect.Value) protoreflect.Message {
	return at.Interface().(proto.Message).ProtoReflect() //nolint:forcetypeassert // the generator makes no other
}

func (f *field) decodeDirectScalar(d *decoder, at reflect.Value) (rest jsonText, err error) {
	text := d.raw()
	var exact bool
	switch p := at.Addr().Interface().(type) {
	case *string:
		*p, exact, err = unquote(text)
	case **string:
		var s string
		s, exact, err = unquote(text)
		*p = d.pointTo(s)
	default:
		var value protoreflect.Value
		if value, exact, err = f.value.parse(text); err == nil {
			place(at, value)
		}
	}
	if exact || (err != nil && d.strict) {
		return "", err
	}
	return text, nil
}

// place puts a value that is not a string into a struct's field, or behind it
// where the field is optional.
func place(at reflect.Value, value protoreflect.Value) {
	if at.Kind() == reflect.Pointer {
		at.Set(reflect.New(at.Type().Elem()))
		at = at.Elem()
	}
	switch v := value.Interface().(type) {
	case bool:
		at.SetBool(v)
	case int32:
		at.SetInt(int64(v))
	case int64:
		at.SetInt(v)
	case float64:
		at.SetFloat(v)
	case protoreflect.EnumNumber:
		at.SetInt(int64(v))
	}
}

// direct writes a field from its place in the struct, unless it is of a kind that
// is seldom.
func (w *objectWriter) direct(f *field, at reflect.Value) (done bool, err error) {
	switch p := at.Addr().Interface().(type) {
	case *string:
		w.name(f)
		w.buf, err = appendText(w.buf, *p)
	case **string:
		if *p != nil {
			w.name(f)
			w.buf, err = appendText(w.buf, **p)
		}
	case *bool:
		w.name(f)
		w.buf = strconv.AppendBool(w.buf, *p)
	case *map[string]string:
		if len(*p) > 0 {
			w.name(f)
			w.buf, err = appendStrings(w.buf, *p)
		}
	default:
		return false, nil
	}
	return true, err
}

// appendText is appendString with an error that is an *Error.
func appendText(dst []byte, s string) ([]byte, error) {
	dst, err := appendString(dst, s)
	if err != nil {
		return dst, &Error{Problem: err.Error()}
	}
	return dst, nil
}
