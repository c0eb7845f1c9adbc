package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// schemaRef refers to a schema of the document.
func schemaRef(name string) *openapi3.SchemaRef {
	return &openapi3.SchemaRef{Ref: "#/components/schemas/" + name}
}

// reserve claims a schema's name for what it is made of. It says whether the
// schema is still to be made, and fails if the name means something else.
func (d *document) reserve(name, origin string) (bool, error) {
	earlier, taken := d.origins[name]
	if !taken {
		d.origins[name] = origin
		return true, nil
	}
	if earlier != origin {
		return false, fmt.Errorf("schema %s would be both %s and %s", name, earlier, origin)
	}
	return false, nil
}

// messageSchema describes a message, but for the fields that travel elsewhere.
func (d *document) messageSchema(message *protogen.Message, elsewhere names) (*openapi3.SchemaRef, error) {
	name := message.GoIdent.GoName
	origin := fmt.Sprint(message.Desc.FullName(), slices.Sorted(maps.Keys(elsewhere)))
	fresh, err := d.reserve(name, origin)
	if err != nil || !fresh {
		return schemaRef(name), err
	}
	schema := &openapi3.Schema{
		Type:        &openapi3.Types{openapi3.TypeObject},
		Description: d.text(message.Comments.Leading),
		Properties:  openapi3.Schemas{},
	}
	d.model.Components.Schemas[name] = &openapi3.SchemaRef{Value: schema}
	for _, field := range message.Fields {
		if elsewhere[field.Desc.Name()] {
			continue
		}
		member, err := d.memberSchema(field)
		if err != nil {
			return nil, err
		}
		schema.Properties[field.Desc.JSONName()] = member
		if alwaysThere(field) {
			schema.Required = append(schema.Required, field.Desc.JSONName())
		}
	}
	return schemaRef(name), nil
}

// alwaysThere says whether a member is never absent. The contract marks what
// may be with `optional`, which Protobuf models as a oneof of one member; a
// message is no exception, though it has presence without that mark. Maps and
// lists can't be marked and may always be absent.
func alwaysThere(field *protogen.Field) bool {
	return field.Oneof == nil && field.Desc.Cardinality() != protoreflect.Repeated
}

// mayBeNull says whether a member may be null: what may be absent may be null
// as well, but for lists, which are not the upstream's.
func mayBeNull(field *protogen.Field) bool {
	return field.Desc.HasOptionalKeyword() || field.Desc.IsMap()
}

// memberSchema describes a field as a member of an object.
func (d *document) memberSchema(field *protogen.Field) (*openapi3.SchemaRef, error) {
	member, err := d.fieldSchema(field)
	if err != nil {
		return nil, err
	}
	if mayBeNull(field) {
		member = orNull(member)
	}
	text := d.text(field.Comments.Leading)
	if member.Ref != "" {
		// What the model calls extensions is what it writes next to a $ref.
		if text != "" {
			member.Extensions = map[string]any{"description": text}
		}
		return member, nil
	}
	member.Value.Description = text
	if value, ok := example(text); ok && field.Desc.Kind() == protoreflect.StringKind {
		member.Value.Examples = []any{value}
	}
	return member, nil
}

// orNull lets null stand in place of what the schema describes.
func orNull(schema *openapi3.SchemaRef) *openapi3.SchemaRef {
	if schema.Ref == "" {
		*schema.Value.Type = append(*schema.Value.Type, openapi3.TypeNull)
		return schema
	}
	null := &openapi3.SchemaRef{Value: &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeNull}}}
	return &openapi3.SchemaRef{Value: &openapi3.Schema{AnyOf: openapi3.SchemaRefs{schema, null}}}
}

// fieldSchema describes the value of a field: one, a list, or a map.
func (d *document) fieldSchema(field *protogen.Field) (*openapi3.SchemaRef, error) {
	if field.Desc.IsMap() {
		// A map's entry is a message whose second field is the value.
		value, err := d.valueSchema(field.Message.Fields[1])
		return &openapi3.SchemaRef{Value: &openapi3.Schema{
			Type:                 &openapi3.Types{openapi3.TypeObject},
			AdditionalProperties: openapi3.AdditionalProperties{Schema: value},
		}}, err
	}
	value, err := d.valueSchema(field)
	if err != nil || !field.Desc.IsList() {
		return value, err
	}
	return &openapi3.SchemaRef{Value: &openapi3.Schema{
		Type:  &openapi3.Types{openapi3.TypeArray},
		Items: value,
	}}, nil
}

