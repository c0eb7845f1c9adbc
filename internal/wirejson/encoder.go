package wirejson

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Encoder writes one JSON text. The first error stays, with the path to it.
type Encoder struct {
	tokens jsontext.Encoder
	err    error
}

// appendTo writes a text to the end of dst; the error is an *Error.
func appendTo(dst []byte, write func(*Encoder)) ([]byte, error) {
	e, buffer := &Encoder{}, bytes.NewBuffer(dst)
	e.tokens.Reset(buffer, jsontext.AllowDuplicateNames(true)) // no codec writes one twice
	if write(e); e.err != nil {
		return dst, e.err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// BeginObject begins an object.
func (e *Encoder) BeginObject() { e.token(jsontext.BeginObject) }

// EndObject ends an object.
func (e *Encoder) EndObject() { e.token(jsontext.EndObject) }

// token writes a token; of those that the codecs write, only a string can be wrong.
func (e *Encoder) token(token jsontext.Token) {
	if e.err == nil && e.tokens.WriteToken(token) != nil {
		e.Fail("is not valid UTF-8")
	}
}

// Fail notes what is wrong with the value that is being written.
func (e *Encoder) Fail(problem string) {
	if e.err == nil {
		e.err = &Error{Problem: problem}
	}
}
