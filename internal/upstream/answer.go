package upstream

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// decode fills the response message from a response, and tells what the contract does
// not know of it. A response that is relayed as bytes is only checked: the message stays
// empty. The error is an *Error.
func (c *call) decode(a *response, message proto.Message, relayed bool) (result wirejson.Result, err error) {
	if c.json.Response == nil {
		return wirejson.Result{}, nil
	}
	if len(bytes.TrimLeft(wirejson.TrimBOM(a.body), " \t\r\n")) == 0 {
		if c.rule.MayAnswerEmpty {
			return wirejson.Result{}, nil
		}
		return wirejson.Result{}, brokenContract(fmt.Sprintf("its answer, HTTP %d, has no body", a.status))
	}
	if relayed {
		result, err = c.json.Response.Check(a.body)
	} else {
		result, err = c.json.Response.Decode(a.body, message)
	}
	if err == nil && result.Null && !c.rule.MayAnswerEmpty {
		err = errors.New("the body must be an object, not null")
	}
	if err != nil {
		return result, brokenContract("its answer is not as documented: " + err.Error())
	}
	return result, nil
}
