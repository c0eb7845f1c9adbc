package wirejson

// Codec reads and writes the values of one type: a message, or a list of messages.
type Codec[T any] struct {
	decode      func(*Decoder, *T) error
	write       func(*Encoder, *T)
	allOptional bool
	list        bool
}

// NewCodec makes a codec of generated functions. allOptional says that no member is
// always there: then a request may be null, or not there at all.
func NewCodec[T any](decode func(*Decoder, *T) error, write func(*Encoder, *T), allOptional bool) Codec[T] {
	return Codec[T]{decode: decode, write: write, allOptional: allOptional}
}

// ListCodec makes the codec of a list of messages, which is never null.
func ListCodec[T any](c Codec[T]) Codec[[]*T] {
	return Codec[[]*T]{
		decode: func(d *Decoder, list *[]*T) (err error) {
			*list, err = ListOf(MessageOf(c.decode))(d)
			return err
		},
		write: func(e *Encoder, list *[]*T) { writeElements(e, *list, c.write) },
		list:  true,
	}
}

// AllOptional tells whether no member is always there.
func (c Codec[T]) AllOptional() bool { return c.allOptional }

// Decode reads a text into an empty value. The error is an *Error.
func (c Codec[T]) Decode(text []byte, strictness Strictness, value *T) (Result, error) {
	return c.read(&Decoder{strictness: strictness}, text, value)
}

// Check tells of a response what Decode does, and keeps nothing of it.
func (c Codec[T]) Check(text []byte) (Result, error) {
	return c.read(&Decoder{checkOnly: true}, text, new(T))
}

func (c Codec[T]) read(d *Decoder, text []byte, value *T) (Result, error) {
	err := d.read(text, func() (err error) {
		if !c.list && (d.strictness == Response || c.allOptional) {
			if d.result.Null, err = d.null(); d.result.Null || err != nil {
				return err
			}
		}
		return c.decode(d, value)
	})
	return d.result, err
}

// Append writes a value to the end of dst. The error is an *Error for what JSON can't
// hold; then dst comes back as it was.
func (c Codec[T]) Append(dst []byte, value *T) ([]byte, error) {
	return appendTo(dst, func(e *Encoder) { c.write(e, value) })
}
