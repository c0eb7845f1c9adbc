package wirejson

import "google.golang.org/protobuf/reflect/protoreflect"

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
	var d Drift
	for _, r := range residueOf(message) {
		if !r.hasValue() {
			continue
		}
		i, known := c.lookup(jsonText(r.name()), 0)
		switch {
		case !known:
			d.Members++
		case c.fields[i].desc.Enum() != nil && r[len(r)-1] == '"': // a word, not null
			d.Words++
		}
	}
	for i := range c.fields {
		f := &c.fields[i]
		switch {
		case f.sub == nil || !message.Has(f.desc):
		case f.desc.IsList():
			for list, i := message.Get(f.desc).List(), 0; i < list.Len(); i++ {
				d.Add(f.sub.Drift(list.Get(i).Message()))
			}
		default:
			d.Add(f.sub.Drift(message.Get(f.desc).Message()))
		}
	}
	return d
}
