package wirejson

// Codec reads and writes the messages of one type.
type Codec[T any] struct {
	decode      func(*Decoder, *T) error
	write       func(*Encoder, *T)
	allOptional bool
}

// NewCodec makes a codec of generated functions. allOptional says that no member is
// always there: then a request may be null, or not there at all.
func NewCodec[T any](decode func(*Decoder, *T) error, write func(*Encoder, *T), allOptional bool) Codec[T] {
	return Codec[T]{decode: decode, write: write, allOptional: allOptional}
}

// Decode reads a text into an empty message. The error is an *Error.
func (c Codec[T]) Decode(text []byte, strictness Strictness, m *T) (Result, error) {
	return decode(text, strictness, func(d *Decoder) error {
		if strictness == Response || c.allOptional {
			null, err := d.null()
			d.result.Null = null
			if null || err != nil {
				return err
			}
		}
		return c.decode(d, m)
	})
}

// DecodeList reads a text that is an array of messages. The error is an *Error.
func (c Codec[T]) DecodeList(text []byte, strictness Strictness, list *[]*T) (Result, error) {
	return decode(text, strictness, func(d *Decoder) (err error) {
		*list, err = readElements(d, func(d *Decoder) (*T, error) {
			m := new(T)
			return m, c.decode(d, m)
		})
		return err
	})
}

// Append writes a message to the end of dst. The error is an *Error for a value that
// JSON can't hold; then dst comes back as it was.
func (c Codec[T]) Append(dst []byte, m *T) ([]byte, error) {
	return appendTo(dst, func(e *Encoder) { c.write(e, m) })
}

// AppendList writes messages as an array to the end of dst, as Append does.
func (c Codec[T]) AppendList(dst []byte, list []*T) ([]byte, error) {
	return appendTo(dst, func(e *Encoder) { writeElements(e, list, c.write) })
}

func appendTo(dst []byte, write func(*Encoder)) ([]byte, error) {
	e := &Encoder{text: dst}
	write(e)
	if e.err != nil {
		return dst, e.err
	}
	return e.text, nil
}
