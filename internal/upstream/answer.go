package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// answer is what the upstream said, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes one HTTP exchange. The error is an *Error.
func (c *Conn) send(request *http.Request) (*answer, error) {
	response, err := c.options.Transport.RoundTrip(request)
	if err != nil {
		return nil, noAnswer(request.Context(), err)
	}
	defer response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header}
	success := a.status/100 == 2
	limit := c.options.MaxErrorBytes
	if success {
		limit = c.options.MaxAnswerBytes
	}
	a.body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	tooLarge := int64(len(a.body)) > limit
	switch {
	case success && err != nil:
		return nil, cutOff(request.Context(), err)
	case success && tooLarge:
		return nil, brokenContract(fmt.Sprintf("its answer is larger than %d bytes", limit))
	case success:
		return a, nil
	case err != nil || tooLarge:
		a.body = nil // the status is worth more than half a body
	}
	return nil, a.failure()
}

// decode fills the response message from an answer. The error is an *Error.
func (c *call) decode(a *answer, response protoreflect.Message) error {
	if c.answer == nil {
		return nil
	}
	if len(bytes.TrimLeft(a.body, " \t\r\n")) == 0 {
		if c.rule.MayAnswerEmpty {
			return nil
		}
		return brokenContract(fmt.Sprintf("its answer, HTTP %d, has no body", a.status))
	}
	field := c.rule.AnswerField
	if field != nil && field.IsList() {
		return badBody(c.answer.DecodeList(a.body, response.Mutable(field).List(), wirejson.Answer))
	}
	message := response
	if field != nil {
		message = response.Mutable(field).Message()
	}
	err := c.answer.Decode(a.body, message, wirejson.Answer)
	if err == nil && wirejson.IsNull(message) && !c.rule.MayAnswerEmpty {
		err = errors.New("the body must be an object, not null")
	}
	return badBody(err)
}

func badBody(err error) error {
	if err == nil {
		return nil
	}
	return brokenContract("its answer is not as documented: " + err.Error())
}
