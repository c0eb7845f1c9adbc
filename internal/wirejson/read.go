package wirejson

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

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

// ReadInt reads an integer.
func ReadInt[T int32 | int64](d *Decoder) (T, error) {
	text, err := d.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || int64(T(n)) != n {
		return 0, &Error{Problem: fmt.Sprintf("must be an integer of %d bits", 8*binary.Size(T(0)))}
	}
	return T(n), nil
}

// ReadDouble reads a number of 64 bits.
func ReadDouble(d *Decoder) (float64, error) {
	text, err := d.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, &Error{Problem: "must be a number of 64 bits"}
	}
	return n, nil
}

func (d *Decoder) number() (jsontext.Value, error) {
	text, err := d.tokens.ReadValue()
	if err == nil && text.Kind() != '0' {
		err = wrongType("a number", text.Kind())
	}
	return text, err
}
