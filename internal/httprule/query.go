package httprule

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxQuery is the longest query, in bytes as it is sent: what servers take of a URL.
const maxQuery = 32 << 10

// QueryError says that a value cannot be in the query, or that a query has a parameter
// that the RPC does not know. Its text holds neither.
type QueryError struct {
	// Field is the request's field, by its name in the .proto; "query" where there is none.
	Field string
	// Problem is what is wrong with it.
	Problem string
}

func (e *QueryError) Error() string { return fmt.Sprintf("query field %s %s", e.Field, e.Problem) }

// Query is a query that was read.
type Query struct {
	// Text is how it is sent on: the values as they came, in the order of the fields,
	// escaped as a path's are. It is empty where there are none.
	Text   string
	values []queryValue
}

type queryValue struct {
	field protoreflect.FieldDescriptor
	value protoreflect.Value
}

// Fill sets the fields of a request that the query gave.
func (q *Query) Fill(request protoreflect.Message) {
	for _, v := range q.values {
		if v.field.IsList() {
			request.Mutable(v.field).List().Append(v.value)
			continue
		}
		request.Set(v.field, v.value)
	}
}

// noQuery is the query of most calls; read-only.
var noQuery = &Query{}

// ParseQuery reads the query of a request. An RPC that has no field in the query takes
// no notice of it; any other refuses what it does not know. grpc-gateway's own parser is
// not used: it ignores unknown parameters, knows no wire_word, takes each name in two
// spellings and quotes values in its errors. The error is a *QueryError.
func (r *Rule) ParseQuery(raw string) (*Query, error) {
	if raw == "" || len(r.QueryFields) == 0 {
		return noQuery, nil
	}
	given, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &QueryError{"query", "is malformed"} // err quotes it
	}
	query, text := &Query{}, queryText{}
	for _, field := range r.QueryFields {
		values := given[field.JSONName()]
		delete(given, field.JSONName())
		if len(values) > 1 && !field.IsList() {
			return nil, &QueryError{string(field.Name()), "must be given only once"}
		}
		for _, spelled := range values {
			value, err := parseValue(field, spelled)
			if err == nil {
				err = text.add(field, spelled)
			}
			if err != nil {
				return nil, &QueryError{string(field.Name()), err.Error()}
			}
			query.values = append(query.values, queryValue{field, value})
		}
	}
	if len(given) > 0 {
		return nil, &QueryError{"query", "has an unknown parameter; this operation knows " + r.queryNames()}
	}
	query.Text = text.b.String()
	return query, nil
}

// Query writes a request's fields that are in the query: those that are set, and of
// plain ones those that are not their type's zero. The error is a *QueryError.
func (r *Rule) Query(request protoreflect.Message) (string, error) {
	var text queryText
	for _, field := range r.QueryFields {
		if !request.Has(field) {
			continue
		}
		value := request.Get(field)
		values := []protoreflect.Value{value}
		if field.IsList() {
			values = values[:0]
			for i := range value.List().Len() {
				values = append(values, value.List().Get(i))
			}
		}
		for _, one := range values {
			spelled, err := formatValue(field, one)
			if err == nil {
				err = text.add(field, spelled)
			}
			if err != nil {
				return "", &QueryError{string(field.Name()), err.Error()}
			}
		}
	}
	return text.b.String(), nil
}

func (r *Rule) queryNames() string {
	names := make([]string, 0, len(r.QueryFields))
	for _, field := range r.QueryFields {
		names = append(names, field.JSONName())
	}
	return strings.Join(names, ", ")
}

// queryText is a query in the making.
type queryText struct{ b strings.Builder }

func (t *queryText) add(field protoreflect.FieldDescriptor, value string) error {
	if !utf8.ValidString(value) {
		return errors.New("must be valid UTF-8")
	}
	if len(value) < maxQuery {
		if t.b.Len() > 0 {
			t.b.WriteByte('&')
		}
		escape(&t.b, field.JSONName())
		t.b.WriteByte('=')
		escape(&t.b, value)
	}
	if len(value) >= maxQuery || t.b.Len() > maxQuery {
		return fmt.Errorf("makes the query longer than %d bytes", maxQuery)
	}
	return nil
}
