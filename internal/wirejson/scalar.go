package wirejson

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// scalar translates the values of one type that is not a message.
type scalar interface {
	// parse reads a value that is not null. Where exact is false the value does not
	// say all that the text does: an answer keeps the text beside it, and what is
	// an error in a request is none there.
	parse(text jsonText) (value protoreflect.Value, exact bool, err error)
	// append writes a value.
	append(dst []byte, value protoreflect.Value) ([]byte, error)
}

func compileScalar(desc protoreflect.FieldDescriptor) (scalar, error) {
	switch kind := desc.Kind(); kind {
	case protoreflect.StringKind:
		return stringValue{}, nil
	case protoreflect.BoolKind:
		return boolValue{}, nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind,
		protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return intValue{bits: bitsOf(kind)}, nil
	case protoreflect.DoubleKind:
		return doubleValue{}, nil
	case protoreflect.EnumKind:
		return compileEnum(desc.Enum())
	default:
		return nil, fmt.Errorf("is of kind %s, which the upstream's JSON has no form for", kind)
	}
}

func bitsOf(kind protoreflect.Kind) int {
	switch kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return 32
	default:
		return 64
	}
}

type stringValue struct{}

func (stringValue) parse(text jsonText) (protoreflect.Value, bool, error) {
	s, exact, err := unquote(text)
	return protoreflect.ValueOfString(s), exact, err
}

// unquote reads a string. Half of a surrogate pair, which JavaScript writes where
// it cuts a text in the middle of a character, is read as U+FFFD and not exact.
func unquote(text jsonText) (s string, exact bool, err error) {
	if text.kind() != '"' {
		return "", true, wrongType("a string", text.kind())
	}
	if strings.IndexByte(string(text), '\\') < 0 {
		return string(text[1 : len(text)-1]), true, nil
	}
	plain, _ := jsontext.AppendUnquote(nil, text) // it was read: the error is of a surrogate
	return string(plain), !bytes.Contains(plain, []byte("\uFFFD")), nil
}

func (stringValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	return appendString(dst, value.String())
}

func appendString(dst []byte, s string) ([]byte, error) {
	dst, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		return dst, errors.New("is not valid UTF-8")
	}
	return dst, nil
}

type boolValue struct{}

func (boolValue) parse(text jsonText) (protoreflect.Value, bool, error) {
	if k := text.kind(); k != 't' && k != 'f' {
		return protoreflect.Value{}, true, wrongType("true or false", k)
	}
	return protoreflect.ValueOfBool(text.kind() == 't'), true, nil
}

func (boolValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	return strconv.AppendBool(dst, value.Bool()), nil
}

type intValue struct{ bits int }

func (v intValue) parse(text jsonText) (protoreflect.Value, bool, error) {
	if text.kind() != '0' {
		return protoreflect.Value{}, true, wrongType("a number", text.kind())
	}
	n, err := strconv.ParseInt(string(text), 10, v.bits)
	if err != nil {
		return protoreflect.Value{}, true, &Error{Problem: fmt.Sprintf("must be an integer of %d bits", v.bits)}
	}
	if v.bits == 32 {
		return protoreflect.ValueOfInt32(int32(n)), true, nil
	}
	return protoreflect.ValueOfInt64(n), true, nil
}

func (intValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	return strconv.AppendInt(dst, value.Int(), 10), nil
}

type doubleValue struct{}

func (doubleValue) parse(text jsonText) (protoreflect.Value, bool, error) {
	if text.kind() != '0' {
		return protoreflect.Value{}, true, wrongType("a number", text.kind())
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return protoreflect.Value{}, true, &Error{Problem: "must be a number of 64 bits"}
	}
	return protoreflect.ValueOfFloat64(n), true, nil
}

func (doubleValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	n := value.Float()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return dst, errors.New("is not a finite number")
	}
	return strconv.AppendFloat(dst, n, 'g', -1, 64), nil
}

// enumValue translates an enum by its words. They are kept as JSON text.
type enumValue struct {
	words   map[protoreflect.EnumNumber]string
	numbers map[jsonText]protoreflect.EnumNumber
	refusal *Error
}

func compileEnum(desc protoreflect.EnumDescriptor) (scalar, error) {
	words, err := Words(desc)
	if err != nil {
		return nil, err
	}
	numbers := make(map[jsonText]protoreflect.EnumNumber, len(words))
	var allowed []string
	for _, number := range slices.Sorted(maps.Keys(words)) {
		quoted, err := jsontext.AppendQuote(nil, words[number])
		if err != nil {
			return nil, fmt.Errorf("wire_word: %w", err)
		}
		words[number], numbers[jsonText(quoted)] = string(quoted), number
		allowed = append(allowed, string(quoted))
	}
	refusal := &Error{Problem: "must be one of " + strings.Join(allowed, ", ")}
	return enumValue{words: words, numbers: numbers, refusal: refusal}, nil
}

func (v enumValue) parse(text jsonText) (protoreflect.Value, bool, error) {
	number, exact, err := v.number(text)
	return protoreflect.ValueOfEnum(number), exact, err
}

func (v enumValue) number(text jsonText) (number protoreflect.EnumNumber, exact bool, err error) {
	if text.kind() != '"' {
		return 0, true, wrongType("a string", text.kind())
	}
	number, known := v.numbers[text]
	if !known && strings.IndexByte(string(text), '\\') >= 0 { // spelled with escapes
		plain, _ := jsontext.AppendUnquote(nil, text)
		quoted, _ := jsontext.AppendQuote(nil, plain)
		number, known = v.numbers[jsonText(quoted)]
	}
	if !known {
		return 0, false, v.refusal
	}
	return number, true, nil
}

func (v enumValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	word, ok := v.words[value.Enum()]
	if !ok {
		return dst, fmt.Errorf("has no word for enum value %d", value.Enum())
	}
	return append(dst, word...), nil
}
