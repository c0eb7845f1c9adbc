package main

import (
	"fmt"
	"strconv"
	"strings"
)

// lower begins a name with a small letter.
func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// allOptional tells whether no member is always there.
func (m *message) allOptional() bool {
	for _, f := range m.fields {
		if f.always() {
			return false
		}
	}
	return true
}

// writeCodec writes a message's codec and its functions.
func (m *message) writeCodec(t *text) {
	name := m.desc.GoIdent.GoName
	t.line("// %s is the JSON of its namesake.", name)
	t.line("var %s = wirejson.NewCodec(decode%s, append%s, %t)", name, name, name, m.allOptional())
	t.line("")
	m.writeDecode(t)
	m.writeAppend(t)
	if m.masked {
		m.writeAppendFields(t)
	}
}

func (m *message) writeDecode(t *text) {
	t.line("func decode%s(d *wirejson.Decoder, m *%s) error {", m.desc.GoIdent.GoName, m.goType)
	t.line("if err := d.BeginObject(); err != nil {")
	t.line("return err")
	t.line("}")
	t.line("for d.More() {")
	t.line("name, err := d.Name()")
	t.line("if err != nil {")
	t.line("return err")
	t.line("}")
	t.line("switch string(name) {")
	for _, f := range m.fields {
		t.line("case %s:", f.json())
		t.line("if m.%s, err = %s; err != nil {", f.GoName, f.read())
		t.line("return wirejson.Within(%s, err)", f.json())
		t.line("}")
	}
	t.line("default:")
	t.line("if err := d.SkipUnknown(); err != nil {")
	t.line("return err")
	t.line("}")
	t.line("}")
	t.line("}")
	t.line("return d.End()")
	t.line("}")
	t.line("")
}

// read is the call that reads a member's value.
func (f *field) read() string {
	reader, call := "wirejson.ReadStringMap", "ReadPlain"
	switch {
	case f.Desc.IsMap():
	case f.sub != nil:
		reader = fmt.Sprintf("wirejson.MessageOf(decode%s)", f.sub.desc.GoIdent.GoName)
	default:
		reader = f.function("Read")
		if f.Desc.HasPresence() {
			call = "ReadOptional"
		}
	}
	if f.Desc.IsList() {
		reader = fmt.Sprintf("wirejson.ListOf(%s)", reader)
	}
	return fmt.Sprintf("wirejson.%s(d, %s)", call, reader)
}

// function is the one that reads or writes a single value.
func (f *field) function(verb string) string {
	switch {
	case f.sub != nil:
		return "append" + f.sub.desc.GoIdent.GoName
	case f.enum != nil:
		return lower(verb) + f.enum.desc.GoIdent.GoName
	default:
		return "wirejson." + verb + f.kind
	}
}

// write writes an enum's functions.
func (e *enum) write(t *text) {
	name, of := e.desc.GoIdent.GoName, e.goType
	var known []string
	t.line("func read%s(d *wirejson.Decoder) (%s, error) {", name, of)
	t.line("word, err := wirejson.ReadWord(d)")
	t.line("if err != nil {")
	t.line("return 0, err")
	t.line("}")
	t.line("switch string(word) {")
	for _, w := range e.words {
		known = append(known, strconv.Quote(w.text))
		t.line("case %q:", w.text)
		t.line("return %s, nil", w.value)
	}
	t.line("default:")
	t.line("return 0, d.UnknownWord(%q)", strings.Join(known, ", "))
	t.line("}")
	t.line("}")
	t.line("")
	t.line("func write%s(e *wirejson.Encoder, value %s) {", name, of)
	t.line("wirejson.WriteWord(e, %sWord(value), int32(value))", name)
	t.line("}")
	t.line("")
	t.line("// %sWord spells a value as JSON does; empty where it has no word.", name)
	t.line("func %sWord(value %s) string {", name, of)
	t.line("switch value {")
	for _, w := range e.words {
		t.line("case %s:", w.value)
		t.line("return %q", w.text)
	}
	t.line("default:")
	t.line(`return ""`)
	t.line("}")
	t.line("}")
	t.line("")
}
