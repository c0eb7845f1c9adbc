package main

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// mistakes are the flags whose values are wrong. kong would stop at the first.
type mistakes []error

// collect makes kong read values of sample's type, noting what is wrong.
func (m *mistakes) collect(sample encoding.TextUnmarshaler) kong.Option {
	return kong.TypeMapper(reflect.TypeOf(sample).Elem(), kong.MapperFunc(
		func(ctx *kong.DecodeContext, target reflect.Value) error {
			return m.decode(ctx, func(text string) error {
				value, ok := target.Addr().Interface().(encoding.TextUnmarshaler)
				if !ok {
					return errors.New("cannot be set")
				}
				return value.UnmarshalText([]byte(text))
			})
		}))
}

func (m *mistakes) decode(ctx *kong.DecodeContext, set func(string) error) error {
	token, err := ctx.Scan.PopValue("value")
	if err != nil {
		return err
	}
	if err := set(fmt.Sprint(token.Value)); err != nil {
		*m = append(*m, fmt.Errorf("--%s: %w", ctx.Value.Name, err))
	}
	return nil
}

// positive is a whole number, at least 1.
type positive uint

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *positive) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 31)
	if err != nil || n < 1 {
		return errors.New("must be a whole number, at least 1")
	}
	*p = positive(n)
	return nil
}

// rate is a part of a whole.
type rate float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *rate) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(n >= 0 && n <= 1) {
		return errors.New("must be a number from 0 to 1")
	}
	*r = rate(n)
	return nil
}

// timeout is how long something may take, more than 0.
type timeout time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *timeout) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return errors.New(`must be a duration of more than 0, for example "500ms" or "15s"`)
	}
	*t = timeout(d)
	return nil
}

// pause is how long to wait, 0 or more.
type pause time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *pause) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return errors.New(`must be a duration of 0 or more, for example "5s"`)
	}
	*p = pause(d)
	return nil
}

// origins are web origins: a scheme, a host and perhaps a port.
type origins []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *origins) UnmarshalText(text []byte) error {
	for origin := range strings.SplitSeq(string(text), ",") {
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Contains(u.Host, "*") ||
			origin != u.Scheme+"://"+u.Host {
			return errors.New("must be origins such as https://app.example.com, separated by commas, without wildcards")
		}
		*o = append(*o, origin)
	}
	return nil
}

// logLevel is the least level to log.
type logLevel slog.Level

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *logLevel) UnmarshalText(text []byte) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[string(text)]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	*l = logLevel(level)
	return nil
}

// logFormat is how log lines are written.
type logFormat string

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *logFormat) UnmarshalText(text []byte) error {
	if *f = logFormat(text); *f != "json" && *f != "text" {
		return errors.New("must be json or text")
	}
	return nil
}
