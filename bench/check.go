package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// checkREST compares the body of a REST response with what it should be.
func (o *operation) checkREST(body []byte) error {
	if o.answer == string(body) {
		return nil
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(o.answer), &want)); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return errOther
	}
	return nil
}

// checkConnect compares a message in JSON with what it should be.
func (o *operation) checkConnect(body []byte) error {
	reply := o.newReply()
	if err := protojson.Unmarshal(body, reply); err != nil {
		return err
	}
	return o.checkReply(reply)
}

// checkGRPCWeb compares the body of a gRPC-Web answer, a message and trailers, with what it
// should be.
func (o *operation) checkGRPCWeb(body []byte) error {
	message, trailers, err := cutWebFrame(body, 0)
	if err != nil {
		return err
	}
	if trailers, _, err = cutWebFrame(trailers, webTrailers); err != nil {
		return err
	}
	if !bytes.Contains(bytes.ReplaceAll(bytes.ToLower(trailers), []byte(" "), nil), []byte("grpc-status:0\r\n")) {
		return fmt.Errorf("%q", trailers)
	}
	reply := o.newReply()
	if err := proto.Unmarshal(message, reply); err != nil {
		return err
	}
	return o.checkReply(reply)
}

func (o *operation) checkReply(reply proto.Message) error {
	if !proto.Equal(reply, o.reply) {
		return errOther
	}
	return nil
}

// webTrailers is the flag of a frame that holds trailers.
const webTrailers = 0x80

func webFrame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...) //nolint:gosec // it is small
}

// cutWebFrame takes a frame that has a flag off the front of a body.
func cutWebFrame(body []byte, flag byte) (frame, rest []byte, err error) {
	const header = 5
	if len(body) < header || body[0] != flag || len(body)-header < int(binary.BigEndian.Uint32(body[1:])) {
		return nil, nil, fmt.Errorf("no frame of gRPC-Web: %.300q", body)
	}
	end := header + int(binary.BigEndian.Uint32(body[1:]))
	return body[header:end], body[end:], nil
}
