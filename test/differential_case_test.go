package test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// diffOperation is an operation as the contract lists it: written down again
// here, so that what is tested does not say what is right.
type diffOperation struct {
	verb, path string
	request    string // shape of the body; empty: none
	answer     string // shape of the answer, "[]" before it: a list of them; empty: none
	mayBeEmpty bool   // 204 is documented
}

var diffOperations = []diffOperation{
	{"DELETE", "/users/session/api/{id}", "", "ApiSessionResponse", false},
	{"DELETE", "/users/session/token/{id}", "", "", true},
	{"GET", "/users/granted-subscriber/subscription-grant", "", "[]GrantedSubscriberResponse", false},
	{"GET", "/users/session/api", "", "[]ApiSessionResponse", false},
	{"GET", "/users/session/api/{id}", "", "ApiSessionResponse", false},
	{"GET", "/users/session/token/{id}", "", "SessionResponse", true},
	{"PATCH", "/users/session/api/{id}", "ApiSessionUpdateRequest", "ApiSessionResponse", false},
	{"PATCH", "/users/session/otp", "CompletePhoneVerificationRequest", "SessionResponse", true},
	{"PATCH", "/users/user/{id}/verification/email", "CompleteEmailVerificationRequest", "EmailVerificationResponse", false},
	{"PATCH", "/users/user/{id}/verification/phone", "CompletePhoneVerificationRequest", "PhoneVerificationResponse", false},
	{"POST", "/users/authentication", "AuthenticationRequest", "AuthenticationRequestResponse", false},
	{"POST", "/users/pending/session", "SessionCreateRequest", "SessionResponse", true},
	{"POST", "/users/session", "SessionCreateRequest", "SessionResponse", true},
	{"POST", "/users/session/api", "ApiSessionCreateRequest", "ApiSessionResponse", false},
	{"POST", "/users/session/otp", "OtpSessionCreateRequest", "", true},
	{"POST", "/users/session/requesting-user", "SessionCreateRequest", "SessionResponse", true},
	{"POST", "/users/session/single-sign-on", "SsoSessionCreateRequest", "SessionResponse", false},
	{"POST", "/users/session/social-auth/google", "SignInWithGoogleRequest", "SessionResponse", false},
	{"POST", "/users/user/{id}/verification/email", "BeginEmailVerificationRequest", "EmailVerificationResponse", false},
	{"POST", "/users/user/{id}/verification/existing-email", "BeginExistingEmailVerificationRequest", "EmailVerificationResponse", false},
	{"POST", "/users/user/{id}/verification/phone", "BeginPhoneVerificationRequest", "PhoneVerificationResponse", false},
}

// diffShapes are the objects of the wire: a member that may be absent or null
// ends in "?", its type follows the colon. A type is string, bool, labels, the
// words of an enum, or another shape.
var diffShapes = map[string][]diffMember{
	"ApiSessionCreateRequest":               parseShape("expiration?:string isUnlimitedExpiration?:bool labels?:labels"),
	"ApiSessionUpdateRequest":               parseShape("expiration?:string isUnlimitedExpiration?:bool labels?:labels"),
	"ApiSessionResponse":                    parseShape("sessionId:string expiration:string isUnlimitedExpiration:bool labels?:labels sessionType:User|API|Guest token?:string userId?:string"),
	"SessionCreateRequest":                  parseShape("email?:string password?:string expiration?:string otpExpiration?:string"),
	"SessionResponse":                       parseShape("expiration:string labels?:labels sessionType:User|API|Guest token?:string userId?:string"),
	"OtpSessionCreateRequest":               parseShape("channel?:SMS|Email appRedirectPath?:string"),
	"AuthenticationRequest":                 parseShape("email:string"),
	"AuthenticationRequestResponse":         parseShape("authenticationStrategy:Password|SingleSignOn authenticationUrl?:string"),
	"SsoSessionCreateRequest":               parseShape("singleSignOnCode:string"),
	"SignInWithGoogleRequest":               parseShape("idToken:string"),
	"BeginEmailVerificationRequest":         parseShape("email:string redirectPath?:string"),
	"BeginExistingEmailVerificationRequest": parseShape("redirectPath?:string"),
	"CompleteEmailVerificationRequest":      parseShape("emailVerificationId:string"),
	"BeginPhoneVerificationRequest":         parseShape("phone:string channel?:PhoneCall|SMS"),
	"CompletePhoneVerificationRequest":      parseShape("code:string"),
	"EmailVerificationResponse":             parseShape("email:string status:Pending|Verified userId:string"),
	"PhoneVerificationResponse":             parseShape("phone:string session:SessionResponse status:Pending|Verified userId:string"),
	"GrantedSubscriberResponse": parseShape("_id:string grantorId:string memberId:string package:None|Benefits|Essentials|Professional|Corporate " +
		"packageTier:Basic|Premium status:Pending|Active|Canceled subscriptionGrantId:string"),
}

