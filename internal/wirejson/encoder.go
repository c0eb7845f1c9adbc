package wirejson

import "github.com/go-json-experiment/json/jsontext"

// Encoder writes one JSON text. The first error stays, with the path to it.
type Encoder struct {
	text  []byte
	comma bool // another member or element needs one in front
	err   error
}

// appendTo writes a text to the end of dst; the error is an *Error.
func appendTo(dst []byte, write func(*Encoder)) ([]byte, error) {
	e := &Encoder{text: dst}
	if write(e); e.err != nil {
		return dst, e.err
	}
	return e.text, nil
}

// BeginObject begins an object.
func (e *Encoder) BeginObject() { e.begin('{') }

// EndObject ends an object.
func (e *Encoder) EndObject() { e.end('}') }

func (e *Encoder) begin(delimiter byte) { e.text, e.comma = append(e.text, delimiter), false }

func (e *Encoder) end(delimiter byte) { e.text, e.comma = append(e.text, delimiter), true }

// next separates a member or an element from the one before.
func (e *Encoder) next() {
	if e.comma {
		e.text = append(e.text, ',')
	}
	e.comma = true
}

// Fail notes what is wrong with the value that is being written.
func (e *Encoder) Fail(problem string) {
	if e.err == nil {
		e.err = &Error{Problem: problem}
	}
}

func (e *Encoder) quote(s, problem string) {
	text, err := jsontext.AppendQuote(e.text, s)
	if err != nil {
		e.Fail(problem)
		return
	}
	e.text = text
}
