package wirejson

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Error says what is wrong with a JSON text, and where. It never holds a value
// of the text, which may be a secret.
type Error struct {
	// Field is the path of the member at fault, `labels["team"]`; empty where the
	// text as a whole is.
	Field string
	// Problem is what is wrong with it.
	Problem string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return "the body " + e.Problem
	}
	return e.Field + " " + e.Problem
}

// within puts the name of a member, or the index of an element, before the path
// of an *Error.
func within(step string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Field == "":
		return &Error{Field: step, Problem: e.Problem}
	case strings.HasPrefix(e.Field, "["):
		return &Error{Field: step + e.Field, Problem: e.Problem}
	default:
		return &Error{Field: step + "." + e.Field, Problem: e.Problem}
	}
}

func wrongType(want string, got jsontext.Kind) error {
	return &Error{Problem: fmt.Sprintf("must be %s, not %s", want, kindName(got))}
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	case '{':
		return "an object"
	case '[':
		return "an array"
	default:
		return "something else"
	}
}

// notJSON tells why a tokenizer stopped. Its own text may quote the input, so
// only the place is kept. It has no path: the steps to it would name a member
// for what is wrong with the whole text.
func notJSON(err error) error {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Problem: "is not JSON: it ends too early"}
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Problem: "has a member twice in one object"}
	case errors.As(err, &syntactic):
		return &Error{Problem: fmt.Sprintf("is not JSON at byte %d", syntactic.ByteOffset)}
	default:
		return &Error{Problem: "is not JSON"}
	}
}
