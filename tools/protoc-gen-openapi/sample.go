package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// sample returns a message's example, as JSON. Every message that is a body has
// one: what a tool makes up instead, the upstream refuses. Whether it is of its
// schema is checked with the whole document.
func (d *document) sample(message protoreflect.MessageDescriptor) (json.RawMessage, error) {
	value, err := d.wire.Value(message, exampleOption)
	if err != nil {
		return nil, err
	}
	text := json.RawMessage(value.String())
	if !json.Valid(text) {
		return nil, fmt.Errorf("the example of %s is not JSON: %s", message.FullName(), text)
	}
	return text, nil
}

// responseSample returns the example of a response that is one field of a response:
// the response's own if it has one, else that of the thing that the field holds.
func (d *document) responseSample(field *protogen.Field) (json.RawMessage, error) {
	if field.Message == nil {
		return nil, errors.New("the answer is no message, so has no example")
	}
	_, own, err := d.wire.LookUp(field.Parent.Desc, exampleOption)
	if err != nil {
		return nil, err
	}
	if own {
		return d.sample(field.Parent.Desc)
	}
	text, err := d.sample(field.Message.Desc)
	if err == nil && field.Desc.IsList() {
		text = fmt.Appendf(nil, "[%s]", text)
	}
	return text, err
}
