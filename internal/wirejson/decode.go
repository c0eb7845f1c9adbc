package wirejson

import (
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// Strictness is how much is forgiven to whoever wrote the JSON.
type Strictness bool

const (
	// Request refuses an unknown enum word and a member that occurs twice: they
	// are a caller's mistakes.
	Request Strictness = true
	// Answer lets both pass, the first beside the message, of the second the
	// last: the upstream may know more than the .proto.
	Answer Strictness = false
)

// Decode reads one JSON text into an empty message. JSON null makes a message
// that stands for null; it is refused in a request that has members which are
// always there. The error is an *Error.
func (c *Codec) Decode(text []byte, message protoreflect.Message, strictness Strictness) error {
	if err := checkSyntax(text, strictness); err != nil {
		return err
	}
	d := newDecoder(text, strictness)
	if d.peek() == 'n' && (!d.strict || c.AllOptional()) {
		setResidue(message, nullRecord)
		return nil
	}
	return c.decode(&d, hold(c.layout, message))
}

// DecodeList reads one JSON array into a list, which is a field of an empty
// message. The error is an *Error.
func (c *Codec) DecodeList(text []byte, message protoreflect.Message, list protoreflect.FieldDescriptor, strictness Strictness) error {
	if err := checkSyntax(text, strictness); err != nil {
		return err
	}
	d := newDecoder(text, strictness)
	_, err := c.fields[c.byName[list.JSONName()]].decodeList(&d, hold(c.layout, message))
	return err
}

// decode reads an object into a message.
func (c *Codec) decode(d *decoder, m held) error {
	if err := d.open('{'); err != nil {
		return err
	}
	var (
		seen uint64
		left leftovers
		next int // the field that is likely to come next: mostly they come in order
	)
	for d.more() {
		if next == len(c.fields) || !d.take(c.fields[next].quoted) {
			name := d.raw()
			i, known := c.lookup(name)
			if !known {
				left.member(name, d.raw())
				continue
			}
			next = i
		}
		f := &c.fields[next]
		if bit := uint64(1) << next; seen&bit != 0 {
			m.reflect().Clear(f.desc)
			left.forget(next)
		} else {
			seen |= bit
		}
		rest, err := f.decode(d, m)
		if err != nil {
			return within(f.name, err)
		}
		if rest != "" {
			left.rest(c, next, rest)
		}
		next++
	}
	left.close(c, seen)
	if left.records != nil {
		m.setUnknown(append(left.records, withoutResidue(m.unknown())...))
	}
	return nil
}

// lookup finds the field of a member name that is still JSON text.
func (c *Codec) lookup(quoted jsonText) (int, bool) {
	if i, ok := c.byQuoted[quoted]; ok {
		return i, true
	}
	if strings.IndexByte(string(quoted), '\\') < 0 {
		return 0, false
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	i, ok := c.byName[string(name)]
	return i, ok && err == nil
}

// decode reads a member's value into its field. What the field cannot hold
// comes back as JSON text.
func (f *field) decode(d *decoder, m held) (rest jsonText, err error) {
	if f.value == nil || f.isList {
		return f.decodeNested(d, m)
	}
	text := d.raw()
	if text.kind() == 'n' {
		return text, nil
	}
	exact, err := f.decodeScalar(d, text, m)
	if exact || (err != nil && d.strict) {
		return "", err
	}
	return text, nil
}

// decodeNested is decode for what is an object or an array.
func (f *field) decodeNested(d *decoder, m held) (rest jsonText, err error) {
	switch {
	case d.peek() == 'n':
		return d.raw(), nil
	case f.isMap:
		return f.decodeMap(d, m)
	case f.isList:
		return f.decodeList(d, m)
	case f.formIn(m) == layout.OneMessage:
		sub := held{layout: f.sub.layout, base: f.sub.layout.New(1)}
		*layout.At[unsafe.Pointer](m.base, f.offset) = sub.base
		return "", f.sub.decode(d, sub)
	default:
		return "", f.sub.decode(d, hold(f.sub.layout, m.reflect().Mutable(f.desc).Message()))
	}
}

// decodeScalar reads a value into its field, which stays as it is where the text
// says none that it can hold.
func (f *field) decodeScalar(d *decoder, text jsonText, m held) (exact bool, err error) {
	form := f.formIn(m)
	switch form {
	case layout.PlainText:
		*layout.At[string](m.base, f.offset), exact, err = d.unquote(text)
		return exact, err
	case layout.OptionalText:
		var s string
		s, exact, err = d.unquote(text)
		*layout.At[*string](m.base, f.offset) = d.pointTo(s)
		return exact, err
	default:
	}
	value, exact, err := f.value.parse(text)
	if err != nil {
		return exact, err
	}
	switch form {
	case layout.Truth:
		*layout.At[bool](m.base, f.offset) = value.Bool()
	case layout.OptionalTruth:
		is := value.Bool()
		*layout.At[*bool](m.base, f.offset) = &is
	case layout.Word:
		*layout.At[protoreflect.EnumNumber](m.base, f.offset) = value.Enum()
	case layout.OptionalWord:
		number := value.Enum()
		*layout.At[*protoreflect.EnumNumber](m.base, f.offset) = &number
	default:
		m.reflect().Set(f.desc, value)
	}
	return exact, nil
}
