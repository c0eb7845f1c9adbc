package main

import (
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
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
	limit := &descriptorpb.FieldDescriptorProto{Name: proto.String("limit"), JsonName: proto.String("limit"), Number: proto.Int32(3),
		Type: descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum(), Options: &descriptorpb.FieldOptions{}}
	proto.SetExtension(limit.GetOptions(), validate.E_Field, &validate.FieldRules{Type: &validate.FieldRules_Int64{Int64: &validate.Int64Rules{
		GreaterThan: &validate.Int64Rules_Gt{Gt: 0}, LessThan: &validate.Int64Rules_Lte{Lte: 9}}}})
	c.message("GetApiSessionRequest").Field = append(c.message("GetApiSessionRequest").GetField(), &descriptorpb.FieldDescriptorProto{
		Name: proto.String("page_size"), JsonName: proto.String("pageSize"), Number: proto.Int32(2),
		Type: descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(),
	}, limit)
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
	if least := parameters.GetByInAndName("query", "limit").Schema.Value; *least.Min != 1 || *least.Max != 9 {
		t.Errorf("limit is %+v", least)
	}
	if size == nil || size.Required || !size.Schema.Value.Type.Is("array") || !size.Schema.Value.Items.Value.Type.Is("integer") {
		t.Errorf("pageSize is %+v", size)
	}
}
