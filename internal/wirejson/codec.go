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
	return Codec[T]{decode, write, allOptional}
}

// AllOptional tells whether no member is always there.
func (c Codec[T]) AllOptional() bool { return c.allOptional }

// Decode reads a text into an empty message. The error is an *Error.
func (c Codec[T]) Decode(text []byte, strictness Strictness, m *T) (Result, error) {
	return decode(&Decoder{strictness: strictness}, text, func(d *Decoder) error { return c.read(d, m) })
}

// Check tells of a response what Decode does. It keeps nothing of the text, which may
// be long.
func (c Codec[T]) Check(text []byte) (Result, error) {
	return decode(&Decoder{checkOnly: true}, text, func(d *Decoder) error { return c.read(d, new(T)) })
}

func (c Codec[T]) read(d *Decoder, m *T) (err error) {
	if d.strictness == Response || c.allOptional {
		if d.result.Null, err = d.null(); d.result.Null || err != nil {
			return err
		}
	}
	return c.decode(d, m)
}

// DecodeList reads a text that is an array of messages. The error is an *Error.
func (c Codec[T]) DecodeList(text []byte, strictness Strictness, list *[]*T) (Result, error) {
	return decode(&Decoder{strictness: strictness}, text, func(d *Decoder) (err error) {
		*list, err = readElements(d, newMessage(c.decode))
		return err
	})
}

// CheckList is to DecodeList as Check is to Decode.
func (c Codec[T]) CheckList(text []byte) (Result, error) {
	return decode(&Decoder{checkOnly: true}, text, func(d *Decoder) error {
		_, err := readElements(d, newMessage(c.decode))
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