// valueSchema describes a single value. The kinds are those that the JSON codec
// has a spelling for; of others it would be a guess.
func (d *document) valueSchema(field *protogen.Field) (*openapi3.SchemaRef, error) {
	switch field.Desc.Kind() {
	case protoreflect.BoolKind:
		return openapi3.NewBoolSchema().NewRef(), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return bounded(openapi3.NewInt32Schema(), fieldRules(field.Desc).GetInt32()).NewRef(), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return bounded(openapi3.NewInt64Schema(), fieldRules(field.Desc).GetInt64()).NewRef(), nil
	case protoreflect.DoubleKind:
		return openapi3.NewFloat64Schema().NewRef(), nil
	case protoreflect.StringKind:
		schema, err := stringSchema(field)
		if err != nil {
			return nil, err
		}
		if secret(field.Desc) && field.Desc.JSONName() == "password" {
			schema.Format = "password"
		}
		return schema.NewRef(), nil
	case protoreflect.EnumKind:
		return d.enumSchema(field.Enum)
	case protoreflect.MessageKind:
		return d.messageSchema(field.Message, nil)
	default:
		return nil, fmt.Errorf("%s: no JSON form for the kind %s", field.Desc.FullName(), field.Desc.Kind())
	}
}

// bounded describes a whole number by what validation asks of it.
func bounded[N int32 | int64](schema *openapi3.Schema, rules interface {
	HasGt() bool
	GetGt() N
	HasGte() bool
	GetGte() N
	HasLt() bool
	GetLt() N
	HasLte() bool
	GetLte() N
}) *openapi3.Schema {
	if rules.HasGt() {
		schema.WithMin(float64(rules.GetGt()) + 1)
	}
	if rules.HasGte() {
		schema.WithMin(float64(rules.GetGte()))
	}
	if rules.HasLt() {
		schema.WithMax(float64(rules.GetLt()) - 1)
	}
	if rules.HasLte() {
		schema.WithMax(float64(rules.GetLte()))
	}
	return schema
}

// noDotSegment is what fits every text but "", "." and "..". It would be a "not",
// which validators of parameters do not cope with.
const noDotSegment = `^([^.]|\.[^.]|\.\.[\s\S])`

// stringSchema describes a string by what validation asks of it.
func stringSchema(field *protogen.Field) (*openapi3.Schema, error) {
	schema, rules := openapi3.NewStringSchema(), stringRules(field.Desc)
	schema.MinLength = rules.GetMinLen()
	switch refused := rules.GetNotIn(); {
	case len(refused) == 0:
	case slices.Equal(refused, []string{".", ".."}) && schema.MinLength > 0:
		schema.Pattern = noDotSegment
	default:
		return nil, fmt.Errorf("%s: no pattern refuses %q alone", field.Desc.FullName(), refused)
	}
	return schema, nil
}

// enumSchema describes an enum by its words. The zero value has none: it is
// what Protobuf makes of an absent or unknown word.
func (d *document) enumSchema(enum *protogen.Enum) (*openapi3.SchemaRef, error) {
	name := enum.GoIdent.GoName
	fresh, err := d.reserve(name, string(enum.Desc.FullName()))
	if err != nil || !fresh {
		return schemaRef(name), err
	}
	schema := openapi3.NewStringSchema()
	var list strings.Builder
	for _, value := range enum.Values {
		if value.Desc.Number() == 0 {
			continue
		}
		word, err := d.wire.word(value.Desc)
		if err != nil {
			return nil, err
		}
		schema.Enum = append(schema.Enum, word)
		fmt.Fprintf(&list, "\n- `%s`: %s", word, d.text(value.Comments.Leading))
	}
	if len(schema.Enum) == 0 {
		return nil, fmt.Errorf("enum %s has no words", enum.Desc.FullName())
	}
	schema.Examples = schema.Enum[:1:1]
	schema.Description = d.text(enum.Comments.Leading) + "\n" + list.String()
	if d.answered[enum.Desc.FullName()] {
		schema.Description += "\n\nAn answer may hold a word that is not listed here, should the upstream add one: take it for unknown, not for an error."
	}
	d.model.Components.Schemas[name] = schema.NewRef()
	return schemaRef(name), nil
}

// markResponded notes the enums that a response can hold.
func (d *document) markResponded(message *protogen.Message, seen map[protoreflect.FullName]bool) {
	if seen[message.Desc.FullName()] {
		return
	}
	seen[message.Desc.FullName()] = true
	for _, field := range message.Fields {
		if field.Enum != nil {
			d.answered[field.Enum.Desc.FullName()] = true
		}
		if field.Message != nil {
			d.markResponded(field.Message, seen)
		}
	}
}
