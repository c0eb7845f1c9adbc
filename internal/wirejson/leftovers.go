package wirejson

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// leftovers gathers what the fields of a message do not say while it is decoded.
type leftovers struct {
	records protoreflect.RawFields
	rests   []jsonText // what fields cannot hold, by their indices; nil while there is none
}

// member adds a member that is not known.
func (l *leftovers) member(name, value jsonText) {
	l.records = appendTag(l.records, len(name)+1+len(value))
	l.records = append(l.records, name...)
	l.records = append(l.records, ':')
	l.records = append(l.records, value...)
}

// rest adds what a codec's field cannot hold.
func (l *leftovers) rest(c *Codec, index int, rest jsonText) {
	if l.rests == nil {
		l.rests = make([]jsonText, len(c.fields))
	}
	l.rests[index] = rest
}

// forget takes back what was said of a field, which comes again.
func (l *leftovers) forget(index int) {
	if l.rests != nil {
		l.rests[index] = ""
	}
}

// close adds to the records what the known members leave: of those that were seen
// what they cannot hold, of the others that they were not there.
func (l *leftovers) close(c *Codec, seen uint64) {
	if l.rests == nil && c.always&^seen == 0 {
		return
	}
	for i := range c.fields {
		f := &c.fields[i]
		if l.rests != nil && l.rests[i] != "" {
			l.member(f.quoted, l.rests[i])
		} else if f.always && seen&(1<<i) == 0 {
			l.records = append(appendTag(l.records, len(f.quoted)), f.quoted...)
		}
	}
}

// appendTag begins a record of n bytes.
func appendTag(dst []byte, n int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, residueNumber, protowire.BytesType), uint64(n)) //nolint:gosec // a length
}
