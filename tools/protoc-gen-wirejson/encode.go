package main

import "fmt"

func (m *message) writeAppend(t *text) {
	t.line("func append%s(e *wirejson.Encoder, m *%s) {", m.desc.GoIdent.GoName, m.goType)
	t.line("e.BeginObject()")
	for _, f := range m.fields {
		if f.always() && f.enum != nil {
			t.line("if m.%s != 0 {", f.GoName)
			t.line("%s", f.append())
			t.line("}")
			continue
		}
		t.line("%s", f.append())
	}
	t.line("e.EndObject()")
	t.line("}")
	t.line("")
}

// writeAppendFields writes the function for a body of which a mask names fields.
func (m *message) writeAppendFields(t *text) {
	t.line("func append%sFields(e *wirejson.Encoder, m *%s, paths []string) {", m.desc.GoIdent.GoName, m.goType)
	t.line("e.BeginObject()")
	for _, f := range m.fields {
		t.line("switch {")
		t.line("case !slices.Contains(paths, %q):", f.Desc.Name())
		switch {
		case f.Desc.IsMap() || f.Desc.IsList():
			t.line("case len(m.%s) == 0:", f.GoName)
			t.line("wirejson.WriteNull(e, %s)", f.json())
		case f.Desc.HasPresence():
			t.line("case m.%s == nil:", f.GoName)
			t.line("wirejson.WriteNull(e, %s)", f.json())
		case f.enum != nil:
			t.line("case m.%s == 0:", f.GoName)
		}
		t.line("default:")
		t.line("%s", f.append())
		t.line("}")
	}
	t.line("e.EndObject()")
	t.line("}")
	t.line("")
}

// append is the call that writes a member.
func (f *field) append() string {
	switch {
	case f.Desc.IsMap():
		return fmt.Sprintf("wirejson.WriteStringMap(e, %s, m.%s)", f.json(), f.GoName)
	case f.Desc.IsList():
		return fmt.Sprintf("wirejson.WriteList(e, %s, m.%s, %s)", f.json(), f.GoName, f.function("Write"))
	case f.sub != nil:
		return fmt.Sprintf("wirejson.WriteMessage(e, %s, m.%s, %s)", f.json(), f.GoName, f.function("Write"))
	case f.Desc.HasPresence():
		return fmt.Sprintf("wirejson.WriteOptional(e, %s, m.%s, %s)", f.json(), f.GoName, f.function("Write"))
	default:
		return fmt.Sprintf("wirejson.WritePlain(e, %s, m.%s, %s)", f.json(), f.GoName, f.function("Write"))
	}
}
