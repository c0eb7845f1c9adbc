package seed

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	// Email is what HTML accepts as an email address, at most as long as one can be. An
	// address is printed beside its code, so it must not be able to write anything else to
	// a terminal.
	Email = Text{regexp.MustCompile("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+$"), 254}
	// identifier is what is part of a path, or is sent as a token.
	identifier = Text{regexp.MustCompile(`^[A-Za-z0-9._~+=-]+$`), 256}
	// password is what can be typed, and printed.
	password = Text{regexp.MustCompile(`^[^\pC]+$`), 256}
)

// Text is what a string may be: a pattern, and how many characters it has at most. In a
// pattern such a bound takes megabytes, where there are many characters to choose from.
type Text struct {
	pattern *regexp.Regexp
	most    int
}

// MatchString tells whether a string is such a text.
func (t Text) MatchString(s string) bool {
	return utf8.RuneCountInString(s) <= t.most && t.pattern.MatchString(s)
}

// check finds the first thing that is wrong with a state.
func (s *State) check() error {
	if s.Users == nil {
		return &Error{"users", "is required"}
	}
	if !s.Now.IsZero() && (s.Now.Before(Earliest) || s.Now.After(Latest)) {
		return &Error{"now", fmt.Sprintf("must be from %s to %s", Earliest.Format(time.DateOnly), Latest.Format(time.DateOnly))}
	}
	for _, list := range []struct {
		name      string
		have, may int
	}{{"users", len(s.Users), MaxUsers}, {"sessions", len(s.Sessions), MaxSessions}, {"messages", len(s.Messages), MaxMessages}} {
		if list.have > list.may {
			return &Error{list.name, fmt.Sprintf("has %d elements; %d are allowed", list.have, list.may)}
		}
	}
	users, err := s.checkUsers()
	if err == nil {
		err = s.checkSessions(users)
	}
	if err != nil {
		return err
	}
	return s.checkMessages()
}

// checkUsers returns the ids that there are.
func (s *State) checkUsers() (ids map[string]bool, err error) {
	ids, emails := map[string]bool{}, map[string]bool{}
	for i, user := range s.Users {
		at := fmt.Sprintf("users[%d]", i)
		if user == nil {
			return nil, &Error{at, "must be an object"}
		}
		if err := user.Check(at + "."); err != nil {
			return nil, err
		}
		if !first(ids, user.ID) {
			return nil, &Error{at + ".userId", "is another user's"}
		}
		if !first(emails, strings.ToLower(user.Email)) {
			return nil, &Error{at + ".email", "is another user's"}
		}
	}
	return ids, nil
}

func (s *State) checkSessions(users map[string]bool) error {
	tokens, labels := map[string]bool{}, 0
	for i, session := range s.Sessions {
		at := fmt.Sprintf("sessions[%d].", i)
		if err := session.check(at, users); err != nil {
			return err
		}
		if !first(tokens, session.Token) {
			return &Error{at + "token", "is another session's"}
		}
		if labels += LabelBytes(session.Labels); labels > MaxLabelBytes {
			return &Error{at + "labels", fmt.Sprintf("makes more than %d bytes of labels", MaxLabelBytes)}
		}
	}
	return nil
}

// first tells whether a key is new, and keeps it.
func first(seen map[string]bool, key string) bool {
	was := seen[key]
	seen[key] = true
	return !was
}

// Check finds what is wrong with a user, whose members' paths begin so.
func (u *User) Check(at string) error {
	switch {
	case !identifier.MatchString(u.ID):
		return &Error{at + "userId", "must be 1 to 256 of the letters that need no escape in a URL"}
	case !Email.MatchString(u.Email):
		return &Error{at + "email", "must be an email address"}
	case u.Password != "" && !password.MatchString(u.Password):
		return &Error{at + "password", "must be at most 256 printable letters"}
	case u.GoogleIDToken != "" && !password.MatchString(u.GoogleIDToken):
		return &Error{at + "googleIdToken", "must be at most 256 printable letters"}
	case len(u.SubscriptionGrants) > MaxGrants:
		return &Error{at + "subscriptionGrants", fmt.Sprintf("has more than %d elements", MaxGrants)}
	}
	for i, grant := range u.SubscriptionGrants {
		if grant.SubscriptionGrant == nil {
			return &Error{fmt.Sprintf("%ssubscriptionGrants[%d]", at, i), "must be an object"}
		}
	}
	return checkCodes(at, map[string]*Code{"singleSignOn": u.SingleSignOn, "emailVerification": u.EmailVerification, "phoneVerification": u.PhoneVerification})
}

func checkCodes(at string, codes map[string]*Code) error {
	for name, code := range codes {
		switch {
		case code == nil:
		case code.Value == "" || len(code.Value) > MaxText:
			return &Error{at + name + ".code", "must be 1 to 256 bytes"}
		case len(code.Of) > MaxText:
			return &Error{at + name + ".of", "must be at most 256 bytes"}
		case name == "emailVerification" && !Email.MatchString(code.Of):
			return &Error{at + name + ".of", "must be an email address"}
		case code.Wrong < 0 || code.Wrong > 4: // the fifth makes it void
			return &Error{at + name + ".wrongTries", "must be from 0 to 4"}
		}
	}
	return nil
}

func (s *Session) check(at string, users map[string]bool) error {
	switch {
	case !identifier.MatchString(s.Token):
		return &Error{at + "token", "must be 1 to 256 of the letters that need no escape in a URL"}
	case !users[s.UserID]:
		return &Error{at + "userId", "is no user's"}
	case !slices.Contains([]string{"", "User", "API"}, s.Type):
		return &Error{at + "sessionType", "must be User or API"}
	case s.Type == "API" && !identifier.MatchString(s.ID):
		return &Error{at + "sessionId", "must be 1 to 256 of the letters that need no escape in a URL"}
	case s.Type == "API" && (s.Pending || s.OneTimePassword != nil || !s.OTPExpiration.IsZero()):
		return &Error{at + "sessionType", "is API, which one-time passwords are not for"}
	case s.Type != "API" && (s.ID != "" || s.Unlimited):
		return &Error{at + "sessionType", "must be API, to have sessionId or isUnlimitedExpiration"}
	}
	return checkCodes(at, map[string]*Code{"oneTimePassword": s.OneTimePassword})
}

// LabelBytes is how long labels are together.
func LabelBytes(labels map[string]string) (sum int) {
	for name, value := range labels {
		sum += len(name) + len(value)
	}
	return sum
}

func (s *State) checkMessages() error {
	last := 0
	for i, m := range s.Messages {
		at := fmt.Sprintf("messages[%d].", i)
		switch {
		case m.ID <= last:
			return &Error{at + "id", "must be greater than that before it"}
		case len(m.UserID) > MaxText || len(m.Kind) > MaxText || len(m.Channel) > MaxText || len(m.To) > MaxText || len(m.Code) > MaxText:
			return &Error{fmt.Sprintf("messages[%d]", i), "must be of texts of at most 256 bytes"}
		}
		last = m.ID
	}
	return nil
}
