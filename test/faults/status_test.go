package faults

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// statusCodes is the contract's table.
var statusCodes = map[int]codes.Code{
	400: codes.InvalidArgument, 401: codes.Unauthenticated, 402: codes.FailedPrecondition, 403: codes.PermissionDenied,
	404: codes.NotFound, 405: codes.FailedPrecondition, 408: codes.DeadlineExceeded, 409: codes.Aborted, 410: codes.NotFound,
	412: codes.FailedPrecondition, 413: codes.FailedPrecondition, 415: codes.FailedPrecondition, 422: codes.InvalidArgument,
	425: codes.FailedPrecondition, 429: codes.ResourceExhausted, 499: codes.Canceled, 500: codes.Internal, 501: codes.Unimplemented,
	502: codes.Unavailable, 503: codes.Unavailable, 504: codes.DeadlineExceeded, 505: codes.Internal, 511: codes.Internal, 599: codes.Internal,
}

// statusFaults are those of an upstream that answers with an error.
func statusFaults() []fault {
	var all []fault
	for status, code := range statusCodes {
		f := fault{want: want{code, "UPSTREAM_REJECTED", status}, gets: 1, others: 1}
		switch status {
		case 408, 429, 502, 503, 504:
			f.gets = 3
		}
		f.name, f.relayed = fmt.Sprintf("HTTP %d", status), true
		f.upstream = answering(says(reply(status, "", `{"message":"no"}`)))
		all = append(all, f)
		f.name, f.relayed = f.name+" without JSON", false
		f.upstream = answering(says(strings.Replace(reply(status, "", "<html>"+canary), "application/json", "text/html", 1)))
		all = append(all, f)
	}
	return append(all,
		fault{name: "HTTP 403 with Session expired", upstream: answering(says(reply(403, "", `{"error":"Session expired"}`))),
			want: want{codes.Unauthenticated, "SESSION_EXPIRED", 403}, gets: 1, others: 1, relayed: true},
		fault{name: "HTTP 503 for longer than the deadline", upstream: answering(says(reply(503, "Retry-After: 120\r\n", `{}`))),
			want: want{codes.Unavailable, "UPSTREAM_REJECTED", 503}, gets: 1, others: 1, retry: 2 * time.Minute, relayed: true},
	)
}
