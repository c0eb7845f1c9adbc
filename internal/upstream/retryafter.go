package upstream

import (
	"net/http"
	"strconv"
	"time"
)

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or
// a date. What is neither, or has passed, is ignored.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	delay := time.Until(date)
	return delay, delay > 0
}
