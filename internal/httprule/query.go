package httprule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// maxQuery is the longest query, in bytes as it is sent: what servers take of a URL.
const maxQuery = 32 << 10

// ParseQuery reads a query: the text to send on, which has the values as they came, in the
// order of the fields, and a request with the fields that it sets. An RPC that has none
// there takes no notice of it; any other refuses what it does not know, by a *FieldError.
// grpc-gateway's own parser is not used: it ignores unknown parameters, knows no
// wire_word, takes each name in two spellings and quotes values in its errors.
func (r *Rule) ParseQuery(raw string) (text string, request proto.Message, err error) {
	if raw == "" || len(r.QueryFields) == 0 {
		return "", nil, nil
	}
	given, err := url.ParseQuery(raw)
	if err != nil {
		return "", nil, &FieldError{"query", "query", "is malformed"} // err quotes it
	}
	var query strings.Builder
	message := dynamicpb.NewMessage(r.Method.Input())
	for _, field := range r.QueryFields {
		for i, spelled := range given[field.JSONName()] {
			value, problem := addParameter(&query, field, spelled)
			if i > 0 && !field.IsList() {
				problem = "must be given only once"
			}
			switch {
			case problem != "":
				return "", nil, &FieldError{"query", field.Name(), problem}
			case field.IsList():
				message.Mutable(field).List().Append(value)
			default:
				message.Set(field, value)
			}
		}
		delete(given, field.JSONName())
	}
	if len(given) > 0 {
		return "", nil, &FieldError{"query", "query", "has an unknown parameter"}
	}
	return query.String(), message, nil
}

// Query writes a request's fields that are in the query: those that are set, and of
// plain ones those that are not their type's zero. The error is a *FieldError.
func (r *Rule) Query(request protoreflect.Message) (string, error) {
	var query strings.Builder
	for _, field := range r.QueryFields {
		if !request.Has(field) {
			continue
		}
		value := request.Get(field)
		n, get := 1, func(int) protoreflect.Value { return value }
		if field.IsList() {
			n, get = value.List().Len(), value.List().Get
		}
		for i := range n {
			spelled := get(i).String() // a text as it is, a number in decimal, true or false
			if enum := field.Enum(); enum != nil {
				spelled = wordOf(enum.Values().ByNumber(get(i).Enum()))
			}
			if _, problem := addParameter(&query, field, spelled); problem != "" {
				return "", &FieldError{"query", field.Name(), problem}
			}
		}
	}
	return query.String(), nil
}

// addParameter adds to a query, and tells the value or, without quoting it, what is wrong
// with it.
func addParameter(query *strings.Builder, field protoreflect.FieldDescriptor, spelled string) (value protoreflect.Value, problem string) {
	read, must := readValue(field, spelled)
	if read == nil {
		return value, "must be " + must
	}
	if len(spelled) <= maxQuery { // or it need not be escaped to be refused
		if query.Len() > 0 {
			query.WriteByte('&')
		}
		query.WriteString(escape(field.JSONName()) + "=" + escape(spelled))
	}
	if max(len(spelled), query.Len()) > maxQuery {
		problem = fmt.Sprintf("makes the query longer than %d bytes", maxQuery)
	}
	return protoreflect.ValueOf(read), problem
}

// checkQueryField says why a field has no form in a query.
func checkQueryField(field protoreflect.FieldDescriptor) error {
	if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		return errors.New("a query has no form for a oneof")
	}
	if _, must := readValue(field, ""); must == "" {
		return fmt.Errorf("a query has no form for a %s", field.Kind())
	}
	for i := 0; field.Enum() != nil && i < field.Enum().Values().Len(); i++ {
		if value := field.Enum().Values().Get(i); value.Number() != 0 && wordOf(value) == "" {
			return fmt.Errorf("a query would spell %s by its wire_word, which it has not", value.FullName())
		}
	}
	return nil
}

// readValue reads a value; nil where it is not what it must be. The kinds are those that
// the JSON of a body has.
func readValue(field protoreflect.FieldDescriptor, text string) (value any, must string) {
	switch field.Kind() {
	case protoreflect.StringKind:
		if utf8.ValidString(text) {
			value = text
		}
		return value, "valid UTF-8"
	case protoreflect.EnumKind:
		return readWord(field.Enum().Values(), text)
	case protoreflect.BoolKind:
		return readJSON[bool](text), "true or false"
	case protoreflect.DoubleKind:
		return readJSON[float64](text), "a number"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return readJSON[int32](text), "a whole number of at most 32 bits"
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return readJSON[int64](text), "a whole number of at most 64 bits"
	default:
		return nil, ""
	}
}

// readJSON reads a value that is spelled as in JSON, without space around it.
func readJSON[T any](text string) any {
	var value *T // stays nil where the text is null
	if json.Unmarshal([]byte(text), &value) != nil || value == nil || strings.TrimSpace(text) != text {
		return nil
	}
	return *value
}

func readWord(values protoreflect.EnumValueDescriptors, text string) (value any, must string) {
	var words []string
	for i := range values.Len() {
		if word := wordOf(values.Get(i)); word != "" {
			words = append(words, strconv.Quote(word))
			if word == text {
				value = values.Get(i).Number()
			}
		}
	}
	return value, "one of " + strings.Join(words, ", ")
}

// wordOf is how the upstream spells an enum value; empty where it does not.
func wordOf(value protoreflect.EnumValueDescriptor) string {
	if value == nil {
		return ""
	}
	word, _ := proto.GetExtension(value.Options(), usersv1.E_WireWord).(string)
	return word
}
