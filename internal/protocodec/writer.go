package protocodec

import (
	"sync"
	"unicode/utf8"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// writer writes from the end of a buffer towards its beginning, so that what a
// message takes is known when its length is to be written.
type writer struct {
	buf     []byte
	at      int  // where what has been written begins
	invalid bool // there is a string that is not UTF-8
}

func (w *writer) message(e *encoder, base unsafe.Pointer) {
	if base == nil {
		return
	}
	w.bytes(*e.layout.Unknown(base))
	for i := len(e.fields) - 1; i >= 0; i-- {
		w.field(&e.fields[i], base)
	}
}

func (w *writer) field(f *field, base unsafe.Pointer) {
	switch f.form {
	case layout.PlainText:
		if s := *layout.At[string](base, f.offset); s != "" {
			w.text(f.tag, s)
		}
	case layout.OptionalText:
		if s := *layout.At[*string](base, f.offset); s != nil {
			w.text(f.tag, *s)
		}
	case layout.TextMap:
		for key, value := range *layout.At[map[string]string](base, f.offset) {
			before := w.written()
			w.text([]byte{valueTag}, value)
			w.text([]byte{keyTag}, key)
			w.length(f.tag, before)
		}
	case layout.OneMessage:
		if sub := *layout.At[unsafe.Pointer](base, f.offset); sub != nil {
			w.nested(f, sub)
		}
	case layout.ManyMessages:
		list := *layout.At[[]unsafe.Pointer](base, f.offset)
		for i := len(list) - 1; i >= 0; i-- {
			w.nested(f, list[i])
		}
	default:
		if value, set := f.varint(base); set {
			w.varint(value)
			w.bytes(f.tag)
		}
	}
}

func (w *writer) nested(f *field, base unsafe.Pointer) {
	before := w.written()
	w.message(f.sub, base)
	w.length(f.tag, before)
}

func (w *writer) text(tag []byte, s string) {
	w.invalid = w.invalid || !utf8.ValidString(s)
	before := w.written()
	copy(w.room(len(s)), s)
	w.length(tag, before)
}

// length writes the tag and the length of what has been written since then.
func (w *writer) length(tag []byte, before int) {
	w.varint(uint64(w.written() - before)) //nolint:gosec // a length
	w.bytes(tag)
}

// bytes writes bytes, of which mostly there is one: a tag.
func (w *writer) bytes(b []byte) {
	if len(b) == 1 {
		w.room(1)[0] = b[0]
		return
	}
	copy(w.room(len(b)), b)
}

func (w *writer) varint(value uint64) {
	if value < 1<<7 { // as most are
		w.room(1)[0] = byte(value)
		return
	}
	protowire.AppendVarint(w.room(protowire.SizeVarint(value))[:0], value)
}

// room makes room for n bytes in front of what has been written.
func (w *writer) room(n int) []byte {
	if w.at < n {
		w.grow(n)
	}
	w.at -= n
	return w.buf[w.at : w.at+n]
}

func (w *writer) grow(n int) {
	grown := make([]byte, 2*len(w.buf)+n)
	at := len(grown) - w.written()
	copy(grown[at:], w.buf[w.at:])
	w.buf, w.at = grown, at
}

// written is how much has been written.
func (w *writer) written() int { return len(w.buf) - w.at }

// A writer begins with firstBuffer bytes, and is kept for the next message unless
// it has grown beyond maxKept.
const (
	firstBuffer = 1 << 10
	maxKept     = 1 << 20
)

var writers = sync.Pool{New: func() any { return &writer{buf: make([]byte, firstBuffer), at: firstBuffer} }}

func takeWriter() *writer {
	w, _ := writers.Get().(*writer) // the pool holds nothing else
	return w
}

// release lets the next message have the buffer.
func (w *writer) release() {
	if len(w.buf) > maxKept {
		return
	}
	clear(w.buf[w.at:]) // it may hold credentials
	w.at, w.invalid = len(w.buf), false
	writers.Put(w)
}
