package upstream

import (
	"net/http"
	"testing"
	"time"
)

// TestRetryAfter shows what is made of a Retry-After header.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "0120": 2 * time.Minute, "2147483647": longest,
		"2147483648": longest, "99999999999999999999999999": longest,
		"Fri, 31 Dec 9999 23:59:59 GMT": longest,
		"":                              -1, "-1": -1, "+1": -1, "1.5": -1, "1s": -1, "0x10": -1, "1_000": -1, "1, 2": -1, "١": -1, "soon": -1,
		"Sun, 06 Nov 1994 08:49:37 GMT": -1, "Sun Nov  6 08:49:37 1994": -1, "2999-01-01T00:00:00Z": -1,
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {value}})
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	for _, format := range []string{http.TimeFormat, time.RFC850, time.ANSIC} { // the three of RFC 9110
		date := time.Now().UTC().Add(time.Hour).Format(format)
		if got, ok := retryAfter(http.Header{"Retry-After": {date}}); !ok || got > time.Hour || got < 59*time.Minute {
			t.Errorf("%q: %v %t", date, got, ok)
		}
	}
	if got, ok := retryAfter(http.Header{}); ok {
		t.Errorf("no header: %v", got)
	}
}

// FuzzRetryAfter shows that a wait is never negative, and never so long that a
// sum with it is.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"0", "120", "-1", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "soon", "\x00"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		delay, ok := retryAfter(http.Header{"Retry-After": {value}})
		if ok && (delay < 0 || delay > longest || delay+time.Hour < delay) {
			t.Errorf("%q: %v", value, delay)
		}
	})
}
