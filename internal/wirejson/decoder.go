package wirejson

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Strictness is how much is forgiven to whoever wrote the JSON.
type Strictness bool

const (
	// Request refuses an unknown enum word and a member that occurs twice: they are a
	// caller's mistakes.
	Request Strictness = true
	// Response lets both pass: the upstream may know more than the .proto. Of a
	// repeated member the last counts.
	Response Strictness = false
)

// Result is what a text tells beside the message.
type Result struct {
	// Null says that the text is null, and the message as it was.
	Null bool
	// UnknownMembers and UnknownWords count what the .proto does not know: members of
	// its messages, and enum words. In a response they are a sign of drift.
	UnknownMembers, UnknownWords int
}

// Decoder reads one JSON text.
type Decoder struct {
	strictness Strictness
	checkOnly  bool // strings are read as empty, lists, maps and what is optional as nil
	tokens     jsontext.Decoder
	input      bytes.Buffer
	skipped    int // bytes of the byte order mark
	result     Result
}

// TrimBOM returns a text without the byte order mark that may stand in front of it
// (RFC 8259, section 8.1).
func TrimBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// read reads a text that is one JSON value. The error is an *Error.
func (d *Decoder) read(text []byte, value func() error) error {
	if !utf8.Valid(text) {
		return &Error{Problem: "is not JSON: it is not UTF-8"}
	}
	trimmed := TrimBOM(text)
	d.skipped, d.input = len(text)-len(trimmed), *bytes.NewBuffer(trimmed)
	// Half of a surrogate pair, written as an escape, is invalid UTF-8 to jsontext and
	// becomes U+FFFD: JavaScript writes it where it cuts a text in the middle of a
	// character. Other invalid UTF-8 is refused above.
	d.tokens.Reset(&d.input, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(d.strictness == Response))
	if err := value(); err != nil {
		return d.explain(err)
	}
	if _, err := d.tokens.ReadToken(); !errors.Is(err, io.EOF) {
		return &Error{Problem: "goes on after its JSON value"}
	}
	return nil
}

// BeginObject goes into an object.
func (d *Decoder) BeginObject() error { return d.begin('{', "an object") }

func (d *Decoder) begin(kind jsontext.Kind, want string) error {
	token, err := d.tokens.ReadToken()
	if err == nil && token.Kind() != kind {
		err = wrongType(want, token.Kind())
	}
	return err
}

// More tells whether the object or array has another member or element. It has too
// where the text is broken: reading on returns the error.
func (d *Decoder) More() bool {
	kind := d.tokens.PeekKind()
	return kind != '}' && kind != ']'
}

// End goes behind the end of an object or array.
func (d *Decoder) End() error {
	_, err := d.tokens.ReadToken()
	return err
}

// Name reads a member's name, which is valid until the next call. What is no name where
// one is due, jsontext refuses.
func (d *Decoder) Name() ([]byte, error) { return ReadWord(d) }

// keep makes a string of what ReadWord has read.
func (d *Decoder) keep(text []byte) string {
	if d.checkOnly {
		return ""
	}
	return string(text)
}

// SkipUnknown skips the value of a member that the .proto does not know.
func (d *Decoder) SkipUnknown() error {
	d.result.UnknownMembers++
	return d.tokens.SkipValue()
}

// null skips a value if it is null.
func (d *Decoder) null() (bool, error) {
	if d.tokens.PeekKind() != 'n' {
		return false, nil
	}
	return true, d.tokens.SkipValue()
}
