package wirejson_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// hostile are texts that a reader may well take longer over than their length is worth,
// by how often something is repeated in them.
var hostile = map[string]func(n int) string{
	"escapes":               func(n int) string { return `{"token":"` + strings.Repeat(`\n`, n) + `"}` },
	"escaped quotes":        func(n int) string { return `{"token":"` + strings.Repeat(`\"`, n) + `"}` },
	"escaped backslashes":   func(n int) string { return `{"token":"` + strings.Repeat(`\\`, n) + `"}` },
	"unicode escapes":       func(n int) string { return `{"token":"` + strings.Repeat(`\u00e9`, n) + `"}` },
	"halves of surrogates":  func(n int) string { return `{"token":"` + strings.Repeat(`\ud800`, n) + `"}` },
	"escapes in an unknown": func(n int) string { return `{"new":"` + strings.Repeat(`\n`, n) + `"}` },
	"strings of escapes":    func(n int) string { return `{"new":[` + strings.Repeat(`"\n\n",`, n) + `0]}` },
	"an unfinished string":  func(n int) string { return `{"token":"` + strings.Repeat(`\n`, n) },
	"a long string":         func(n int) string { return `{"token":"` + strings.Repeat("é", n) + `"}` },
	"a long name":           func(n int) string { return `{"` + strings.Repeat("a", n) + `":1}` },
	"a long escaped name":   func(n int) string { return `{"` + strings.Repeat(`\u0061`, n) + `":1}` },
	"long names":            func(n int) string { return `{` + members(n/50+1, strings.Repeat("n", 50), `0`) + `}` },
	"nested arrays":         func(n int) string { return `{"new":[` + strings.Repeat(nested(1000, `[`, `]`)+`,`, n/1000+1) + `0]}` },
	"nested objects": func(n int) string {
		return `{"new":[` + strings.Repeat(nested(1000, `{"a":`, `}`)+`,`, n/1000+1) + `0]}`
	},
	"unfinished objects":   func(n int) string { return strings.Repeat(`{"new":`, n) },
	"unfinished arrays":    func(n int) string { return `{"new":` + strings.Repeat(`[`, n) },
	"nesting that is deep": func(n int) string { return `{"new":[` + nested(min(n/4, 9000), `[`, `]`) + `]}` },
	"numbers":              func(n int) string { return `{"new":[` + strings.Repeat(`-1.5e3,`, n) + `0]}` },
	"a long number":        func(n int) string { return `{"new":` + strings.Repeat(`1`, n) + `}` },
	"white space":          func(n int) string { return strings.Repeat(" \n", n) + `{` + strings.Repeat("\t\r", n) + `}` },
	"white space behind":   func(n int) string { return `{}` + strings.Repeat(" ", n) },
	"nothing but space":    func(n int) string { return strings.Repeat(" ", n) },
	"unknown members":      func(n int) string { return `{` + members(n, "m", `{"a":[]}`) + `}` },
	"equal unknown names":  func(n int) string { return `{` + strings.Repeat(`"new":0,`, n) + `"new":1}` },
	"repeated members":     func(n int) string { return `{` + strings.Repeat(`"token":"a",`, n) + `"token":""}` },
	"repeated maps":        func(n int) string { return `{` + strings.Repeat(`"labels":{"a":"b"},`, n) + `"labels":{}}` },
	"repeated messages":    func(n int) string { return strings.Repeat(`{"token":"a"}`, n) },
	"labels":               func(n int) string { return `{"labels":{` + members(n, "l", `"v"`) + `}}` },
	"labels of escapes":    func(n int) string { return `{"labels":{` + members(n, `\n`, `"\n\n\n\n"`) + `}}` },
	"equal labels":         func(n int) string { return `{"labels":{` + strings.Repeat(`"a":"b",`, n) + `"a":"c"}}` },
	"null labels":          func(n int) string { return `{"labels":{` + members(n, "l", `null`) + `}}` },
	"a wrong label":        func(n int) string { return `{"labels":{"` + strings.Repeat(`\u0001`, n) + `":1}}` },
	"a wrong type":         func(n int) string { return `{"new":[` + strings.Repeat(`0,`, n) + `0],"token":1}` },
	"a wrong object":       func(n int) string { return `{"token":{` + members(n, "m", `0`) + `}}` },
	"broken UTF-8":         func(n int) string { return `{"token":"` + strings.Repeat("a", n) + "\xff\"}" },
	"an unknown word":      func(n int) string { return `{"sessionType":"` + strings.Repeat(`\t`, n) + `"}` },
}

// members are n members with names that begin alike.
func members(n int, name, value string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `"%s%d":%s,`, name, i, value)
	}
	return text.String() + `"last` + name + `":` + value
}

func nested(depth int, open, shut string) string {
	return strings.Repeat(open, depth) + `0` + strings.Repeat(shut, depth)
}

// reader decodes or checks a text.
type reader func(text []byte) (wirejson.Result, error)

var readers = map[string]reader{
	"request": func(text []byte) (wirejson.Result, error) {
		return usersv1json.Session.Decode(text, wirejson.Request, new(usersv1.Session))
	},
	"response": func(text []byte) (wirejson.Result, error) {
		return usersv1json.Session.Decode(text, wirejson.Response, new(usersv1.Session))
	},
	"check": usersv1json.Session.Check,
}

// TestDecode_IsLinear: twice the text takes about twice the time, whatever is in it, and
// what is quadratic four times as long.
func TestDecode_IsLinear(t *testing.T) {
	for shape, text := range hostile {
		for name, read := range readers {
			t.Run(shape+"/"+name, func(t *testing.T) {
				if growth := growthOf(text, read); growth >= 3 {
					t.Errorf("twice the text takes %.1f times as long", growth)
				}
			})
		}
	}
}

const (
	// enough is how long the smaller text takes: mostly for what is in it, and not so long
	// that a busy machine, which gives each process a few milliseconds at a time,
	// interrupts each run.
	enough = time.Millisecond / 4
	// most is how often something is repeated in a text whose length costs nothing.
	most = 1 << 16
	// runs count by the least time; on a busy machine it is found late.
	fewestRuns, mostRuns = 10, 10_000
)

func growthOf(text func(int) string, read reader) float64 {
	n := 2000
	for n < most && min(timeOf([]byte(text(n)), read), timeOf([]byte(text(n)), read)) < enough {
		n *= 3
	}
	once, twice := []byte(text(n)), []byte(text(2*n))
	growth, least1, least2 := 0.0, time.Hour, time.Hour
	for run := 0; run < fewestRuns || run < mostRuns && growth >= 3; run++ {
		least1 = min(least1, timeOf(once, read))
		least2 = min(least2, timeOf(twice, read))
		growth = float64(least2) / float64(least1)
	}
	return growth
}

func timeOf(text []byte, read reader) time.Duration {
	start := time.Now()
	_, _ = read(text)
	return time.Since(start)
}
