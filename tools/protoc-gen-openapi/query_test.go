package main

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// TestQueryParameters: what is neither in the path nor in the body is in the query, by
// its name in JSON.
func TestQueryParameters(t *testing.T) {
	t.Parallel()
	request := contractRequest()
	c := changed{t, request}
	c.setRule("GetApiSession", get("/users/session/one", "api_session"))
	c.message("GetApiSessionRequest").Field = append(c.message("GetApiSessionRequest").GetField(), &descriptorpb.FieldDescriptorProto{
		Name: proto.String("page_size"), JsonName: proto.String("pageSize"), Number: proto.Int32(2),
		Type: descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(),
	})
	text, err := run(t, request)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	parameters := doc.Paths.Value("/users/session/one").Get.Parameters
	id, size := parameters.GetByInAndName("query", "id"), parameters.GetByInAndName("query", "pageSize")
	if id == nil || !id.Required || !id.Schema.Value.Type.Is("string") {
		t.Errorf("id is %+v", id)
	}
	if size == nil || size.Required || !size.Schema.Value.Type.Is("array") || !size.Schema.Value.Items.Value.Type.Is("integer") {
		t.Errorf("pageSize is %+v", size)
	}
}
