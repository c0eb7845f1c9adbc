// Package wirejson is what the generated JSON codecs share: it reads and writes
// single values, and knows how strict to be and how to say what is wrong.
// tools/protoc-gen-wirejson generates the code that knows the messages.
//
// jsontext reads the grammar. Where the upstream's JSON differs from protojson's,
// so do the codecs: an enum value is spelled by its wire_word, a field without
// presence is always written, an integer of 64 bits is a number, null is as good as
// absent.
//
// The package knows neither messages nor HTTP. A call passes body.go (which part of
// an RPC's message is the body), codec.go (one text, one value), then decoder.go with
// read.go and collections.go, which check a text too, or encoder.go with write.go.
package wirejson
