package main

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
)

// setting is one thing that can be set: a flag and, unless it is only for the
// command line, an environment variable of the same name.
type setting struct {
	name, placeholder, fallback, help string
	set                               func(text string) error
	commandLine                       bool // has no environment variable
	action                            bool // is not configuration: it prints and exits
	secret                            bool // is a URL, with a password maybe: it is shown without

	text   string // in force, as it could be given
	given  bool   // on the command line
	source string // the name by which it was given: the flag's, unless a variable was set
}

// String implements flag.Value.
func (s *setting) String() string { return s.shown() }

// shown is the text for whoever may read logs.
func (s *setting) shown() string {
	if !s.secret || s.text == "" {
		return s.text
	}
	u, err := url.Parse(s.text)
	if err != nil {
		return "xxxxx"
	}
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	return u.String()
}

// Set implements flag.Value. It only keeps the text: what is wrong with it is told
// together with what is wrong elsewhere.
func (s *setting) Set(text string) error {
	s.text, s.given, s.source = text, true, "--"+s.name
	return nil
}

// formerFlag is a flag by the name that it had.
type formerFlag struct {
	*setting
	name string
}

// Set implements flag.Value.
func (f formerFlag) Set(text string) error {
	f.text, f.given, f.source = text, true, "--"+f.name
	return nil
}

// IsBoolFlag lets the flag stand without a value.
func (s *setting) IsBoolFlag() bool { return s.placeholder == "" }

// environment is the name of the environment variable; "" where there is none.
func (s *setting) environment() string {
	if s.commandLine {
		return ""
	}
	return variable(s.name)
}

// variable is the name of a flag's environment variable.
func variable(flag string) string { return strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) }

// renamedTo is the present name of the setting, if it was given by its former one.
func (s *setting) renamedTo() (now string, former bool) {
	switch name := renamed[s.name]; {
	case name == "":
		return "", false
	case s.source == "--"+name:
		return "--" + s.name, true
	default:
		return s.environment(), s.source == variable(name)
	}
}

// resolve puts the setting in force: from the command line, else from the
// environment, where empty is not set, else by default. An empty flag is no way to
// ask for the default: it is what a script writes whose variable is not set.
func (s *setting) resolve(env func(string) (string, bool), sandbox bool) error {
	fallback := s.fallback
	if other, differs := sandboxDefaults[s.name]; sandbox && differs {
		fallback = other
	}
	if !s.given {
		s.text, s.source = fallback, "--"+s.name
		if !s.commandLine {
			s.lookUp(env)
		}
	}
	switch {
	case s.text != "":
		return s.set(s.text)
	case fallback != "":
		return fmt.Errorf("must not be empty; leave it out for the default, %s", fallback)
	}
	return nil
}

// lookUp takes the setting from its environment variable, or from that of its former
// name.
func (s *setting) lookUp(env func(string) (string, bool)) {
	for _, flag := range []string{s.name, renamed[s.name]} {
		if flag == "" {
			continue
		}
		if text, _ := env(variable(flag)); text != "" {
			s.text, s.source = text, variable(flag)
			return
		}
	}
}

// describe is the help with the environment variable and default.
func (s *setting) describe() string {
	text := s.help
	if name := s.environment(); name != "" {
		text += " Environment: " + name + "."
	}
	if s.fallback != "" && !s.commandLine {
		text += " Default: " + s.fallback + "."
	}
	return text
}

// wrapped breaks a text into lines of at most width bytes.
func wrapped(text string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		line := ""
		for word := range strings.FieldsSeq(text) {
			if line != "" && len(line)+1+len(word) > width {
				if !yield(line) {
					return
				}
				line = ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		yield(line)
	}
}

// into makes a setter of a variable and of how to read it.
func into[T any](variable *T, read func(string) (T, error)) func(string) error {
	return func(text string) (err error) {
		*variable, err = read(text)
		return err
	}
}

func text(s string) (string, error) { return s, nil }

func boolean(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, errors.New("must be true or false")
	}
	return b, nil
}

// address reads a host and port to listen on.
func address(s string) (string, error) {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return "", errors.New("must be HOST:PORT or :PORT")
	}
	return s, nil
}

// upstreamURL reads where the upstream's paths begin.
func upstreamURL(s string) (*url.URL, error) {
	parsed, err := url.Parse(s)
	switch {
	case err != nil: // its text may quote a password
		return nil, errors.New("is not a URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http", parsed.Host == "":
		return nil, errors.New("must begin with https://HOST")
	case parsed.User != nil, parsed.RawQuery != "", parsed.Fragment != "":
		return nil, errors.New("must have no user, query or fragment")
	}
	return parsed, nil
}

// positive reads a whole number, at least 1.
func positive(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 31)
	if err != nil || n < 1 {
		return 0, errors.New("must be a whole number, at least 1")
	}
	return int(n), nil
}

// replicaCount reads how many replicas there are.
func replicaCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > replicas.MaxReplicas {
		return 0, fmt.Errorf("must be a whole number from 1 to %d", replicas.MaxReplicas)
	}
	return n, nil
}

// redisURL reads where the server is that replicas share.
func redisURL(s string) (string, error) {
	_, err := redis.ParseURL(s, nil)
	return s, err
}

// rate reads a part of a whole.
func rate(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n <= 1) {
		return 0, errors.New("must be a number from 0 to 1")
	}
	return n, nil
}

// perSecond reads how often something may happen in a second, 0 or more.
func perSecond(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n <= math.MaxInt32) {
		return 0, errors.New(`must be a number a second, 0 or more, for example "200"`)
	}
	return n, nil
}

// timeout reads how long something may take, more than 0.
func timeout(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New(`must be a duration of more than 0, for example "500ms" or "15s"`)
	}
	return d, nil
}

// pause reads how long to wait, 0 or more.
func pause(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New(`must be a duration of 0 or more, for example "5s"`)
	}
	return d, nil
}

// sessionTTL reads how long a session is kept, 0 or a second at least: below that, a cache
// costs more than it spares.
func sessionTTL(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d != 0 && d < time.Second {
		return 0, errors.New(`must be 0s, or a duration of at least 1s, for example "30s"`)
	}
	return d, nil
}

// origins reads web origins: a scheme, a host and perhaps a port, each.
func origins(s string) ([]string, error) {
	list := strings.Split(s, ",")
	for _, origin := range list {
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Contains(u.Host, "*") ||
			origin != u.Scheme+"://"+u.Host {
			return nil, errors.New("must be origins such as https://app.example.com, separated by commas, without wildcards")
		}
	}
	return list, nil
}

// logLevel reads the least level to log, in capitals too, as others write it.
func logLevel(s string) (slog.Level, error) {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(s)]
	if !ok {
		return 0, errors.New("must be debug, info, warn or error")
	}
	return level, nil
}

// logFormat reads how log lines are written.
func logFormat(s string) (string, error) {
	if s != "json" && s != "text" {
		return "", errors.New("must be json or text")
	}
	return s, nil
}
