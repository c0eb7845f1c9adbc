package wirejson

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonText is a JSON value as it stands in a text.
type jsonText string

// kind tells the values of a type by one character: " 0 t f n { [ and, where there
// is no value, 0.
func (t jsonText) kind() jsontext.Kind {
	if t == "" {
		return 0
	}
	return kindOf(t[0])
}

func kindOf(first byte) jsontext.Kind {
	if first == '-' || '0' <= first && first <= '9' {
		return '0'
	}
	return jsontext.Kind(first)
}

// An answer may have a member twice. Invalid UTF-8 can only be half of a surrogate
// pair, written as an escape.
var (
	requestSyntax = []jsontext.Options{jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(true)}
	answerSyntax  = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
)

// checkSyntax tells whether a text is one JSON value.
func checkSyntax(text []byte, strictness Strictness) error {
	if !utf8.Valid(text) {
		return &Error{Problem: "is not JSON: it is not UTF-8"}
	}
	syntax := answerSyntax
	if strictness == Request {
		syntax = requestSyntax
	}
	if jsontext.Value(text).IsValid(syntax...) {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(text), syntax...)
	if _, err := d.ReadValue(); err != nil {
		return notJSON(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return &Error{Problem: "goes on after its JSON value"}
	}
	return &Error{Problem: "is not JSON"}
}

// decoder reads a text that is known to be one JSON value: it need not look for
// mistakes, and finds its way by the first character of each value. What it
// returns are parts of the text.
type decoder struct {
	text    string
	at      int
	strict  bool
	escapes bool     // there are some in the text
	strings []string // memory for those that are pointed to
}

func newDecoder(text []byte, strictness Strictness) decoder {
	return decoder{text: string(text), strict: strictness == Request, escapes: bytes.IndexByte(text, '\\') >= 0}
}

// between are the characters that stand between values, a bit for each. Commas and
// colons tell nothing that the place of a value does not.
const between uint64 = 1<<' ' | 1<<'\t' | 1<<'\r' | 1<<'\n' | 1<<',' | 1<<':'

// peek is the first character of what comes next.
func (d *decoder) peek() byte {
	for d.at < len(d.text) {
		c := d.text[d.at]
		if between>>c&1 == 0 {
			return c
		}
		d.at++
	}
	return 0
}

// raw returns the next value as it stands in the text.
func (d *decoder) raw() jsonText {
	first := d.peek()
	start := d.at
	switch first {
	case '"':
		d.skipString()
	case '{', '[':
		d.skipNested()
	default:
		for d.at < len(d.text) {
			if c := d.text[d.at]; between>>c&1 != 0 || c == ']' || c == '}' {
				break
			}
			d.at++
		}
	}
	return jsonText(d.text[start:d.at])
}

// take goes behind what comes next where that is it.
func (d *decoder) take(next jsonText) bool {
	if !strings.HasPrefix(d.text[d.at:], string(next)) {
		return false
	}
	d.at += len(next)
	return true
}

// unquote reads a string.
func (d *decoder) unquote(text jsonText) (s string, exact bool, err error) {
	if text.kind() == '"' && !d.escapes {
		return string(text[1 : len(text)-1]), true, nil
	}
	return unquote(text)
}

// skipString goes behind a string.
func (d *decoder) skipString() {
	d.at++
	if !d.escapes {
		d.at += strings.IndexByte(d.text[d.at:], '"') + 1
		return
	}
	for {
		rest := d.text[d.at:]
		end := strings.IndexByte(rest, '"')
		if escape := strings.IndexByte(rest[:end], '\\'); escape >= 0 {
			d.at += escape + 2
			continue
		}
		d.at += end + 1
		return
	}
}

// skipNested goes behind an object or array.
func (d *decoder) skipNested() {
	for depth := 0; ; {
		switch d.text[d.at] {
		case '"':
			d.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		d.at++
		if depth == 0 {
			return
		}
	}
}

// open goes into an object or array.
func (d *decoder) open(first byte) error {
	if have := d.peek(); have != first {
		return wrongType(kindName(jsontext.Kind(first)), kindOf(have))
	}
	d.at++
	return nil
}

// more tells whether there is a member or element left, and goes behind the end
// where there is none.
func (d *decoder) more() bool {
	if c := d.peek(); c != '}' && c != ']' {
		return true
	}
	d.at++
	return false
}

// pointTo returns a pointer to a string. Memory is taken for many at a time.
func (d *decoder) pointTo(s string) *string {
	if len(d.strings) == cap(d.strings) {
		d.strings = make([]string, 0, min(max(8, 2*cap(d.strings)), 512))
	}
	d.strings = append(d.strings, s)
	return &d.strings[len(d.strings)-1]
}
