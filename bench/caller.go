package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// caller makes one call at a time and checks its response.
type caller interface {
	call(within time.Duration) error
	close()
}

// errRefused says that a call was refused at once, by the bound on calls in
// flight or by the breaker.
var errRefused = errors.New("refused")

// errOther says that a call was answered otherwise than it should be.
var errOther = errors.New("another response than expected")

// asIs is the gRPC codec of messages that are marshalled already.
type asIs struct{}

func (asIs) Name() string { return "proto" }

func (asIs) Marshal(v any) (mem.BufferSlice, error) {
	text, ok := v.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("%T is not marshalled", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*text)}, nil
}

func (asIs) Unmarshal(data mem.BufferSlice, v any) error {
	into, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("%T takes no bytes", v)
	}
	if cap(*into) < data.Len() {
		*into = make([]byte, data.Len())
	}
	*into = (*into)[:data.Len()]
	data.CopyTo(*into)
	return nil
}

type grpcCaller struct {
	conn *grpc.ClientConn
	*operation
	context   context.Context
	got, good []byte
}

func dialGRPC(target string, options []grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(target, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(asIs{}), grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxCallSendMsgSize(64<<20)))...)
}

func newGRPCCaller(conn *grpc.ClientConn, o *operation) *grpcCaller {
	return &grpcCaller{conn: conn, operation: o,
		context: metadata.NewOutgoingContext(context.Background(), metadata.Pairs("authorization", token))}
}

func (c *grpcCaller) call(within time.Duration) error {
	ctx := c.context
	if within > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	err := c.conn.Invoke(ctx, c.method, &c.request, &c.got)
	switch code := status.Code(err); {
	case code == codes.ResourceExhausted, code == codes.Unavailable:
		return fmt.Errorf("%w: %w", errRefused, err)
	case err != nil:
		return err
	case c.good != nil && bytes.Equal(c.got, c.good):
		return nil
	}
	reply := c.newReply()
	if err := proto.Unmarshal(c.got, reply); err != nil {
		return err
	}
	if !proto.Equal(reply, c.reply) {
		return fmt.Errorf("%s: %w, of %d bytes", c.method, errOther, len(c.got))
	}
	c.good = append(c.good[:0], c.got...) // so that equal bytes need no decoding
	return nil
}

func (c *grpcCaller) close() {}

// httpCaller calls over HTTP/1.1, on a connection of its own.
type httpCaller struct {
	address string
	what    string // is called
	text    []byte // the request
	status  string
	// check says what is wrong with a body.
	check  func(body []byte) error
	conn   net.Conn
	reader *bufio.Reader
	got    message
	good   []byte
}

// newHTTPCaller makes a caller by any protocol but gRPC.
func newHTTPCaller(protocol, address string, o *operation) *httpCaller {
	verb, path, headers, body, status, check := o.verb, o.path, "", o.body, o.status, o.checkREST
	switch protocol {
	case protocolConnect:
		verb, path, body, status, check = http.MethodPost, o.method, o.requestText, http.StatusOK, o.checkConnect
		headers = "Connect-Protocol-Version: 1\r\nContent-Type: application/json\r\n"
	case protocolGRPCWeb:
		verb, path, body, status, check = http.MethodPost, o.method, string(webFrame(o.request)), http.StatusOK, o.checkGRPCWeb
		headers = "Content-Type: application/grpc-web+proto\r\n"
	default:
		headers = "Accept: application/json\r\n"
		if body != "" {
			headers += "Content-Type: application/json\r\n"
		}
	}
	if body != "" {
		headers += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	text := verb + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: " + token + "\r\n" + headers + "\r\n" + body
	return &httpCaller{address: address, what: verb + " " + path, text: []byte(text), status: strconv.Itoa(status), check: check}
}

func (c *httpCaller) call(within time.Duration) error {
	if err := c.exchange(within); err != nil {
		c.close()
		return err
	}
	switch code := string(c.got.first[len("HTTP/1.1 "):][:3]); {
	case code == strconv.Itoa(http.StatusTooManyRequests), code == strconv.Itoa(http.StatusServiceUnavailable):
		return fmt.Errorf("%w: %s: %.300s", errRefused, c.got.first, c.got.body)
	case code != c.status:
		return fmt.Errorf("%s: %s: %.300s", c.what, c.got.first, c.got.body)
	case c.good != nil && bytes.Equal(c.got.body, c.good):
		return nil
	}
	if err := c.check(c.got.body); err != nil {
		return fmt.Errorf("%s: %w", c.what, err)
	}
	c.good = append([]byte{}, c.got.body...) // so that equal bytes need no decoding
	return nil
}

// exchange sends the request and reads the response, on the connection kept.
func (c *httpCaller) exchange(within time.Duration) error {
	if c.conn == nil {
		conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(context.Background(), "tcp", c.address)
		if err != nil {
			return err
		}
		c.conn, c.reader = conn, bufio.NewReaderSize(conn, 8<<10)
	}
	if within > 0 {
		if err := c.conn.SetDeadline(time.Now().Add(within)); err != nil {
			return err
		}
	}
	if _, err := c.conn.Write(c.text); err != nil {
		return err
	}
	return c.got.read(c.reader)
}

func (c *httpCaller) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}
