package httprule

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// checkQueryField says why a field has no form in a query. The kinds are those that the
// JSON of a body has.
func checkQueryField(field protoreflect.FieldDescriptor) error {
	if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		return errors.New("a query has no form for a oneof")
	}
	switch field.Kind() {
	case protoreflect.StringKind, protoreflect.BoolKind, protoreflect.DoubleKind,
		protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind,
		protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return nil
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		for i := range values.Len() {
			if value := values.Get(i); value.Number() != 0 && wordOf(value) == "" {
				return fmt.Errorf("a query would spell %s by its wire_word, which it has not", value.FullName())
			}
		}
		return nil
	default:
		return fmt.Errorf("a query has no form for a %s", field.Kind())
	}
}

// wordOf is how the upstream spells an enum value; empty where it does not.
func wordOf(value protoreflect.EnumValueDescriptor) string {
	word, _ := proto.GetExtension(value.Options(), usersv1.E_WireWord).(string)
	return word
}

// jsonNumber is a number as JSON spells it: strconv takes more.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// parseValue reads one value. The error does not quote it.
func parseValue(field protoreflect.FieldDescriptor, text string) (value protoreflect.Value, err error) {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BoolKind:
		if text != "true" && text != "false" {
			return value, errors.New("must be true or false")
		}
		return protoreflect.ValueOfBool(text == "true"), nil
	case protoreflect.EnumKind:
		return parseWord(field.Enum().Values(), text)
	case protoreflect.DoubleKind:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil || !jsonNumber.MatchString(text) {
			return value, errors.New("must be a number")
		}
		return protoreflect.ValueOfFloat64(number), nil
	default:
		return parseInt(field, text)
	}
}

func parseInt(field protoreflect.FieldDescriptor, text string) (value protoreflect.Value, err error) {
	bits := 64
	if is32(field.Kind()) {
		bits = 32
	}
	number, err := strconv.ParseInt(text, 10, bits)
	if err != nil || !jsonNumber.MatchString(text) {
		return value, fmt.Errorf("must be a whole number of at most %d bits", bits)
	}
	if bits == 32 {
		return protoreflect.ValueOfInt32(int32(number)), nil //nolint:gosec // ParseInt has bounded it
	}
	return protoreflect.ValueOfInt64(number), nil
}

func is32(kind protoreflect.Kind) bool {
	return kind == protoreflect.Int32Kind || kind == protoreflect.Sint32Kind || kind == protoreflect.Sfixed32Kind
}

func parseWord(values protoreflect.EnumValueDescriptors, text string) (protoreflect.Value, error) {
	var words []string
	for i := range values.Len() {
		word := wordOf(values.Get(i))
		if word != "" && word == text {
			return protoreflect.ValueOfEnum(values.Get(i).Number()), nil
		}
		if word != "" {
			words = append(words, strconv.Quote(word))
		}
	}
	return protoreflect.Value{}, fmt.Errorf("must be one of %s", strings.Join(words, ", "))
}

// formatValue writes one value as parseValue reads it.
func formatValue(field protoreflect.FieldDescriptor, value protoreflect.Value) (string, error) {
	switch field.Kind() {
	case protoreflect.EnumKind:
		described := field.Enum().Values().ByNumber(value.Enum())
		if described == nil || wordOf(described) == "" {
			return "", errors.New("has no word for its value")
		}
		return wordOf(described), nil
	case protoreflect.DoubleKind:
		if math.IsNaN(value.Float()) || math.IsInf(value.Float(), 0) {
			return "", errors.New("must be a finite number")
		}
		return strconv.FormatFloat(value.Float(), 'g', -1, 64), nil
	default:
		return value.String(), nil // a text as it is, a number in decimal, true or false
	}
}
