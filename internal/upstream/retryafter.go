package upstream

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// longest bounds what is made of a Retry-After, so that sums with it hold.
const longest = math.MaxInt32 * time.Second

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or
// a date. What is neither, or has passed, is ignored.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	// Out of range, the value is the largest.
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	delay := min(time.Until(date), longest)
	return delay, delay > 0
}

// askedDelay is how long a response asks to wait before the next call: its
// Retry-After, else the time until its rate limit begins anew.
func askedDelay(header http.Header) time.Duration {
	if delay, ok := retryAfter(header); ok {
		return delay
	}
	for _, name := range []string{"Ratelimit", "X-Ratelimit", "X-Rate-Limit"} {
		if header.Get(name+"-Remaining") == "0" {
			return untilReset(header.Get(name + "-Reset"))
		}
	}
	return 0
}

// firstEpoch tells a moment in Unix seconds from a number of seconds.
const firstEpoch = 1 << 30

// untilReset reads when a rate limit begins anew: in so many seconds, or at a
// moment in Unix seconds. Both are in use.
func untilReset(value string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 31)
	switch {
	case err != nil:
		return 0
	case seconds < firstEpoch:
		return time.Duration(seconds) * time.Second
	default:
		return max(0, time.Until(time.Unix(int64(seconds), 0)))
	}
}
