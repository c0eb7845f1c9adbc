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
