package wirejson_test

import (
	"strconv"
	"strings"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

const benchSession = `{"sessionId":"s-1","expiration":"2022-09-03T19:46:40.748Z","isUnlimitedExpiration":false,` +
	`"labels":{"team":"payroll"},"sessionType":"API","token":"t-0123456789","userId":"u-1"}`

// BenchmarkDecode reads an API session as the upstream sends it.
func BenchmarkDecode(b *testing.B) {
	text := []byte(benchSession)
	for name, strictness := range strictnesses {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := usersv1json.ApiSession.Decode(text, strictness, new(usersv1.ApiSession)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAppend writes an API session.
func BenchmarkAppend(b *testing.B) {
	message := new(usersv1.ApiSession)
	if _, err := usersv1json.ApiSession.Decode([]byte(benchSession), wirejson.Response, message); err != nil {
		b.Fatal(err)
	}
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if text, err = usersv1json.ApiSession.Append(text[:0], message); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckList checks lists of API sessions.
func BenchmarkCheckList(b *testing.B) {
	for _, n := range []int{20, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			text := []byte("[" + strings.Repeat(benchSession+",", n-1) + benchSession + "]")
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := wirejson.ListCodec(usersv1json.ApiSession).Check(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeList reads lists of API sessions.
func BenchmarkDecodeList(b *testing.B) {
	for _, n := range []int{20, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			text := []byte("[" + strings.Repeat(benchSession+",", n-1) + benchSession + "]")
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var list []*usersv1.ApiSession
				if _, err := wirejson.ListCodec(usersv1json.ApiSession).Decode(text, wirejson.Response, &list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
