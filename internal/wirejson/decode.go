package wirejson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/reflect/protoreflect"
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
	return decodeText(text, strictness, func(d *decoder) error {
		if d.PeekKind() != 'n' || (d.strict && !c.AllOptional()) {
			return c.decode(d, message)
		}
		setResidue(message, nullRecord)
		_, err := d.token()
		return err
	})
}

// DecodeList reads one JSON array into an empty list. The error is an *Error.
func (c *Codec) DecodeList(text []byte, list protoreflect.List, strictness Strictness) error {
	return decodeText(text, strictness, func(d *decoder) error {
		return d.elements(func() error {
			element := list.NewElement()
			list.Append(element)
			return c.decode(d, element.Message())
		})
	})
}

// decoder reads tokens.
type decoder struct {
	jsontext.Decoder
	buffer bytes.Buffer
	strict bool
}

// decoders are kept for the next text: each has buffers of its own.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decodeText reads a text that one value must fill.
func decodeText(text []byte, strictness Strictness, value func(d *decoder) error) error {
	if !utf8.Valid(text) {
		return &Error{Problem: "is not JSON: it is not UTF-8"}
	}
	d, ok := decoders.Get().(*decoder)
	if !ok {
		d = new(decoder)
	}
	defer func() {
		d.buffer = bytes.Buffer{}
		d.Reset(&d.buffer) // lets go of the text
		decoders.Put(d)
	}()
	d.strict = strictness == Request
	d.buffer = *bytes.NewBuffer(text)
	// Invalid UTF-8 can only be half of a surrogate pair, written as an escape.
	d.Reset(&d.buffer, jsontext.AllowDuplicateNames(!d.strict), jsontext.AllowInvalidUTF8(true))
	return d.whole(func() error { return value(d) })
}

// whole reads a text that one value must fill.
func (d *decoder) whole(value func() error) error {
	err := value()
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
		err = &syntaxError{"goes on after its JSON value"}
	}
	var syntax *syntaxError
	if errors.As(err, &syntax) {
		return &Error{Problem: syntax.problem}
	}
	return err
}

func (d *decoder) token() (jsontext.Token, error) {
	token, err := d.ReadToken()
	if err != nil {
		return token, notJSON(err)
	}
	return token, nil
}

// raw returns the next value as it stands in the text. It is valid until the
// next read.
func (d *decoder) raw() (jsontext.Value, error) {
	value, err := d.ReadValue()
	if err != nil {
		return nil, notJSON(err)
	}
	return value, nil
}

// open reads the beginning of an object or array.
func (d *decoder) open(kind jsontext.Kind) error {
	token, err := d.token()
	if err != nil {
		return err
	}
	if token.Kind() != kind {
		return wrongType(kindName(kind), token.Kind())
	}
	return nil
}

// elements reads an array, calling one for each element.
func (d *decoder) elements(one func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for i := 0; d.PeekKind() != ']'; i++ {
		if err := one(); err != nil {
			return within(fmt.Sprintf("[%d]", i), err)
		}
	}
	_, err := d.token()
	return err
}

func (c *Codec) decode(d *decoder, message protoreflect.Message) error {
	if err := d.open('{'); err != nil {
		return err
	}
	fields := c.direct(message)
	var (
		seen    uint64
		residue []record
		rests   map[int][]byte // what the fields cannot hold, by their indices
	)
	for d.PeekKind() != '}' {
		name, err := d.raw()
		if err != nil {
			return err
		}
		i, known := c.lookup(name)
		if !known {
			name = bytes.Clone(name)
			value, err := d.raw()
			if err != nil {
				return err
			}
			residue = append(residue, member(name, value))
			continue
		}
		f := &c.fields[i]
		if seen&(1<<i) != 0 {
			message.Clear(f.desc)
			delete(rests, i)
		}
		seen |= 1 << i
		rest, err := f.decode(d, message, fields)
		if err != nil {
			return within(f.name, err)
		}
		if rest != nil {
			rests = put(rests, i, rest)
		}
	}
	for i := range c.fields {
		f := &c.fields[i]
		if rest := rests[i]; rest != nil {
			residue = append(residue, member(f.quoted(), rest))
		} else if f.always && seen&(1<<i) == 0 {
			residue = append(residue, record(f.quoted()))
		}
	}
	if residue != nil {
		setResidue(message, residue...)
	}
	_, err := d.token()
	return err
}

// put adds to a map that is made when it is needed, which is seldom.
func put[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[key] = value
	return m
}

// lookup finds the field of a member name that is still JSON text.
func (c *Codec) lookup(quoted jsontext.Value) (int, bool) {
	if i, ok := c.quoted[string(quoted)]; ok {
		return i, true
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return 0, false
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	i, ok := c.byName[string(name)]
	return i, ok && err == nil
}

// decode reads a member's value into its field. What the field cannot hold
// comes back as JSON text.
func (f *field) decode(d *decoder, message protoreflect.Message, fields reflect.Value) (rest []byte, err error) {
	switch {
	case d.PeekKind() == 'n':
		_, err := d.token()
		return nullRecord, err
	case f.desc.IsMap():
		return f.decodeMap(d, message, fields)
	case fields.IsValid():
		return f.decodeDirect(d, fields.Field(f.index))
	case f.desc.IsList():
		return f.decodeList(d, message)
	case f.sub != nil:
		return nil, f.sub.decode(d, message.Mutable(f.desc).Message())
	}
	value, rest, err := f.decodeScalar(d)
	if err == nil && value.IsValid() {
		message.Set(f.desc, value)
	}
	return rest, err
}

// decodeScalar reads a value. It is invalid where an answer's text has none.
func (f *field) decodeScalar(d *decoder) (value protoreflect.Value, rest []byte, err error) {
	text, err := d.raw()
	if err != nil {
		return value, nil, err
	}
	value, exact, err := f.value.parse(text)
	if exact || (err != nil && d.strict) {
		return value, nil, err
	}
	rest = bytes.Clone(text)
	if err != nil {
		value = protoreflect.Value{}
	}
	return value, rest, nil
}
