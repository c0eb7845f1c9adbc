package control

import (
	"bytes"
	_ "embed"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

//go:embed openapi.json
var paths []byte

// Document is the OpenAPI document of the API: openapi.json, with the definitions of a
// state's schema among its own.
func Document() []byte {
	_, definitions, _ := bytes.Cut(seed.Schema, []byte(`"$defs": {`))
	end := bytes.LastIndexByte(definitions, '}')      // of the schema
	end = bytes.LastIndexByte(definitions[:end], '}') // of its definitions
	definitions = bytes.ReplaceAll(definitions[:end], []byte("#/$defs/"), []byte("#/components/schemas/"))
	return bytes.Replace(paths, []byte(`"State": {}`), bytes.TrimSpace(definitions), 1)
}
