// Package gen holds the contract as an image of its descriptors.
package gen

import _ "embed" // the image

// Image is the contract with its options and comments, and all that it imports:
// a google.protobuf.FileDescriptorSet.
//
//go:embed descriptor.binpb
var Image string
