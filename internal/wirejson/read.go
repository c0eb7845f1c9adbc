package wirejson

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// ReadString reads a string.
func ReadString(d *Decoder) (string, error) {
	text, err := ReadWord(d)
	if err != nil {
		return "", err
	}
	return d.keep(text), nil
}

// ReadWord reads a string, such as an enum value's, that is valid until the next
// call.
func ReadWord(d *Decoder) ([]byte, error) {
	if d.tokens.PeekKind() != '"' {
		return nil, d.refuse("a string")
	}
	return d.text()
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
	if kind := d.tokens.PeekKind(); kind != 't' && kind != 'f' {
		return false, d.refuse("true or false")
	}
	token, err := d.tokens.ReadToken()
	return token.Kind() == 't', err
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
	if d.tokens.PeekKind() != '0' {
		return nil, d.refuse("a number")
	}
	return d.tokens.ReadValue()
}
