package wirejson

import (
	"fmt"
	"reflect"
	"strings"

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
	if err := checkSyntax(text, strictness); err != nil {
		return err
	}
	d := decoder{text: string(text), strict: strictness == Request}
	if d.peek() == 'n' && (!d.strict || c.AllOptional()) {
		setResidue(message, nullRecord)
		return nil
	}
	return c.decode(&d, message)
}

// DecodeList reads one JSON array into a list, which is a field of an empty
// message. The error is an *Error.
func (c *Codec) DecodeList(text []byte, message protoreflect.Message, list protoreflect.FieldDescriptor, strictness Strictness) error {
	if err := checkSyntax(text, strictness); err != nil {
		return err
	}
	d := decoder{text: string(text), strict: strictness == Request}
	f := &c.fields[c.byName[list.JSONName()]]
	if fields := c.direct(message); fields.IsValid() {
		_, err := f.decodeDirect(&d, fields.Field(f.index))
		return err
	}
	_, err := f.decodeList(&d, message)
	return err
}

// elements reads an array, calling one for each element.
func (d *decoder) elements(one func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for i := 0; d.more(); i++ {
		if err := one(); err != nil {
			return within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return nil
}

func (c *Codec) decode(d *decoder, message protoreflect.Message) error {
	if err := d.open('{'); err != nil {
		return err
	}
	fields := c.direct(message)
	var (
		seen    uint64
		residue []record
		rests   map[int]jsonText // what the fields cannot hold, by their indices
		next    int              // the field that is likely to come next
	)
	for d.more() {
		name := d.raw()
		i, known := c.lookup(name, next)
		if !known {
			residue = append(residue, member(name, d.raw()))
			continue
		}
		f := &c.fields[i]
		if seen&(1<<i) != 0 {
			message.Clear(f.desc)
			delete(rests, i)
		}
		seen |= 1 << i
		next = i + 1
		rest, err := f.decode(d, message, fields)
		if err != nil {
			return within(f.name, err)
		}
		if rest != "" {
			rests = put(rests, i, rest)
		}
	}
	if residue = c.addRests(residue, rests, seen); residue != nil {
		setResidue(message, residue...)
	}
	return nil
}

// addRests adds to a message's residue what its known members leave: of those
// that were seen what they cannot hold, of the others that they were not there.
func (c *Codec) addRests(residue []record, rests map[int]jsonText, seen uint64) []record {
	if rests == nil && c.always&^seen == 0 {
		return residue
	}
	for i := range c.fields {
		f := &c.fields[i]
		if rest := rests[i]; rest != "" {
			residue = append(residue, member(f.quoted, rest))
		} else if f.always && seen&(1<<i) == 0 {
			residue = append(residue, record(f.quoted))
		}
	}
	return residue
}

// put adds to a map that is made when it is needed, which is seldom.
func put[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[key] = value
	return m
}

// lookup finds the field of a member name that is still JSON text. Members mostly
// come in the order of their fields, so next is tried first.
func (c *Codec) lookup(quoted jsonText, next int) (int, bool) {
	if next < len(c.fields) && c.fields[next].quoted == quoted {
		return next, true
	}
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
func (f *field) decode(d *decoder, message protoreflect.Message, fields reflect.Value) (rest jsonText, err error) {
	switch {
	case d.peek() == 'n':
		return d.raw(), nil
	case f.desc.IsMap():
		return f.decodeMap(d, message, fields)
	case fields.IsValid():
		return f.decodeDirect(d, fields.Field(f.index))
	case f.desc.IsList():
		return f.decodeList(d, message)
	case f.sub != nil:
		return "", f.sub.decode(d, message.Mutable(f.desc).Message())
	}
	value, rest, err := f.decodeScalar(d)
	if err == nil && value.IsValid() {
		message.Set(f.desc, value)
	}
	return rest, err
}

// decodeScalar reads a value. It is invalid where an answer's text has none.
func (f *field) decodeScalar(d *decoder) (value protoreflect.Value, rest jsonText, err error) {
	text := d.raw()
	value, exact, err := f.value.parse(text)
	if exact || (err != nil && d.strict) {
		return value, "", err
	}
	if err != nil {
		value = protoreflect.Value{}
	}
	return value, text, nil
}
