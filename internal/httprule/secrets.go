package httprule

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// HoldsSecret tells whether a message has a field, at any depth, that the contract marks
// as a secret by debug_redact.
func HoldsSecret(message protoreflect.MessageDescriptor) bool {
	return holdsSecret(message, map[protoreflect.FullName]bool{})
}

func holdsSecret(message protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[message.FullName()] {
		return false
	}
	seen[message.FullName()] = true
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		options, ok := field.Options().(*descriptorpb.FieldOptions)
		if ok && options.GetDebugRedact() || field.Message() != nil && holdsSecret(field.Message(), seen) {
			return true
		}
	}
	return false
}
