package wirejson

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// ReadWord reads a string, such as an enum value's, that is valid until the next
// call.
func ReadWord(d *Decoder) ([]byte, error) {
	quoted, err := d.tokens.ReadValue()
	switch {
	case err != nil:
		return nil, err
	case quoted[0] != '"':
		return nil, wrongType("a string", quoted.Kind())
	case bytes.IndexByte(quoted, '\\') < 0:
		return quoted[1 : len(quoted)-1], nil
	}
	text, _ := jsontext.AppendUnquote(nil, quoted) // the error is of half a surrogate pair
	return text, nil
}

// ReadString reads a string.
func ReadString(d *Decoder) (string, error) {
	text, err := ReadWord(d)
	return d.keep(text), err
}

// UnknownWord says what an unknown word of an enum is: an error in a request, the
// zero value in a response.
func (d *Decoder) UnknownWord(known string) error {
	d.result.UnknownWords++
	if d.strictness == Request {
		return &Error{Problem: "must be one of " + known}
	}
	return nil
}

// ReadBool reads true or false.
func ReadBool(d *Decoder) (bool, error) {
	text, err := d.tokens.ReadValue()
	if err == nil && text[0] != 't' && text[0] != 'f' {
		err = wrongType("true or false", text.Kind())
	}
	return err == nil && text[0] == 't', err
}

// ReadNumber reads a number that T can hold as it is.
func ReadNumber[T int32 | int64 | float64](d *Decoder) (n T, err error) {
	text, err := d.tokens.ReadValue()
	switch {
	case err != nil:
		return n, err
	case text.Kind() != '0':
		return n, wrongType("a number", text.Kind())
	case json.Unmarshal(text, &n) != nil:
		err = &Error{Problem: fmt.Sprintf("must be a number of type %T", n)}
	}
	return n, err
}
