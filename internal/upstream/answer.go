package upstream

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// utf8BOM may stand before JSON; RFC 8259, section 8.1, lets it be ignored.
var utf8BOM = []byte("\xEF\xBB\xBF")

// decode fills the response message from an answer. The error is an *Error.
func (c *call) decode(a *answer, response protoreflect.Message) error {
	if c.answer == nil {
		return nil
	}
	a.body = bytes.TrimPrefix(a.body, utf8BOM)
	if len(bytes.TrimLeft(a.body, " \t\r\n")) == 0 {
		if c.rule.MayAnswerEmpty {
			return nil
		}
		return brokenContract(fmt.Sprintf("its answer, HTTP %d, has no body", a.status))
	}
	field := c.rule.AnswerField
	if field != nil && field.IsList() {
		return badBody(c.answer.DecodeList(a.body, response, field, wirejson.Answer))
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
