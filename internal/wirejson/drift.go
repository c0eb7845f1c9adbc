package wirejson

import (
	"unsafe"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/layout"
)

// Drift is what JSON held that the .proto does not know: a sign that the upstream
// has changed.
type Drift struct {
	// Members and Words are how many members and enum words are not known.
	Members, Words int
}

// Add adds what was found elsewhere.
func (d *Drift) Add(more Drift) {
	d.Members += more.Members
	d.Words += more.Words
}

// Drift looks through a decoded message and all that it holds.
func (c *Codec) Drift(message protoreflect.Message) Drift {
	return c.drift(hold(c.layout, message))
}

func (c *Codec) drift(m held) Drift {
	d := c.driftOf(recordsOf(m.unknown()))
	for _, i := range c.holders {
		f := &c.fields[i]
		if f.formIn(m) == layout.ManyMessages {
			d.Add(f.sub.driftAll(*layout.At[[]unsafe.Pointer](m.base, f.offset)))
			continue
		}
		switch message := m.reflect(); {
		case !message.Has(f.desc):
		case f.isList:
			for list, i := message.Get(f.desc).List(), 0; i < list.Len(); i++ {
				d.Add(f.sub.Drift(list.Get(i).Message()))
			}
		default:
			d.Add(f.sub.Drift(message.Get(f.desc).Message()))
		}
	}
	return d
}

// driftAll looks through the structs of a list, of which most say nothing.
func (c *Codec) driftAll(list []unsafe.Pointer) Drift {
	var d Drift
	for _, base := range list {
		if base != nil && (len(c.holders) > 0 || len(*c.layout.Unknown(base)) > 0) {
			d.Add(c.drift(held{layout: c.layout, base: base}))
		}
	}
	return d
}

// driftOf looks through the records of one message.
func (c *Codec) driftOf(residue []record) Drift {
	var d Drift
	for _, r := range residue {
		if !r.hasValue() {
			continue
		}
		i, known := c.lookup(jsonText(r.name()))
		switch {
		case !known:
			d.Members++
		case c.fields[i].desc.Enum() != nil && r[len(r)-1] == '"': // a word, not null
			d.Words++
		}
	}
	return d
}
