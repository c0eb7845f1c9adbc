package wirejson

import (
	"fmt"
	"slices"
)

// Method is the JSON of one RPC. A nil Body says that there is none.
type Method struct {
	Request, Response Body
}

// Methods are the RPCs of a service, by full method name.
type Methods map[string]Method

// For finds an RPC that has the bodies that its rule tells of.
func (m Methods) For(fullMethod string, hasRequest, hasResponse bool) (Method, error) {
	method, ok := m[fullMethod]
	if !ok || (method.Request != nil) != hasRequest || (method.Response != nil) != hasResponse {
		return Method{}, fmt.Errorf("%s has not the JSON codecs of its rule; generate gen/ anew", fullMethod)
	}
	return method, nil
}

// Body is the part of an RPC's request or response message that is the HTTP body.
type Body interface {
	// Decode reads a text into an empty message of the RPC, or into what grpc-gateway
	// asks to be filled: a pointer to the message's field that is the body. A request
	// whose members are all optional may be null or empty. What the text says is in
	// the message afterwards only if there is no error, which is an *Error.
	Decode(text []byte, message any) (Result, error)
	// Check tells of a response what Decode does, for whoever needs no message.
	Check(text []byte) (Result, error)
	// Append writes the body of a message of the RPC to the end of dst; nothing where
	// the field that is the body is not set. The error is an *Error for a value that
	// JSON can't hold.
	Append(dst []byte, message any) ([]byte, error)
	// AllOptional tells whether no member of the body is always there.
	AllOptional() bool
}

// Whole is the body that is all of the message but what is in the path.
func Whole[T any](strictness Strictness, codec Codec[T]) Body {
	return Field(strictness, codec, func(m *T) **T { return &m })
}

// Field is the body that is one field of message M.
func Field[M, T any](strictness Strictness, codec Codec[T], of func(*M) **T) Body {
	return field[M, T]{codec, strictness, of, nil}
}

// Masked is the body that is one field of message M, of which a mask may name the
// fields to write.
func Masked[M, T any](strictness Strictness, codec Codec[T], of func(*M) **T, mask Mask[M, T]) Body {
	return field[M, T]{codec, strictness, of, &mask}
}

// Mask is the google.protobuf.FieldMask beside a body.
type Mask[M, T any] struct {
	// Name is the name of its field, Message that of the body's type.
	Name, Message string
	// Paths returns what it names; without any it names the fields that are set (AIP-134).
	Paths func(*M) []string
	// Fields are the names of the body's fields.
	Fields []string
	// Append writes those that are named: as null where they are not set.
	Append func(e *Encoder, m *T, paths []string)
}

// List is the body that is the only field, a list, of message M.
func List[M, T any](strictness Strictness, codec Codec[T], of func(*M) *[]*T) Body {
	return Field(strictness, ListCodec(codec), func(m *M) **[]*T {
		list := of(m)
		return &list
	})
}

type field[M, T any] struct {
	Codec[T]
	strictness Strictness
	of         func(*M) **T
	mask       *Mask[M, T] // nil where there is none
}

func (b field[M, T]) Decode(text []byte, message any) (result Result, err error) {
	place, ok := message.(**T)
	if !ok {
		m, err := as[M](message)
		if err != nil {
			return result, err
		}
		place = b.of(m)
	}
	value := *place
	if value == nil {
		value = new(T)
	}
	if len(text) > 0 || b.strictness == Response || !b.allOptional {
		result, err = b.Codec.Decode(text, b.strictness, value)
	}
	if err == nil && (!result.Null || b.strictness == Request) {
		*place = value
	}
	return result, err
}

func (b field[M, T]) Append(dst []byte, message any) ([]byte, error) {
	m, err := as[M](message)
	if err != nil {
		return dst, err
	}
	value := *b.of(m)
	if b.mask != nil {
		if paths := b.mask.Paths(m); len(paths) > 0 {
			return b.mask.append(dst, value, paths)
		}
	}
	if value == nil {
		return dst, nil
	}
	return b.Codec.Append(dst, value)
}

func (mask *Mask[M, T]) append(dst []byte, value *T, paths []string) ([]byte, error) {
	for i, path := range paths {
		if !slices.Contains(mask.Fields, path) {
			return dst, &Error{Field: mask.Name, Problem: fmt.Sprintf("path %d names no field of %s", i, mask.Message)}
		}
	}
	if value == nil {
		value = new(T)
	}
	return appendTo(dst, func(e *Encoder) { mask.Append(e, value, paths) })
}

func as[M any](message any) (*M, error) {
	m, ok := message.(*M)
	if !ok || m == nil {
		return nil, fmt.Errorf("the message is a %T, not a %T", message, m)
	}
	return m, nil
}
