package wirejson

import (
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
	// parse reads a value that is not null. An error that is an unknownWordError too
	// does not fail an answer.
	parse(token jsontext.Token) (protoreflect.Value, error)
	// append writes a value. The zero Value stands for the type's default.
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

func (stringValue) parse(token jsontext.Token) (protoreflect.Value, error) {
	if token.Kind() != '"' {
		return protoreflect.Value{}, wrongType("a string", token)
	}
	return protoreflect.ValueOfString(token.String()), nil
}

func (stringValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	dst, err := jsontext.AppendQuote(dst, value.String())
	if err != nil {
		return dst, errors.New("is not valid UTF-8")
	}
	return dst, nil
}

type boolValue struct{}

func (boolValue) parse(token jsontext.Token) (protoreflect.Value, error) {
	if k := token.Kind(); k != 't' && k != 'f' {
		return protoreflect.Value{}, wrongType("true or false", token)
	}
	return protoreflect.ValueOfBool(token.Bool()), nil
}

func (boolValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	return strconv.AppendBool(dst, value.Bool()), nil
}

type intValue struct{ bits int }

func (v intValue) parse(token jsontext.Token) (protoreflect.Value, error) {
	if token.Kind() != '0' {
		return protoreflect.Value{}, wrongType("a number", token)
	}
	n, err := strconv.ParseInt(token.String(), 10, v.bits)
	if err != nil {
		return protoreflect.Value{}, &Error{Problem: fmt.Sprintf("must be an integer of %d bits", v.bits)}
	}
	if v.bits == 32 {
		return protoreflect.ValueOfInt32(int32(n)), nil
	}
	return protoreflect.ValueOfInt64(n), nil
}

func (intValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	return strconv.AppendInt(dst, value.Int(), 10), nil
}

type doubleValue struct{}

func (doubleValue) parse(token jsontext.Token) (protoreflect.Value, error) {
	if token.Kind() != '0' {
		return protoreflect.Value{}, wrongType("a number", token)
	}
	n, err := strconv.ParseFloat(token.String(), 64)
	if err != nil {
		return protoreflect.Value{}, &Error{Problem: "must be a number of 64 bits"}
	}
	return protoreflect.ValueOfFloat64(n), nil
}

func (doubleValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	n := value.Float()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return dst, errors.New("is not a finite number")
	}
	return strconv.AppendFloat(dst, n, 'g', -1, 64), nil
}

// unknownWordError is an enum word that the .proto does not know. In a request it is
// an *Error as well.
type unknownWordError string

func (unknownWordError) Error() string { return "unknown enum word" }

type enumValue struct {
	words   map[protoreflect.EnumNumber]string
	numbers map[string]protoreflect.EnumNumber
	refusal *Error
}

func compileEnum(desc protoreflect.EnumDescriptor) (scalar, error) {
	words, err := Words(desc)
	if err != nil {
		return nil, err
	}
	numbers := make(map[string]protoreflect.EnumNumber, len(words))
	for number, word := range words {
		numbers[word] = number
	}
	allowed := make([]string, 0, len(words))
	for _, number := range slices.Sorted(maps.Keys(words)) {
		allowed = append(allowed, strconv.Quote(words[number]))
	}
	refusal := &Error{Problem: "must be one of " + strings.Join(allowed, ", ")}
	return enumValue{words: words, numbers: numbers, refusal: refusal}, nil
}

func (v enumValue) parse(token jsontext.Token) (protoreflect.Value, error) {
	if token.Kind() != '"' {
		return protoreflect.Value{}, wrongType("a string", token)
	}
	number, ok := v.numbers[token.String()]
	if !ok {
		return protoreflect.Value{}, errors.Join(unknownWordError(token.String()), v.refusal)
	}
	return protoreflect.ValueOfEnum(number), nil
}

func (v enumValue) append(dst []byte, value protoreflect.Value) ([]byte, error) {
	word, ok := v.words[value.Enum()]
	if !ok {
		return dst, fmt.Errorf("has no word for enum value %d", value.Enum())
	}
	return append(append(append(dst, '"'), word...), '"'), nil
}
