package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// wireWord is the contract's option for an enum value's spelling.
const wireWord protoreflect.FullName = "wingspan.users.v1.wire_word"

// message is one that has a codec.
type message struct {
	desc   *protogen.Message
	goType string
	inPath []string // fields that are no members
	fields []*field
	masked bool
}

// field is one member of a JSON object.
type field struct {
	*protogen.Field
	kind string   // suffix of the functions that read and write a value, "String"
	sub  *message // instead of kind, for messages
	enum *enum    // the same, for enums
}

func (f *field) json() string { return strconv.Quote(f.Desc.JSONName()) }

// always tells whether the field is written whatever its value.
func (f *field) always() bool {
	return f.Desc.Cardinality() != protoreflect.Repeated && !f.Desc.HasPresence()
}

// enum is one that has functions.
type enum struct {
	desc   *protogen.Enum
	goType string
	words  []word // by number
}

type word struct {
	number protoreflect.EnumNumber
	value  string // its constant
	text   string
}

// addMessage adds a message and all that it holds.
func (c *contract) addMessage(desc *protogen.Message, inPath []string) (*message, error) {
	return c.add(desc, inPath, nil)
}

func (c *contract) add(desc *protogen.Message, inPath []string, holders []*protogen.Message) (*message, error) {
	name := desc.Desc.FullName()
	if slices.Contains(holders, desc) {
		return nil, refuse(name, "holds itself: then nothing bounds an error's path")
	}
	if i := slices.IndexFunc(c.messages, func(m *message) bool { return m.desc == desc }); i >= 0 {
		if !slices.Equal(c.messages[i].inPath, inPath) {
			return nil, refuse(name, "is the body of two RPCs with other fields in the path")
		}
		return c.messages[i], nil
	}
	if strings.HasPrefix(string(name), "google.protobuf.") {
		return nil, refuse(name, "has no JSON form of its own here")
	}
	if desc.GoIdent.GoImportPath != c.file.GoImportPath {
		return nil, refuse(name, "is of another package")
	}
	m := &message{desc: desc, goType: c.goType(desc.GoIdent), inPath: inPath}
	var errs []error
	taken := map[string]bool{}
	for _, f := range desc.Fields {
		if slices.Contains(inPath, string(f.Desc.Name())) {
			continue
		}
		if taken[f.Desc.JSONName()] {
			errs = append(errs, refuse(f.Desc.FullName(), "has the JSON name of another field"))
		}
		taken[f.Desc.JSONName()] = true
		added, err := c.newField(f, append(holders, desc))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Desc.FullName(), err))
		}
		m.fields = append(m.fields, added)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.messages = append(c.messages, m)
	return m, nil
}

func (c *contract) newField(desc *protogen.Field, holders []*protogen.Message) (*field, error) {
	f := &field{Field: desc}
	if desc.Desc.IsMap() {
		if desc.Desc.MapKey().Kind() != protoreflect.StringKind || desc.Desc.MapValue().Kind() != protoreflect.StringKind {
			return nil, errors.New("is a map of other than strings")
		}
		return f, nil
	}
	if desc.Oneof != nil && !desc.Oneof.Desc.IsSynthetic() {
		return nil, errors.New("is in a oneof, which JSON has no form for")
	}
	var err error
	switch {
	case desc.Message != nil && desc.Desc.Kind() == protoreflect.GroupKind:
		return nil, errors.New("is a group")
	case desc.Message != nil:
		f.sub, err = c.add(desc.Message, nil, holders)
	case desc.Enum != nil && desc.Desc.IsList():
		return nil, errors.New("is a list of enums, in which an unknown word has no place")
	case desc.Enum != nil:
		f.enum, err = c.addEnum(desc.Enum)
	default:
		f.kind, err = scalar(desc.Desc.Kind())
	}
	return f, err
}

// scalar is the suffix of the functions for a kind.
func scalar(kind protoreflect.Kind) (string, error) {
	switch kind {
	case protoreflect.StringKind:
		return "String", nil
	case protoreflect.BoolKind:
		return "Bool", nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "Number[int32]", nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return "Number[int64]", nil
	case protoreflect.DoubleKind:
		return "Number[float64]", nil
	default:
		return "", fmt.Errorf("is of kind %s, which the upstream's JSON has no form for", kind)
	}
}

// addEnum adds an enum. Its zero value stands for what is not known and has no word.
func (c *contract) addEnum(desc *protogen.Enum) (*enum, error) {
	if i := slices.IndexFunc(c.enums, func(e *enum) bool { return e.desc == desc }); i >= 0 {
		return c.enums[i], nil
	}
	if desc.GoIdent.GoImportPath != c.file.GoImportPath {
		return nil, refuse(desc.Desc.FullName(), "is of another package")
	}
	e := &enum{desc: desc, goType: c.goType(desc.GoIdent)}
	taken := map[any]bool{"": true}
	for _, value := range desc.Values {
		number := value.Desc.Number()
		if taken[number] {
			return nil, refuse(value.Desc.FullName(), "has the number of another value")
		}
		if taken[number] = true; number == 0 {
			continue
		}
		option, err := c.options.Value(value.Desc, wireWord)
		if err != nil || taken[option.String()] {
			return nil, refuse("enum value "+value.Desc.FullName(), "has no wire_word of its own")
		}
		taken[option.String()] = true
		e.words = append(e.words, word{number, c.goType(value.GoIdent), option.String()})
	}
	slices.SortFunc(e.words, func(a, b word) int { return cmp.Compare(a.number, b.number) })
	c.enums = append(c.enums, e)
	return e, nil
}
