package seed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// Error is what is wrong with a member. It quotes no value: those are secrets.
type Error struct {
	Member  string // users[0].email; empty for the text as a whole
	Problem string
}

func (e *Error) Error() string {
	if e.Member == "" {
		return "the JSON " + e.Problem
	}
	return e.Member + " " + e.Problem
}

// Unmarshal reads JSON strictly: no member may be unknown, or there twice. The error is an
// *Error.
func Unmarshal(text []byte, into any) error {
	err := json.Unmarshal(text, into, json.RejectUnknownMembers(true))
	if malformed, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return &Error{pathOf(malformed.JSONPointer), "is there twice"}
		}
		return &Error{"", "is malformed at byte " + strconv.FormatInt(malformed.ByteOffset, 10)}
	}
	wrong, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return &Error{"", "cannot be read"}
	case errors.Is(err, json.ErrUnknownName):
		return &Error{pathOf(wrong.JSONPointer), "is unknown"}
	}
	if inner, ok := errors.AsType[*wirejson.Error](err); ok {
		path := pathOf(wrong.JSONPointer)
		if inner.Field != "" {
			path += "." + inner.Field
		}
		return &Error{path, inner.Problem}
	}
	return &Error{pathOf(wrong.JSONPointer), "must be " + kindOf(wrong)}
}

// kindOf says what JSON a member has to be.
func kindOf(wrong *json.SemanticError) string {
	if wrong.GoType == nil {
		return "of another type"
	}
	if name := wrong.GoType.String(); name == "time.Time" {
		return `a time such as "2031-05-06T07:08:09Z"`
	}
	switch kind := wrong.GoType.Kind().String(); kind {
	case "bool":
		return "true or false"
	case "string":
		return "a string"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "slice":
		return "a list"
	}
	return "an object"
}

// pathOf writes a JSON Pointer as programmers do: users[0].email.
func pathOf(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		switch _, err := strconv.Atoi(token); {
		case err == nil:
			path.WriteString("[" + token + "]")
		case path.Len() > 0:
			path.WriteString("." + token)
		default:
			path.WriteString(token)
		}
	}
	if path.Len() > MaxText { // a name may be of any length, and is printed
		return fmt.Sprintf("%.100q", path.String())
	}
	return strings.Map(printable, path.String())
}

// printable replaces what could write anything else to a terminal.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return '?'
	}
	return r
}

// Decode reads a state. The error is an *Error.
func Decode(text []byte) (*State, error) {
	if len(text) > MaxBytes {
		return nil, &Error{"", fmt.Sprintf("is longer than %d bytes", MaxBytes)}
	}
	state := &State{}
	if err := Unmarshal(text, state); err != nil {
		return nil, err
	}
	return state, state.check()
}
