package main

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
)

// writeMethods writes the table of a service's bodies.
func (c *contract) writeMethods(t *text, service *protogen.Service) {
	t.line("// Methods are the bodies of the RPCs of %s.", service.GoName)
	t.line("var Methods = wirejson.Methods{")
	for _, m := range service.Methods {
		bodies := c.methods[m]
		t.line("%q: {", fmt.Sprintf("/%s/%s", service.Desc.FullName(), m.Desc.Name()))
		if bodies.request != nil {
			t.line("Request: %s,", bodies.request.literal("wirejson.Request", m.Input, c))
		}
		if bodies.response != nil {
			t.line("Response: %s,", bodies.response.literal("wirejson.Response", m.Output, c))
		}
		t.line("},")
	}
	t.line("}")
	t.line("")
}

// literal is the expression that makes a body.
func (b *body) literal(strictness string, holder *protogen.Message, c *contract) string {
	codec := b.message.desc.GoIdent.GoName
	if b.field == nil {
		return fmt.Sprintf("wirejson.Whole(%s, %s)", strictness, codec)
	}
	constructor, fieldType, more := "Field", "**", ""
	switch {
	case b.field.Desc.IsList():
		constructor, fieldType = "List", "*[]*"
	case b.mask != nil:
		constructor, more = "Masked", ", "+b.maskLiteral(c.goType(holder.GoIdent))
	}
	return fmt.Sprintf("wirejson.%s(%s, %s, func(m *%s) %s%s { return &m.%s }%s)", constructor, strictness, codec,
		c.goType(holder.GoIdent), fieldType, b.message.goType, b.field.GoName, more)
}

// maskLiteral is the expression for the mask beside a body.
func (b *body) maskLiteral(holder string) string {
	var fields []string
	for _, f := range b.message.fields {
		fields = append(fields, strconv.Quote(string(f.Desc.Name())))
	}
	return fmt.Sprintf(`wirejson.Mask[%[1]s, %[2]s]{
		Name: %[3]q,
		Message: %[4]q,
		Paths: func(m *%[1]s) []string { return m.Get%[5]s().GetPaths() },
		Fields: []string{%[6]s},
		Append: append%[7]sFields,
	}`, holder, b.message.goType, b.mask.Desc.Name(), b.message.desc.Desc.Name(), b.mask.GoName,
		strings.Join(fields, ", "), b.message.desc.GoIdent.GoName)
}
