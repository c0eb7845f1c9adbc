// Package protocodec is a codec of gRPC's for Protobuf messages. It writes those
// that it was made for from their structs, at offsets found at start: what
// grpc-go's own codec does by reflection, for maps above all, is a third of what
// a long list costs. All else is left to grpc-go's own.
package protocodec

import (
	"reflect"
	"slices"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Codec implements encoding.CodecV2. What it writes is to the byte what the proto
// package writes, but for the order of a map's entries, which neither promises.
type Codec struct {
	encoding.CodecV2 // grpc-go's own, for what has no encoder
	encoders         map[reflect.Type]*encoder
}

// New makes a codec that writes the given types of messages. A type with a field
// that it has no way to write is written by grpc-go's codec, as all others are.
func New(messages ...protoreflect.MessageDescriptor) *Codec {
	c := &Codec{CodecV2: encoding.GetCodecV2(proto.Name), encoders: map[reflect.Type]*encoder{}}
	done := map[protoreflect.FullName]*encoder{}
	for _, message := range messages {
		if e := compile(message, done); e != nil {
			c.encoders[e.layout.Pointer()] = e
		}
	}
	return c
}

// Marshal implements encoding.CodecV2.
func (c *Codec) Marshal(v any) (mem.BufferSlice, error) {
	e := c.encoders[reflect.TypeOf(v)]
	base := reflect.ValueOf(v)
	if e == nil || base.IsNil() {
		return c.CodecV2.Marshal(v)
	}
	w := takeWriter()
	defer w.release()
	w.message(e, base.UnsafePointer())
	if w.invalid {
		return c.CodecV2.Marshal(v) // which says what is wrong
	}
	text := w.buf[w.at:]
	if mem.IsBelowBufferPoolingThreshold(len(text)) {
		return mem.BufferSlice{mem.SliceBuffer(slices.Clone(text))}, nil
	}
	return mem.BufferSlice{mem.Copy(text, mem.DefaultBufferPool())}, nil
}
