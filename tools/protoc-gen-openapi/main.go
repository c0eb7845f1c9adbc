// Command protoc-gen-openapi is a protoc plugin that describes the REST surface
// of the services as it is on the wire: the upstream's enum words, members that
// may be null, and the documented statuses. Everything about the operations
// comes from the descriptors; general OpenAPI plugins know none of these rules.
//
// It writes one file, openapi.json, and fails rather than write a document that
// does not validate, so buf has to hand it all files at once (strategy: all).
package main

import (
	"flag"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/pluginpb"
)

// outputName is the only file that the plugin writes.
const outputName = "openapi.json"

func main() {
	var flags flag.FlagSet
	version := flags.String("version", "v1", "the version that the document gives itself")
	protogen.Options{ParamFunc: flags.Set}.Run(func(gen *protogen.Plugin) error {
		return generate(gen, *version)
	})
}

// generate describes every service among the files that are to be generated. A
// contract without a service gives no file.
func generate(gen *protogen.Plugin, version string) error {
	gen.SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
	wire, err := newWireOptions(gen.Request.GetProtoFile())
	if err != nil {
		return err
	}
	doc := newDocument(gen, wire, version)
	if err := doc.addAll(gen.Files); err != nil {
		return err
	}
	if doc.empty() {
		return nil
	}
	text, err := doc.encode()
	if err != nil {
		return err
	}
	_, err = gen.NewGeneratedFile(outputName, "").Write(text)
	return err
}
