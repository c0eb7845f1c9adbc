package wirejson

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Error says what is wrong with a JSON text or a message, and where. It never holds
// a value, which may be a secret.
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

// Within puts the name of a member, or the index of an element, before the path of
// an *Error. Other errors are of the text as a whole and have no path.
func Within(step string, err error) error {
	e, ok := err.(*Error) //nolint:errorlint // the codecs do not wrap it
	if !ok {
		return err
	}
	if e.Field != "" && !strings.HasPrefix(e.Field, "[") {
		step += "."
	}
	return &Error{Field: step + e.Field, Problem: e.Problem}
}

func element(i int) string { return fmt.Sprintf("[%d]", i) }

// quoted is a map's key in an error's path: the first 64 characters of it. A key may be
// as long as the whole text, and several times as long where it is quoted.
func quoted(key string) string { return fmt.Sprintf("[%.64q]", key) }

func wrongType(want string, got jsontext.Kind) error {
	return &Error{Problem: fmt.Sprintf("must be %s, not %s", want, kindNames[got])}
}

var kindNames = map[jsontext.Kind]string{
	'"': "a string", '0': "a number", 't': "true or false", 'f': "true or false",
	'n': "null", '{': "an object", '[': "an array",
}

// explain makes an *Error of one of jsontext, whose own text may quote the input.
func (d *Decoder) explain(err error) error {
	var own *Error
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Problem: "is not JSON: it ends too early"}
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Problem: "has a member twice in one object"}
	case errors.As(err, &syntactic):
		return &Error{Problem: fmt.Sprintf("is not JSON at byte %d", syntactic.ByteOffset+int64(d.skipped))}
	default:
		return &Error{Problem: "is not JSON"}
	}
}