// diffMember is a member of a shape.
type diffMember struct {
	name, kind string
	optional   bool
}

func parseShape(text string) []diffMember {
	var members []diffMember
	for part := range strings.FieldsSeq(text) {
		name, kind, _ := strings.Cut(part, ":")
		name, optional := strings.CutSuffix(name, "?")
		members = append(members, diffMember{name, kind, optional})
	}
	return members
}

// diffCase is a call and how the upstream answers it.
type diffCase struct {
	op           diffOperation
	path         string // as the vendor's client spells it
	otherPath    string // the same, as it may be spelled too
	header       http.Header
	body         string
	status       int
	answerHeader http.Header
	answer       string
}

func newDiffCase(seed, number uint64) *diffCase {
	d := dice{rand.New(rand.NewPCG(seed, number))}
	c := &diffCase{op: pick(d, diffOperations...), header: d.headersUp(), answerHeader: d.headersDown()}
	id := d.id()
	c.path = strings.Replace(c.op.path, "{id}", encodeURIComponent(id), 1)
	c.otherPath = strings.Replace(c.op.path, "{id}", d.respell(id), 1)
	if d.chance(10) {
		// "Query: none is declared; dropped, never interpreted."
		c.otherPath += "?" + pick(d, "", "updateMask=labels", "id=9&api_session.expiration=x", "a=%zz", "email=b&email=c")
	}
	if c.op.request != "" {
		c.body = d.requestBody(c.op.request)
		if c.body != "" {
			c.header["Content-Type"] = []string{pick(d, "application/json", "application/json; charset=utf-8", `Application/JSON;charset="UTF-8"`)}
		}
	}
	if d.chance(25) {
		c.fail(d)
	} else {
		c.succeed(d)
	}
	return c
}

// fail makes the upstream answer with an error.
func (c *diffCase) fail(d dice) {
	// A status that says "later" makes a GET be repeated: the upstream would see
	// it more than once, which is no difference that the client can tell.
	later := []int{408, 429, 502, 503, 504}
	for {
		c.status = pick(d, 400+d.IntN(200), pick(d, 400, 401, 403, 404, 409, 422, 429, 500, 503))
		if c.op.verb != "GET" || !slices.Contains(later, c.status) {
			break
		}
	}
	c.answer = d.space() + pick(d,
		`{"error":"Session expired"}`,
		`{"code":`+d.any(1, true)+`,"message":`+d.any(1, true)+`}`,
		`{"message":`+d.quote(d.text())+`,"error":`+d.quote(d.text())+`}`,
		d.any(4, true),
		d.any(0, true)) + d.space()
	if len(c.answer) > 60<<10 {
		c.answer = "null" // "error body <= 64 KiB"
	}
	if d.chance(30) {
		c.answerHeader["Content-Type"] = []string{pick(d, "application/problem+json", "application/json; charset=utf-8", "text/plain")}
	}
}

// succeed makes the upstream answer as documented, or as it is known to do where
// 204 is documented: any 2xx, with a session or without.
func (c *diffCase) succeed(d dice) {
	c.status = pick(d, 200, 200, 200, 200, 201, 202)
	if c.op.mayBeEmpty && d.chance(40) {
		c.status = pick(d, 204, 204, c.status)
		return
	}
	element, isList := strings.CutPrefix(c.op.answer, "[]")
	switch {
	case isList:
		items := make([]string, d.IntN(21))
		for i := range items {
			items[i] = d.object(element, true)
		}
		c.answer = "[" + strings.Join(items, d.space()+","+d.space()) + "]"
	case c.op.answer == "":
		c.answer = d.any(3, true)
	case c.op.mayBeEmpty && d.chance(5):
		c.answer = "null"
	default:
		c.answer = d.object(c.op.answer, true)
	}
	c.answer = d.space() + c.answer + d.space()
}

// String tells the case on a few lines.
func (c *diffCase) String() string {
	short := func(text string) string {
		if len(text) > 1500 {
			return fmt.Sprintf("%q... (%d bytes)", text[:1500], len(text))
		}
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%s %s\nas %s\nwith %q\nbody %s\nanswered %d with %q\nbody %s",
		c.op.verb, c.path, c.otherPath, c.header, short(c.body), c.status, c.answerHeader, short(c.answer))
}
