package wirejson

import (
	"sync"
	"unsafe"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// holding tells which fields of a type of message hold messages.
type holding struct {
	layout *layout.Struct
	fields []holder
}

type holder struct {
	desc   protoreflect.FieldDescriptor
	isList bool
	form   layout.Form
	offset uintptr
}

// holdings are those of the types that were met, by their descriptors.
var holdings sync.Map

func holdingOf(desc protoreflect.MessageDescriptor) *holding {
	if known, ok := holdings.Load(desc); ok {
		h, _ := known.(*holding)
		return h
	}
	h := &holding{layout: layout.Of(desc)}
	for i := range desc.Fields().Len() {
		if f := desc.Fields().Get(i); f.Message() != nil && !f.IsMap() {
			form, offset := h.layout.Place(f, layout.Of(f.Message()))
			h.fields = append(h.fields, holder{desc: f, isList: f.IsList(), form: form, offset: offset})
		}
	}
	holdings.Store(desc, h)
	return h
}

// Strip takes the residue out of a message and all that it holds. What stood for
// null is unset afterwards.
func Strip(message protoreflect.Message) {
	h := holdingOf(message.Descriptor())
	h.strip(hold(h.layout, message))
}

func (h *holding) strip(m held) {
	if unknown := m.unknown(); len(unknown) > 0 {
		m.setUnknown(withoutResidue(unknown))
	}
	for i := range h.fields {
		f := &h.fields[i]
		switch {
		case m.base != nil && f.form == layout.ManyMessages:
			holdingOf(f.desc.Message()).stripAll(*layout.At[[]unsafe.Pointer](m.base, f.offset))
		case !m.reflect().Has(f.desc):
		case f.isList:
			for list, i := m.reflect().Get(f.desc).List(), 0; i < list.Len(); i++ {
				Strip(list.Get(i).Message())
			}
		case IsNull(m.reflect().Get(f.desc).Message()):
			m.reflect().Clear(f.desc)
		default:
			Strip(m.reflect().Get(f.desc).Message())
		}
	}
}

// stripAll strips the structs of a list.
func (h *holding) stripAll(list []unsafe.Pointer) {
	for _, base := range list {
		if base != nil && (len(h.fields) > 0 || len(*h.layout.Unknown(base)) > 0) {
			h.strip(held{layout: h.layout, base: base})
		}
	}
}
